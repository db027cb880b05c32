#include "context.h"

#include <cstdint>
#include <cstring>

#include "gil.h"
#include "handler.h"
#include "metadata.h"
#include "status.h"

namespace polycall_python {
namespace {

PyTypeObject* g_context_type = nullptr;
PyTypeObject* g_requests_type = nullptr;

CallObject* AsCall(PyObject* object) { return reinterpret_cast<CallObject*>(object); }

// The call of a context whose handler may still speak; NULL with a Python error after finish.
polycall_call* Open(CallObject* self) {
  if (self->finished || self->call == nullptr) {
    RaiseStatus(POLYCALL_FAILED_PRECONDITION, "the call has ended");
    return nullptr;
  }
  return self->call;
}

PyObject* GetMetadata(PyObject* object, void*) {
  CallObject* self = AsCall(object);
  if (self->metadata == nullptr) {
    if (self->call == nullptr)
      return RaiseStatus(POLYCALL_FAILED_PRECONDITION, "the call has ended");
    self->metadata = MetadataToPython(polycall_call_metadata(self->call)).release();
  }
  return Py_XNewRef(self->metadata);
}

PyObject* GetIdentity(PyObject* object, void*) {
  const CallObject* self = AsCall(object);
  if (self->call == nullptr) {
    return RaiseStatus(POLYCALL_FAILED_PRECONDITION, "the call has ended");
  }
  return IdentityToPython(self->call);
}

PyObject* SendInitialMetadata(PyObject* object, PyObject* entries) {
  polycall_call* call = Open(AsCall(object));
  MetadataPtr metadata(polycall_metadata_new());
  if (call == nullptr || !AddMetadata(entries, metadata.get())) return nullptr;
  Status status;
  polycall_code code;
  {
    GilRelease released;
    code = polycall_call_send_initial_metadata(call, metadata.get(), status.get());
  }
  if (code != POLYCALL_OK) return RaiseStatus(*status);
  Py_RETURN_NONE;
}

PyObject* SetTrailingMetadata(PyObject* object, PyObject* entries) {
  polycall_call* call = Open(AsCall(object));
  MetadataPtr metadata(polycall_metadata_new());
  if (call == nullptr || !AddMetadata(entries, metadata.get())) return nullptr;
  Status status;
  polycall_code code;
  {
    GilRelease released;
    code = polycall_call_set_trailing_metadata(call, metadata.get(), status.get());
  }
  if (code != POLYCALL_OK) return RaiseStatus(*status);
  Py_RETURN_NONE;
}

PyObject* IsCancelled(PyObject* object, PyObject*) {
  CallObject* self = AsCall(object);
  return PyBool_FromLong(self->call == nullptr || self->finished ||
                         polycall_call_is_cancelled(self->call) != 0);
}

void RunCallback(PyObject* borrowed) {
  Ref callback = Ref::Share(borrowed);
  if (!callback) return;
  Ref result = Ref::Steal(OrHang([&] { return PyObject_CallNoArgs(callback.get()); }));
  if (!result) PyErr_WriteUnraisable(callback.get());
}

// Runs on the thread that cancels, at most once, and never after finish.
void Cancelled(void* arg) {
  CallbackScope scope;
  Upcall upcall;
  if (!upcall) return;
  CallObject* self = static_cast<CallObject*>(arg);
  RunCallback(self->on_cancel);
  RunCallback(self->cancel_task);
}

// Replaces one of the two callables.
PyObject* SetCallback(CallObject* self, PyObject** place, PyObject* callback) {
  polycall_call* call = Open(self);
  if (call == nullptr) return nullptr;
  if (callback != Py_None && !PyCallable_Check(callback)) {
    PyErr_SetString(PyExc_TypeError, "on_cancel takes a function without arguments, or None");
    return nullptr;
  }
  Ref old = Ref::Steal(*place);
  *place = callback == Py_None ? nullptr : Py_NewRef(callback);
  const bool any = self->on_cancel != nullptr || self->cancel_task != nullptr;
  {
    GilRelease released;
    polycall_call_on_cancel(call, any ? Cancelled : nullptr, self);
  }
  Py_RETURN_NONE;
}

PyObject* OnCancel(PyObject* object, PyObject* callback) {
  return SetCallback(AsCall(object), &AsCall(object)->on_cancel, callback);
}

// _set_task(cancel): before the handler's first step.
PyObject* SetTask(PyObject* object, PyObject* callback) {
  return SetCallback(AsCall(object), &AsCall(object)->cancel_task, callback);
}

PyObject* Abort(PyObject*, PyObject* args, PyObject* kwargs) {
  static const char* names[] = {"code", "message", "details", nullptr};
  int code = 0;
  const char* message = "";
  const char* details = nullptr;
  Py_ssize_t details_size = 0;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "i|sy#", const_cast<char**>(names), &code,
                                   &message, &details, &details_size)) {
    return nullptr;
  }
  Status status;
  polycall_status_set(status.get(), static_cast<polycall_code>(code), message, details,
                      static_cast<size_t>(details_size));
  return RaiseStatus(*status);
}

