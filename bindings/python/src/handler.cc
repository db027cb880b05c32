#include "handler.h"

#include "context.h"
#include "gil.h"
#include "python_types.h"
#include "status.h"

namespace polycall_python {
namespace {

// Responses up to this size are copied out of Python's memory before the GIL goes, which is cheaper
// than taking it once more to drop the reference.
constexpr size_t kCopyUpTo = 4096;

void FinishWithoutPython(polycall_call* call, polycall_code code, const std::string& message) {
  Status status(code, message);
  polycall_call_finish(call, status.get(), nullptr);
}

// Ends the call with the raised exception.
void FinishRaised(const Handler& handler, CallObject* context) {
  Status status;
  bool unexpected = false;
  TakeError(status.get(), &unexpected);
  if (unexpected) {
    PyObject *type = nullptr, *error = nullptr, *traceback = nullptr;
    PyErr_Fetch(&type, &error, &traceback);
    Ref owned_type = Ref::Steal(type), owned = Ref::Steal(error), trace = Ref::Steal(traceback);
    Ref logged = Ref::Steal(OrHang([&] {
      return PyObject_CallFunction(Types().handler_failed, "ssO", handler.service.c_str(),
                                   handler.method.c_str(), owned ? owned.get() : Py_None);
    }));
    PyErr_Clear();
  }
  FinishContext(context, status.get(), nullptr);
}

void FinishResponse(const Handler& handler, CallObject* context, PyObject* response) {
  OutgoingMessage outgoing;
  if (!handler.response_class->Check(response, handler.label()) ||
      !outgoing.Prepare(*handler.response_class, response, PassesObjects(context))) {
    FinishRaised(handler, context);
    return;
  }
  FinishContext(context, nullptr, outgoing.get());
}

// The request of the kinds that have one. NULL with the Python error of a request that cannot be
// decoded.
Ref ReadRequest(const Handler& handler, const polycall_message& request) {
  Ref message = handler.request_class->Read(request);
  if (!message && PyErr_Occurred() != nullptr) {
    PyErr_Clear();
    RaiseStatus(POLYCALL_INVALID_ARGUMENT, "the request of " + handler.label() + " is no valid " +
                                               handler.request_class->name);
  }
  return message;
}

// Sends what the handler's iterable gives. False with a Python error.
bool SendResponses(const Handler& handler, CallObject* context, PyObject* responses) {
  // Of a list everything is there already, so that nobody waits for what is still in the buffer.
  const uint32_t flags =
      PyList_Check(responses) || PyTuple_Check(responses) ? uint32_t{POLYCALL_SEND_BUFFERED} : 0u;
  Ref iterator = Ref::Steal(PyObject_GetIter(responses));
  if (!iterator) return false;
  for (;;) {
    Ref response = Ref::Steal(OrHang([&] { return PyIter_Next(iterator.get()); }));
    if (!response) return PyErr_Occurred() == nullptr;
    polycall_code code = POLYCALL_OK;
    Status status;
    if (!handler.response_class->Check(response.get(), handler.label()) ||
        !SendBlocking(context, response.get(), flags, &code, status.get())) {
      return false;
    }
    if (code == POLYCALL_OK) continue;
    if (status.ok()) polycall_status_set(status.get(), code, "the caller is gone", nullptr, 0);
    RaiseStatus(*status);
    return false;
  }
}

void RunWithPython(const Handler& handler, CallObject* context, PyObject* argument) {
  PyObject* arguments[] = {argument, reinterpret_cast<PyObject*>(context)};
  Ref result = Ref::Steal(
      OrHang([&] { return PyObject_Vectorcall(handler.function.get(), arguments, 2, nullptr); }));
  if (!result) {
    FinishRaised(handler, context);
  } else if (!handler.streams_responses()) {
    FinishResponse(handler, context, result.get());
  } else if (SendResponses(handler, context, result.get())) {
    FinishContext(context, nullptr, nullptr);
  } else {
    // A generator is closed before its call is finished: who waits for the handlers (shutdown) finds
    // that what stands behind its last `yield` has run.
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    result = Ref();
    PyErr_Restore(type, value, trace);
    FinishRaised(handler, context);
  }
}

// The fast path: as RunWithPython, but the response leaves Python before the GIL is given up, so
// that it is given up once.
class UnaryRun {
 public:
  UnaryRun(const Handler& handler, polycall_call* call, const polycall_message* request)
      : handler_(handler), call_(call), request_(request) {}

  void Run() {
    {
      Upcall upcall;
      if (!upcall) {
        FinishWithoutPython(call_, POLYCALL_UNAVAILABLE, "the server's interpreter is ending");
        return;
      }
      if (!RunPython()) return;
    }
    polycall_message message = POLYCALL_MESSAGE_INIT;
    message.data = small_;
    message.size = size_;
    polycall_call_finish(call_, nullptr, &message);
  }

