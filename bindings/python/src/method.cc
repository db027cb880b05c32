#include "method.h"

#include <structmember.h>

#include <new>

#include "bind.h"
#include "call.h"
#include "call_events.h"
#include "gil.h"
#include "interrupt.h"
#include "options.h"
#include "python_types.h"
#include "status.h"

namespace polycall_python {
namespace {

// How many calls a peer that took encodings is given encodings without asking again.
constexpr uint32_t kTypedRetryCalls = 1024;

// Blocking calls that may take longer than this can be interrupted; shorter ones take the shorter
// way and are waited for.
constexpr int64_t kLongCallNs = 1'000'000'000;

PyTypeObject* g_method_type = nullptr;
PyTypeObject* g_pending_type = nullptr;

MethodObject* AsMethod(PyObject* object) { return reinterpret_cast<MethodObject*>(object); }

void LearnTyped(MethodObject* self, bool was_typed, const EncodeObserver& observer) {
  if (was_typed) {
    if (observer.encoded()) self->typed = false;
  } else if (self->channel->in_process() && ++self->calls % kTypedRetryCalls == 0) {
    self->typed = true;
  }
}

bool FillInfo(PyObject* info, PyObject* initial, PyObject* trailing) {
  return PyObject_SetAttrString(info, "initial_metadata", initial) == 0 &&
         PyObject_SetAttrString(info, "trailing_metadata", trailing) == 0;
}

// Takes what a unary call left: raises or returns the response. The metadata is looked at only if
// there is an `info` to fill.
Ref TakeOutcome(const MethodObject* self, polycall_unary* unary, PyObject* info,
                const polycall_metadata* initial_metadata,
                const polycall_metadata* trailing_metadata) {
  Ref initial, trailing;
  const bool want_metadata = info != nullptr && info != Py_None;
  if (want_metadata) {
    initial = MetadataToPython(initial_metadata);
    trailing = initial ? MetadataToPython(trailing_metadata) : Ref();
    if (!trailing || !FillInfo(info, initial.get(), trailing.get())) return Ref();
  }
  if (unary->status.code != POLYCALL_OK) {
    RaiseStatus(unary->status, initial.get(), trailing.get());
    polycall_status_clear(&unary->status);
    return Ref();
  }
  Ref response = self->response_class->Take(&unary->response);
  if (!response && PyErr_Occurred() != nullptr) {
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
    RaiseStatus(POLYCALL_INTERNAL,
                "the response of " + self->label + " is no valid " + self->response_class->name);
  }
  return response;
}

// As polycall_unary_call, by steps, so that there is a call to cancel when Ctrl-C comes.
Ref CallInterruptibly(MethodObject* self, polycall_unary* unary, PyObject* info) {
  polycall_call* call = nullptr;
  const polycall_metadata* initial = nullptr;
  const polycall_metadata* trailing = nullptr;
  bool raised = false;
  {
    InterruptibleWait wait;
    {
      GilRelease released;
      call = polycall_call_start(self->channel->get(), unary->method, unary->options);
      wait.Watch(call);
      // What a send or receive fails with is the call's status.
      polycall_call_send(call, &unary->request, POLYCALL_SEND_HALF_CLOSE, nullptr);
      polycall_call_receive(call, &unary->response);
      polycall_call_wait(call, &unary->status, &trailing);
      initial = polycall_call_initial_metadata(call);
    }
    raised = wait.Raised();
  }
  Ref response;
  if (!raised) response = TakeOutcome(self, unary, info, initial, trailing);
  polycall_message_release(&unary->response);
  polycall_status_clear(&unary->status);
  {
    GilRelease released;
    polycall_call_release(call);
  }
  return response;
}

PyObject* CallUnary(MethodObject* self, PyObject* request, PyObject* timeout, PyObject* metadata,
                    PyObject* flags, PyObject* info) {
  if (!self->request_class->Check(request, self->label)) return nullptr;
  polycall_unary unary = POLYCALL_UNARY_INIT;
  unary.method = self->method;
  CallArguments arguments;
  if (!arguments.Read(timeout, metadata, flags)) return nullptr;
  if (info != Py_None) {
    arguments.options.flags |= POLYCALL_CALL_WANT_METADATA;
    arguments.any = true;
  }
  unary.options = arguments.get();
  const bool typed = self->typed;
  OutgoingMessage outgoing;
  if (!outgoing.Prepare(*self->request_class, request, typed)) return nullptr;
  unary.request = *outgoing.get();
  if (typed) unary.response_type = self->response_class->passable();
  ChannelUse use(self->channel.get());
  if (!use) return nullptr;
  const bool may_be_long =
      arguments.options.timeout_ns == 0 || arguments.options.timeout_ns > kLongCallNs;
  if (may_be_long && !self->channel->in_process() && OnMainThread()) {
    return CallInterruptibly(self, &unary, info).release();
  }
  EncodeObserver observer;
  {
    GilRelease released;
    polycall_unary_call(self->channel->get(), &unary);
  }
  LearnTyped(self, typed, observer);
  const MetadataPtr initial(unary.initial_metadata), trailing(unary.trailing_metadata);
  return TakeOutcome(self, &unary, info, initial.get(), trailing.get()).release();
}

PyObject* MethodVectorcall(PyObject* object, PyObject* const* args, size_t nargsf,
                           PyObject* kwnames) {
  MethodObject* self = AsMethod(object);
  const Py_ssize_t count = PyVectorcall_NARGS(nargsf);
  if (kwnames != nullptr || count < 1 || count > 5) {
    PyErr_SetString(PyExc_TypeError,
                    "a method takes request, timeout, metadata, flags, info, by position");
    return nullptr;
  }
  if (self->kind != POLYCALL_UNARY) {
    PyErr_Format(PyExc_TypeError, "%s is not unary", self->label.c_str());
    return nullptr;
  }
  return CallUnary(self, args[0], count > 1 ? args[1] : Py_None, count > 2 ? args[2] : Py_None,
                   count > 3 ? args[3] : Py_None, count > 4 ? args[4] : Py_None);
}

// An asynchronous unary call: what its awaiter cancels it by.
struct PendingCall {
  PyObject_HEAD LiveCall live;
};

PyObject* PendingCancel(PyObject* object, PyObject*) {
  polycall_call* call = reinterpret_cast<PendingCall*>(object)->live.call;
  if (call == nullptr) Py_RETURN_NONE;  // it has ended
  polycall_call_retain(call);
  {
    GilRelease released;
    polycall_call_cancel(call, POLYCALL_CANCELLED, "the caller cancelled the call");
    polycall_call_release(call);
  }
  Py_RETURN_NONE;
}

void PendingDealloc(PyObject* object) {
  PyTypeObject* type = Py_TYPE(object);
  type->tp_free(object);
  Py_DECREF(type);
}

// The end of an asynchronous unary call. On a loop it comes through the loop's queue; for a
// concurrent.futures.Future (no queue) it runs on the runtime's thread, with the GIL.
class UnaryEvent : public InlineEvent {
 public:
  UnaryEvent(MethodObject* method, LoopQueueRef queue, PyObject* future, PyObject* info,
             PyObject* pending, PyObject* request)
      : InlineEvent(queue),
        on_loop_(queue != nullptr),
        method_(Ref::Share(reinterpret_cast<PyObject*>(method))),
        future_(Ref::Share(future)),
        info_(Ref::Share(info)),
        pending_(Ref::Share(pending)),
        request_(Ref::Share(request)) {}