// _finish(response): asynchronous handlers' end. A TypeError leaves the call open.
PyObject* Finish(PyObject* object, PyObject* response) {
  CallObject* self = AsCall(object);
  if (self->finished) Py_RETURN_NONE;
  OutgoingMessage outgoing;
  if (!self->send_class->Check(response, "the handler's response") ||
      !outgoing.Prepare(*self->send_class, response, PassesObjects(self))) {
    return nullptr;
  }
  FinishContext(self, nullptr, outgoing.get());
  Py_RETURN_NONE;
}

// _finish_stream(): the same for a response stream.
PyObject* FinishStream(PyObject* object, PyObject*) {
  FinishContext(AsCall(object), nullptr, nullptr);
  Py_RETURN_NONE;
}

// _finish_error(exception): True when the exception was not a StatusError, so that it is logged.
PyObject* FinishError(PyObject* object, PyObject* exception) {
  CallObject* self = AsCall(object);
  if (self->finished) Py_RETURN_FALSE;
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(exception)), exception);
  Status status;
  bool unexpected = false;
  TakeError(status.get(), &unexpected);
  PyErr_Clear();
  FinishContext(self, status.get(), nullptr);
  return PyBool_FromLong(unexpected);
}

PyObject* SendAsyncMethod(PyObject* object, PyObject* const* args, Py_ssize_t count) {
  CallObject* self = AsCall(object);
  if (count != 3) {
    PyErr_SetString(PyExc_TypeError, "_send_async takes queue, future and message");
    return nullptr;
  }
  LoopQueueRef queue = LoopQueueFromPython(args[0]);
  if (queue == nullptr || Open(self) == nullptr) return nullptr;
  if (!self->send_class->Check(args[2], "the response stream")) return nullptr;
  if (!SendAsync(self, queue, args[1], args[2], 0)) return nullptr;
  Py_RETURN_NONE;
}

PyObject* ReceiveAsyncMethod(PyObject* object, PyObject* const* args, Py_ssize_t count) {
  CallObject* self = AsCall(object);
  if (count != 2) {
    PyErr_SetString(PyExc_TypeError, "_receive_async takes queue and future");
    return nullptr;
  }
  LoopQueueRef queue = LoopQueueFromPython(args[0]);
  if (queue == nullptr || Open(self) == nullptr) return nullptr;
  if (!ReceiveAsync(self, queue, args[1])) return nullptr;
  Py_RETURN_NONE;
}

void ContextDealloc(PyObject* object) {
  CallObject* self = AsCall(object);
  PyTypeObject* type = Py_TYPE(object);
  PyObject *error_type, *error, *traceback;
  PyErr_Fetch(&error_type, &error, &traceback);
  if (!self->finished && self->call != nullptr) {
    // An asynchronous handler that was dropped before its end, as when its loop was closed.
    Status status(POLYCALL_UNAVAILABLE, "the handler was abandoned");
    FinishContext(self, status.get(), nullptr);
  }
  if (self->call != nullptr) polycall_call_release(self->call);
  Py_CLEAR(self->stashed);
  Py_CLEAR(self->metadata);
  Py_CLEAR(self->on_cancel);
  Py_CLEAR(self->cancel_task);
  PyErr_Restore(error_type, error, traceback);
  type->tp_free(object);
  Py_DECREF(type);
}

struct RequestIterator {
  PyObject ob_base;
  CallObject* context;
};

PyObject* RequestsNext(PyObject* object) {
  CallObject* context = reinterpret_cast<RequestIterator*>(object)->context;
  polycall_call* call = Open(context);
  if (call == nullptr) return nullptr;
  polycall_message message = POLYCALL_MESSAGE_INIT;
  int got = 0;
  ++context->uses;
  {
    GilRelease released;
    got = polycall_call_receive(call, &message);
  }
  --context->uses;
  if (got != 0) {
    context->typed_caller = IsPythonObject(message);
    return context->receive_class->Take(&message).release();
  }
  if (polycall_call_is_cancelled(call) != 0) {
    return RaiseStatus(POLYCALL_CANCELLED, "the caller cancelled the call or is gone");
  }
  return nullptr;
}

void RequestsDealloc(PyObject* object) {
  PyTypeObject* type = Py_TYPE(object);
  Py_CLEAR(reinterpret_cast<RequestIterator*>(object)->context);
  type->tp_free(object);
  Py_DECREF(type);
}