 private:
  // True when the response is in `small_` and the call is to be finished with it.
  bool RunPython() {
    const bool typed = IsPythonObject(*request_);
    Ref made = NewContext(handler_, call_);
    if (!made) {
      PyErr_Clear();
      FinishWithoutPython(call_, POLYCALL_RESOURCE_EXHAUSTED, "out of memory");
      return false;
    }
    auto* context = reinterpret_cast<CallObject*>(made.get());
    context->typed_caller = typed;
    Ref request = ReadRequest(handler_, *request_);
    if (!request) {
      FinishRaised(handler_, context);
      return false;
    }
    PyObject* arguments[] = {request.get(), made.get()};
    Ref response = Ref::Steal(OrHang(
        [&] { return PyObject_Vectorcall(handler_.function.get(), arguments, 2, nullptr); }));
    if (!response) {
      FinishRaised(handler_, context);
      return false;
    }
    if (typed || !handler_.response_class->Check(response.get(), handler_.label())) {
      if (PyErr_Occurred() != nullptr) {
        FinishRaised(handler_, context);
      } else {
        FinishResponse(handler_, context, response.get());
      }
      return false;
    }
    Ref bytes = handler_.response_class->Encode(response.get());
    if (!bytes) {
      FinishRaised(handler_, context);
      return false;
    }
    size_ = static_cast<size_t>(PyBytes_GET_SIZE(bytes.get()));
    if (size_ > kCopyUpTo || Py_REFCNT(context) > 1 || context->on_cancel != nullptr) {
      polycall_message message = POLYCALL_MESSAGE_INIT;
      message.data = PyBytes_AS_STRING(bytes.get());
      message.size = size_;
      FinishContext(context, nullptr, &message);
      return false;
    }
    memcpy(small_, PyBytes_AS_STRING(bytes.get()), size_);
    context->finished = true;  // by Run(); nobody else knows the context
    context->call = nullptr;
    return true;
  }

  const Handler& handler_;
  polycall_call* const call_;
  const polycall_message* const request_;
  size_t size_ = 0;
  char small_[kCopyUpTo];
};

// A call on its way to the loop's thread.
class IncomingCall : public LoopEvent {
 public:
  IncomingCall(const Handler& handler, polycall_call* call) : handler_(handler), call_(call) {}
  ~IncomingCall() override { polycall_message_release(&request_); }

  bool Keep(const polycall_message* request) {
    return request == nullptr || polycall_message_keep(request, &request_) == POLYCALL_OK;
  }

  void Run() override {
    Ref made = NewContext(handler_, call_);
    if (!made) {
      PyErr_Clear();
      FinishWithoutPython(call_, POLYCALL_RESOURCE_EXHAUSTED, "out of memory");
      return;
    }
    auto* context = reinterpret_cast<CallObject*>(made.get());
    context->typed_caller = IsPythonObject(request_);
    Ref argument =
        handler_.streams_requests() ? Ref::Share(Py_None) : ReadRequest(handler_, request_);
    Ref dispatched;
    if (argument) {
      dispatched = Ref::Steal(OrHang([&] {
        return PyObject_CallFunctionObjArgs(handler_.dispatch.get(), handler_.function.get(),
                                            argument.get(), made.get(), nullptr);
      }));
    }
    if (!dispatched) FinishRaised(handler_, context);
  }

 private:
  const Handler& handler_;  // the server's, which outlives its calls
  polycall_call* const call_;
  polycall_message request_ = POLYCALL_MESSAGE_INIT;
};

}  // namespace

void RunBlockingHandler(void* arg, polycall_call* call, const polycall_message* request) {
  CallbackScope scope;
  const Handler& handler = *static_cast<Handler*>(arg);
  if (handler.kind == POLYCALL_UNARY) {
    UnaryRun(handler, call, request).Run();
    return;
  }
  Upcall upcall;
  if (!upcall) {
    FinishWithoutPython(call, POLYCALL_UNAVAILABLE, "the server's interpreter is ending");
    return;
  }
  Ref made = NewContext(handler, call);
  if (!made) {
    PyErr_Clear();
    FinishWithoutPython(call, POLYCALL_RESOURCE_EXHAUSTED, "out of memory");
    return;
  }
  auto* context = reinterpret_cast<CallObject*>(made.get());
  if (request != nullptr) context->typed_caller = IsPythonObject(*request);
  Ref argument =
      handler.streams_requests() ? NewRequestIterator(context) : ReadRequest(handler, *request);
  if (!argument) {
    FinishRaised(handler, context);
    return;
  }
  RunWithPython(handler, context, argument.get());
}

void PostToLoop(void* arg, polycall_call* call, const polycall_message* request) {
  CallbackScope scope;
  const Handler& handler = *static_cast<Handler*>(arg);
  auto event = std::make_unique<IncomingCall>(handler, call);
  if (!event->Keep(request)) {
    FinishWithoutPython(call, POLYCALL_INTERNAL, "the request could not be kept");
    return;
  }
  LoopQueueRef queue = handler.queue;
  queue->Push(std::move(event));
}

}  // namespace polycall_python