  ~UnaryEvent() override {
    polycall_status_clear(&unary_.status);
    polycall_message_release(&unary_.response);
    polycall_metadata_free(unary_.initial_metadata);
    polycall_metadata_free(unary_.trailing_metadata);
  }

  static void Done(void* arg, polycall_unary* unary) {
    CallbackScope scope;
    auto* self = static_cast<UnaryEvent*>(arg);
    self->unary_.status = std::exchange(unary->status, POLYCALL_STATUS_INIT);
    self->unary_.response = std::exchange(unary->response, POLYCALL_MESSAGE_INIT);
    self->unary_.initial_metadata = std::exchange(unary->initial_metadata, nullptr);
    self->unary_.trailing_metadata = std::exchange(unary->trailing_metadata, nullptr);
    if (self->on_loop_ || self->IsStarting()) {
      self->Happened();
      return;
    }
    Upcall upcall;
    if (!upcall) return;  // the process ends; so does what waits for the future
    std::unique_ptr<UnaryEvent> owned(self);
    owned->Run();
  }

  void Run() override {
    MethodObject* method = AsMethod(method_.get());
    method->channel->Remove(&AsPending()->live);
    polycall_call* call = std::exchange(AsPending()->live.call, nullptr);
    if (call != nullptr) polycall_call_release(call);
    SettleFuture(future_.get(), TakeOutcome(method, &unary_, info_.get(), unary_.initial_metadata,
                                            unary_.trailing_metadata));
    method->channel->End();
  }