template <typename F>
PyCFunction AsFunction(F* function) {
  return reinterpret_cast<PyCFunction>(reinterpret_cast<void*>(function));
}

}  // namespace

Ref NewContext(const Handler& handler, polycall_call* call) {
  PyObject* object = g_context_type->tp_alloc(g_context_type, 0);
  if (object == nullptr) return Ref();
  CallObject* self = AsCall(object);
  self->call = call;
  self->send_class = handler.response_class;
  self->receive_class = handler.request_class;
  return Ref::Steal(object);
}

Ref NewRequestIterator(CallObject* context) {
  PyObject* object = g_requests_type->tp_alloc(g_requests_type, 0);
  if (object == nullptr) return Ref();
  Py_INCREF(context);
  reinterpret_cast<RequestIterator*>(object)->context = context;
  return Ref::Steal(object);
}

void FinishContext(CallObject* self, const polycall_status* status,
                   const polycall_message* response) {
  if (std::exchange(self->finished, true)) return;
  polycall_call* call = self->call;
  // finish takes the handler's reference; who still holds the context may go on asking it.
  const bool kept = Py_REFCNT(self) > 1 || self->uses > 0;
  if (kept) {
    polycall_call_retain(call);
  } else {
    self->call = nullptr;
  }
  {
    GilRelease released;
    polycall_call_finish(call, status, response);
  }
  Py_CLEAR(self->on_cancel);
  Py_CLEAR(self->cancel_task);
}

bool AddContextTypes(PyObject* module) {
  static PyGetSetDef getters[] = {
      kCommonGetters[0],
      kCommonGetters[1],
      kCommonGetters[2],
      kCommonGetters[3],
      {"metadata", GetMetadata, nullptr, "The caller's metadata.", nullptr},
      {"identity", GetIdentity, nullptr, "Who the caller is, or None when nobody vouches for it.",
       nullptr},
      {nullptr, nullptr, nullptr, nullptr, nullptr}};
  static PyMethodDef methods[] = {
      {"time_left", CallTimeLeft, METH_NOARGS, "Seconds to the deadline, or None without one."},
      {"send_initial_metadata", SendInitialMetadata, METH_O,
       "Sends metadata ahead of the first message; at most once, before any message."},
      {"set_trailing_metadata", SetTrailingMetadata, METH_O,
       "Sets the metadata that goes with the status."},
      {"is_cancelled", IsCancelled, METH_NOARGS,
       "Whether the caller cancelled, its deadline passed or it is gone."},
      {"on_cancel", OnCancel, METH_O,
       "Runs a function once if the call is cancelled before it ends. It runs on another thread."},
      {"abort", AsFunction(Abort), METH_VARARGS | METH_KEYWORDS,
       "Raises a StatusError: the handler ends with this code, message and details."},
      {"_set_task", SetTask, METH_O, nullptr},
      {"_finish", Finish, METH_O, nullptr},
      {"_finish_stream", FinishStream, METH_NOARGS, nullptr},
      {"_finish_error", FinishError, METH_O, nullptr},
      {"_send_async", AsFunction(SendAsyncMethod), METH_FASTCALL, nullptr},
      {"_receive_async", AsFunction(ReceiveAsyncMethod), METH_FASTCALL, nullptr},
      {nullptr, nullptr, 0, nullptr}};
  // As in _polycall.pyi.
  static char doc[] =
      "One call, as its handler sees it. Any thread may use it; after the handler's end only what "
      "was\n"
      "read before is still there.";
  static PyType_Slot slots[] = {{Py_tp_doc, doc},
                                {Py_tp_dealloc, reinterpret_cast<void*>(ContextDealloc)},
                                {Py_tp_getset, getters},
                                {Py_tp_methods, methods},
                                {0, nullptr}};
  static PyType_Spec spec = {"polycall._polycall.Context", sizeof(CallObject), 0,
                             Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
  static PyType_Slot requests_slots[] = {{Py_tp_dealloc, reinterpret_cast<void*>(RequestsDealloc)},
                                         {Py_tp_iter, reinterpret_cast<void*>(PyObject_SelfIter)},
                                         {Py_tp_iternext, reinterpret_cast<void*>(RequestsNext)},
                                         {0, nullptr}};
  static PyType_Spec requests_spec = {"polycall._polycall.Requests", sizeof(RequestIterator), 0,
                                      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                                      requests_slots};
  PyObject* context = PyType_FromSpec(&spec);
  PyObject* requests = PyType_FromSpec(&requests_spec);
  if (context == nullptr || requests == nullptr) return false;
  g_context_type = reinterpret_cast<PyTypeObject*>(context);
  g_requests_type = reinterpret_cast<PyTypeObject*>(requests);
  return PyModule_AddObjectRef(module, "Context", context) == 0;
}

}  // namespace polycall_python