 private:
  PendingCall* AsPending() { return reinterpret_cast<PendingCall*>(pending_.get()); }

  const bool on_loop_;
  Ref method_;
  Ref future_;
  Ref info_;
  Ref pending_;
  Ref request_;  // a typed request stays alive until the call has ended
  polycall_unary unary_ = POLYCALL_UNARY_INIT;
};

// start_unary(queue or None, future, request, timeout, metadata, flags, info) -> PendingCall
PyObject* StartUnary(PyObject* object, PyObject* const* args, Py_ssize_t count) {
  MethodObject* self = AsMethod(object);
  if (count != 7) {
    PyErr_SetString(PyExc_TypeError, "start_unary takes 7 arguments");
    return nullptr;
  }
  LoopQueueRef queue;
  if (args[0] != Py_None && (queue = LoopQueueFromPython(args[0])) == nullptr) return nullptr;
  PyObject* request = args[2];
  PyObject* info = args[6];
  if (!self->request_class->Check(request, self->label)) return nullptr;
  CallArguments arguments;
  if (!arguments.Read(args[3], args[4], args[5])) return nullptr;
  if (info != Py_None) {
    arguments.options.flags |= POLYCALL_CALL_WANT_METADATA;
    arguments.any = true;
  }
  polycall_unary unary = POLYCALL_UNARY_INIT;
  unary.method = self->method;
  unary.options = arguments.get();
  const bool typed = self->typed;
  OutgoingMessage outgoing;
  if (!outgoing.Prepare(*self->request_class, request, typed)) return nullptr;
  unary.request = *outgoing.get();
  if (typed) unary.response_type = self->response_class->passable();
  Ref pending = Ref::Steal(g_pending_type->tp_alloc(g_pending_type, 0));
  if (!pending || !self->channel->Begin()) return nullptr;
  auto* live = &reinterpret_cast<PendingCall*>(pending.get())->live;
  live->call = nullptr;
  live->next = live->previous = nullptr;
  auto event = std::make_unique<UnaryEvent>(self, queue, args[1], info, pending.get(),
                                            typed ? request : Py_None);
  self->channel->Add(live);
  EncodeObserver observer;
  polycall_call* call = nullptr;
  InlineEvent::Begin(
      std::move(event),
      [&](UnaryEvent* started) {
        GilRelease released;
        polycall_unary_call_async(self->channel->get(), &unary, UnaryEvent::Done, started, &call);
      },
      [&] {
        // With the GIL, so before Run on any thread, unless Run was first (the link is gone then).
        if (live->next != nullptr) {
          live->call = call;
        } else if (call != nullptr) {
          polycall_call_release(call);
        }
      });
  LearnTyped(self, typed, observer);
  return pending.release();
}

// start(call_class, request or None, timeout, metadata, flags, info) -> call_class
PyObject* StartCall(PyObject* object, PyObject* const* args, Py_ssize_t count) {
  MethodObject* self = AsMethod(object);
  if (count != 6 || !PyType_Check(args[0]) ||
      !PyType_IsSubtype(reinterpret_cast<PyTypeObject*>(args[0]), CallType())) {
    PyErr_SetString(PyExc_TypeError,
                    "start takes call_class, request, timeout, metadata, flags, info");
    return nullptr;
  }
  PyObject* request = args[1];
  const bool has_request = self->kind == POLYCALL_UNARY || self->kind == POLYCALL_SERVER_STREAMING;
  if (has_request && !self->request_class->Check(request, self->label)) return nullptr;
  CallArguments arguments;
  if (!arguments.Read(args[2], args[3], args[4])) return nullptr;
  const bool typed = self->typed;
  if (typed) {
    arguments.options.response_type = self->response_class->passable();
    arguments.any = true;
  }
  OutgoingMessage outgoing;
  if (has_request && !outgoing.Prepare(*self->request_class, request, typed)) return nullptr;
  auto* type = reinterpret_cast<PyTypeObject*>(args[0]);
  Ref made = Ref::Steal(type->tp_alloc(type, 0));
  if (!made || !self->channel->Begin()) return nullptr;
  auto* call = reinterpret_cast<CallObject*>(made.get());
  call->registered = true;
  Py_INCREF(object);
  call->method = self;
  call->send_class = self->request_class;
  call->receive_class = self->response_class;
  if (args[5] != Py_None) call->info = Py_NewRef(args[5]);
  EncodeObserver observer;
  polycall_call* started = nullptr;
  {
    GilRelease released;
    started = polycall_call_start(self->channel->get(), self->method, arguments.get());
    // A failed send has ended the call, and the call says why when it is asked.
    if (has_request) polycall_call_send(started, outgoing.get(), POLYCALL_SEND_HALF_CLOSE, nullptr);
  }
  LearnTyped(self, typed, observer);
  call->call = started;
  call->live.call = started;
  self->channel->Add(&call->live);
  return made.release();
}

PyObject* MethodNew(PyTypeObject* type, PyObject* args, PyObject*) {
  PyObject *channel_object, *request_class, *response_class;
  const char *service, *name;
  int kind;
  unsigned flags;
  long long timeout_ns;
  if (!PyArg_ParseTuple(args, "OssiILOO", &channel_object, &service, &name, &kind, &flags,
                        &timeout_ns, &request_class, &response_class)) {
    return nullptr;
  }
  ChannelRef channel = ChannelFromPython(channel_object);
  if (channel == nullptr) return nullptr;
  const MessageClass* request = MessageClass::Get(request_class);
  const MessageClass* response = request != nullptr ? MessageClass::Get(response_class) : nullptr;
  if (response == nullptr) return nullptr;
  ChannelUse use(channel.get());
  if (!use) return nullptr;
  polycall_method_descriptor descriptor{};
  descriptor.struct_size = sizeof(descriptor);
  descriptor.name = name;
  descriptor.kind = kind;
  descriptor.flags = flags;
  descriptor.default_timeout_ns = timeout_ns;
  const polycall_method* method = polycall_channel_method(channel->get(), service, &descriptor);
  if (method == nullptr) {
    return RaiseStatus(POLYCALL_INVALID_ARGUMENT,
                       std::string("no method can be named ") + service + "/" + name);
  }
  PyObject* object = type->tp_alloc(type, 0);
  if (object == nullptr) return nullptr;
  MethodObject* self = AsMethod(object);
  self->vectorcall = MethodVectorcall;
  self->method = method;
  self->kind = kind;
  self->request_class = request;
  self->response_class = response;
  self->typed = channel->in_process();
  new (&self->channel) ChannelRef(std::move(channel));
  new (&self->label) std::string(std::string(service) + "." + name);
  return object;
}

void MethodDealloc(PyObject* object) {
  MethodObject* self = AsMethod(object);
  PyTypeObject* type = Py_TYPE(object);
  self->channel.~ChannelRef();
  self->label.~basic_string();
  type->tp_free(object);
  Py_DECREF(type);
}

PyMethodDef kMethods[] = {
    {"start_unary", reinterpret_cast<PyCFunction>(reinterpret_cast<void*>(StartUnary)),
     METH_FASTCALL, nullptr},
    {"start", reinterpret_cast<PyCFunction>(reinterpret_cast<void*>(StartCall)), METH_FASTCALL,
     nullptr},
    {nullptr, nullptr, 0, nullptr}};

PyMemberDef kMembers[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(MethodObject, vectorcall), READONLY, nullptr},
    {nullptr, 0, 0, 0, nullptr}};

PyMethodDef kPendingMethods[] = {{"cancel", PendingCancel, METH_NOARGS, nullptr},
                                 {nullptr, nullptr, 0, nullptr}};

}  // namespace

bool CallArguments::Read(PyObject* timeout, PyObject* metadata_entries, PyObject* flags) {
  if (timeout != Py_None) {
    if (!SecondsToNanoseconds(timeout, 0, &options.timeout_ns)) return false;
    // Zero means the method's default to the runtime, but no time at all to a caller of Python's.
    if (options.timeout_ns <= 0) options.timeout_ns = -1;
    any = true;
  }
  if (metadata_entries != Py_None) {
    if (!MetadataFromPython(metadata_entries, &metadata)) return false;
    options.metadata = metadata.get();
    any = true;
  }
  if (flags != Py_None) {
    const unsigned long bits = PyLong_AsUnsignedLong(flags);
    if (bits == static_cast<unsigned long>(-1) && PyErr_Occurred() != nullptr) return false;
    options.flags = static_cast<uint32_t>(bits);
    any = any || bits != 0;
  }
  PyObject* current = nullptr;
  if (PyContextVar_Get(Types().current_call, Py_None, &current) < 0) return false;
  Ref context = Ref::Steal(current);
  if (context.get() != Py_None && (options.flags & POLYCALL_CALL_DETACHED) == 0) {
    options.parent = reinterpret_cast<CallObject*>(context.get())->call;
    if (options.parent != nullptr) {
      polycall_call_retain(options.parent);  // its handler may end while this call starts
      any = true;
    }
  }
  return true;
}

CallArguments::~CallArguments() {
  if (options.parent != nullptr) polycall_call_release(options.parent);
}

bool AddMethodType(PyObject* module) {
  static PyType_Slot slots[] = {{Py_tp_new, reinterpret_cast<void*>(MethodNew)},
                                {Py_tp_dealloc, reinterpret_cast<void*>(MethodDealloc)},
                                {Py_tp_call, reinterpret_cast<void*>(PyVectorcall_Call)},
                                {Py_tp_methods, kMethods},
                                {Py_tp_members, kMembers},
                                {0, nullptr}};
  static PyType_Spec spec = {"polycall._polycall.Method", sizeof(MethodObject), 0,
                             Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL, slots};
  static PyType_Slot pending_slots[] = {{Py_tp_dealloc, reinterpret_cast<void*>(PendingDealloc)},
                                        {Py_tp_methods, kPendingMethods},
                                        {0, nullptr}};
  static PyType_Spec pending_spec = {"polycall._polycall.PendingCall", sizeof(PendingCall), 0,
                                     Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                                     pending_slots};
  PyObject* type = PyType_FromSpec(&spec);
  PyObject* pending = PyType_FromSpec(&pending_spec);
  if (type == nullptr || pending == nullptr) return false;
  g_method_type = reinterpret_cast<PyTypeObject*>(type);
  g_pending_type = reinterpret_cast<PyTypeObject*>(pending);
  return PyModule_AddObjectRef(module, "Method", type) == 0;
}

}  // namespace polycall_python
