#include "call.h"

#include <structmember.h>

#include <cstdint>
#include <cstring>
#include <new>

#include "call_events.h"
#include "gil.h"
#include "interrupt.h"
#include "metadata.h"
#include "python_types.h"
#include "status.h"

namespace polycall_python {
namespace {

PyTypeObject* g_call_type = nullptr;

CallObject* AsCall(PyObject* object) { return reinterpret_cast<CallObject*>(object); }

// Takes the call's reference, and its place in its channel, away from `self`.
void Drop(CallObject* self) {
  ChannelHandle* channel = self->method->channel.get();
  channel->Remove(&self->live);
  self->live.call = nullptr;
  polycall_call* call = std::exchange(self->call, nullptr);
  if (call != nullptr) {
    GilRelease released;
    polycall_call_release(call);  // cancels a call that has not ended
  }
  if (std::exchange(self->registered, false)) channel->End();
}

PyObject* GetError(PyObject* object, PyObject*) {
  PyObject* error = AsCall(object)->error;
  return Py_NewRef(error == nullptr ? Py_None : error);
}

PyObject* InitialMetadata(PyObject* object, PyObject*) {
  CallObject* self = AsCall(object);
  if (self->initial_metadata == nullptr && self->call != nullptr) {
    const polycall_metadata* metadata = nullptr;
    CallUse use(self);
    InterruptibleWait wait(self->call);
    {
      GilRelease released;
      metadata = polycall_call_initial_metadata(self->call);
    }
    if (wait.Raised()) return nullptr;
    Ref made = MetadataToPython(metadata);
    if (!made) return nullptr;
    if (self->initial_metadata == nullptr) self->initial_metadata = made.release();
  }
  return Py_NewRef(self->initial_metadata);
}

PyObject* TrailingMetadata(PyObject* object, PyObject*) {
  Ref status = Ref::Steal(CallStatus(object, nullptr));
  if (!status) return nullptr;
  return Py_NewRef(AsCall(object)->trailing_metadata);
}

// The end of a call on a loop.
class EndEvent : public InlineEvent {
 public:
  EndEvent(CallObject* call, LoopQueueRef queue, PyObject* future)
      : InlineEvent(std::move(queue)),
        call_(Ref::Share(reinterpret_cast<PyObject*>(call))),
        future_(Ref::Share(future)) {}

  static void Ended(void* arg, polycall_status* status, const polycall_metadata*) {
    CallbackScope scope;
    polycall_status_clear(status);  // asked for again, with the metadata, by EndCall
    static_cast<EndEvent*>(arg)->Happened();
  }

  void Run() override {
    --AsCall(call_.get())->uses;
    SettleFuture(future_.get(), Ref::Steal(CallStatus(call_.get(), nullptr)));
  }

 private:
  Ref call_;
  Ref future_;
};

// _wait_async(queue, future): the Status.
PyObject* WaitAsync(PyObject* object, PyObject* const* args, Py_ssize_t count) {
  CallObject* self = AsCall(object);
  if (count != 2) {
    PyErr_SetString(PyExc_TypeError, "_wait_async takes queue and future");
    return nullptr;
  }
  LoopQueueRef queue = LoopQueueFromPython(args[0]);
  if (queue == nullptr) return nullptr;
  if (self->call == nullptr) {
    SettleFuture(args[1], Ref::Steal(CallStatus(object, nullptr)));
    Py_RETURN_NONE;
  }
  ++self->uses;
  InlineEvent::Begin(
      std::make_unique<EndEvent>(self, queue, args[1]),
      [&](EndEvent* event) {
        GilRelease released;
        polycall_call_wait_async(self->call, EndEvent::Ended, event);
      },
      [] {});
  Py_RETURN_NONE;
}

// _send_async(queue, future, message, flags): the code as a number.
PyObject* SendAsyncMethod(PyObject* object, PyObject* const* args, Py_ssize_t count) {
  CallObject* self = AsCall(object);
  if (count != 4) {
    PyErr_SetString(PyExc_TypeError, "_send_async takes queue, future, message and flags");
    return nullptr;
  }
  LoopQueueRef queue = LoopQueueFromPython(args[0]);
  if (queue == nullptr || !self->send_class->Check(args[2], self->method->label)) return nullptr;
  const long flags = PyLong_AsLong(args[3]);
  if (flags == -1 && PyErr_Occurred() != nullptr) return nullptr;
  if (self->call == nullptr) {
    SettleFuture(args[1], Ref::Steal(PyLong_FromLong(POLYCALL_FAILED_PRECONDITION)));
    Py_RETURN_NONE;
  }
  if (!SendAsync(self, queue, args[1], args[2], static_cast<uint32_t>(flags))) return nullptr;
  Py_RETURN_NONE;
}

// _receive_async(queue, future): a message, None at the end, or the call's error.
PyObject* ReceiveAsyncMethod(PyObject* object, PyObject* const* args, Py_ssize_t count) {
  CallObject* self = AsCall(object);
  if (count != 2) {
    PyErr_SetString(PyExc_TypeError, "_receive_async takes queue and future");
    return nullptr;
  }
  LoopQueueRef queue = LoopQueueFromPython(args[0]);
  if (queue == nullptr) return nullptr;
  if (self->call == nullptr && self->stashed == nullptr) {
    SettleFuture(args[1], CallOutcome(self) ? Ref::Share(Py_None) : Ref());
    Py_RETURN_NONE;
  }
  if (!ReceiveAsync(self, queue, args[1])) return nullptr;
  Py_RETURN_NONE;
}

PyObject* GetEnded(PyObject* object, void*) {
  return PyBool_FromLong(AsCall(object)->status != nullptr);
}

void Dealloc(PyObject* object) {
  CallObject* self = AsCall(object);
  PyTypeObject* type = Py_TYPE(object);
  if (PyType_IS_GC(type)) PyObject_GC_UnTrack(object);
  PyObject *error_type, *error, *traceback;
  PyErr_Fetch(&error_type, &error, &traceback);
  if (self->method != nullptr) {
    if (self->call != nullptr || self->registered) Drop(self);
    Py_DECREF(self->method);
  }
  Py_CLEAR(self->stashed);
  Py_CLEAR(self->info);
  Py_CLEAR(self->status);
  Py_CLEAR(self->error);
  Py_CLEAR(self->initial_metadata);
  Py_CLEAR(self->trailing_metadata);
  PyErr_Restore(error_type, error, traceback);
  type->tp_free(object);
  Py_DECREF(type);
}

template <typename F>
PyCFunction AsFunction(F* function) {
  return reinterpret_cast<PyCFunction>(reinterpret_cast<void*>(function));
}

}  // namespace

bool CallOutcome(CallObject* self) {
  if (self->error == nullptr) return true;
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(self->error)), self->error);
  return false;
}

PyObject* CallHalfClose(PyObject* object, PyObject*) {
  CallObject* self = AsCall(object);
  if (self->call != nullptr) {
    CallUse use(self);
    GilRelease released;
    polycall_call_half_close(self->call);
  }
  Py_RETURN_NONE;
}

PyObject* CallCancel(PyObject* object, PyObject*) {
  CallObject* self = AsCall(object);
  if (self->call != nullptr) {
    CallUse use(self);
    GilRelease released;
    polycall_call_cancel(self->call, POLYCALL_CANCELLED, "the caller cancelled the call");
  }
  Py_RETURN_NONE;
}

PyObject* CallStatus(PyObject* object, PyObject*) {
  CallObject* self = AsCall(object);
  if (self->status == nullptr && !EndCall(self)) {
    if (self->status == nullptr) return nullptr;
    PyErr_Clear();
  }
  return Py_NewRef(self->status);
}

bool EndCall(CallObject* self) {
  if (self->status != nullptr || self->call == nullptr) return CallOutcome(self);
  Status status;
  const polycall_metadata* trailing = nullptr;
  const polycall_metadata* initial = nullptr;
  Ref trailing_made, initial_made;
  {
    CallUse use(self);
    InterruptibleWait wait(self->call);
    {
      GilRelease released;
      polycall_call_wait(self->call, status.get(), &trailing);
      initial = polycall_call_initial_metadata(self->call);
    }
    if (wait.Raised()) return false;
    initial_made = MetadataToPython(initial);
    trailing_made = MetadataToPython(trailing);
  }
  if (!initial_made || !trailing_made) return false;
  if (self->status == nullptr) {  // another thread may have been first
    Ref value = MakeStatusValue(*status);
    if (!value) return false;
    if (!status.ok()) {
      self->error = MakeStatusError(*status, initial_made.get(), trailing_made.get()).release();
      if (self->error == nullptr) return false;
    }
    self->status = value.release();
    if (self->initial_metadata == nullptr) self->initial_metadata = initial_made.release();
    self->trailing_metadata = trailing_made.release();
    if (self->info != nullptr) {
      if (PyObject_SetAttrString(self->info, "initial_metadata", self->initial_metadata) < 0 ||
          PyObject_SetAttrString(self->info, "trailing_metadata", self->trailing_metadata) < 0) {
        return false;
      }
    }
  }
  if (self->uses == 0 && self->pending_receive == nullptr) Drop(self);
  return CallOutcome(self);
}

bool PassesObjects(const CallObject* self) {
  return self->method != nullptr ? self->method->typed : self->typed_caller;
}

bool SendBlocking(CallObject* self, PyObject* message, uint32_t flags, polycall_code* code,
                  polycall_status* status) {
  OutgoingMessage outgoing;
  const bool typed = PassesObjects(self);
  if (!outgoing.Prepare(*self->send_class, message, typed)) return false;
  EncodeObserver observer;
  {
    CallUse use(self);
    InterruptibleWait wait(self->call);
    {
      GilRelease released;
      *code = polycall_call_send(self->call, outgoing.get(), flags, status);
    }
    if (wait.Raised()) return false;
  }
  if (typed && observer.encoded()) {
    (self->method != nullptr ? self->method->typed : self->typed_caller) = false;
  }
  return true;
}

PyObject* CallTimeLeft(PyObject* object, PyObject*) {
  CallObject* self = AsCall(object);
  const int64_t left = self->call == nullptr ? 0 : polycall_call_time_left(self->call);
  if (left == INT64_MAX) Py_RETURN_NONE;
  return PyFloat_FromDouble(static_cast<double>(left) * 1e-9);
}

namespace {

PyObject* TextOrNone(const char* text) {
  if (text == nullptr) Py_RETURN_NONE;
  return PyUnicode_FromString(text);
}

PyObject* GetTransport(PyObject* object, void*) {
  polycall_call* call = AsCall(object)->call;
  return TextOrNone(call == nullptr ? nullptr : polycall_call_transport(call));
}

PyObject* GetPeer(PyObject* object, void*) {
  polycall_call* call = AsCall(object)->call;
  if (call == nullptr) Py_RETURN_NONE;
  char peer[256];
  polycall_call_peer(call, peer, sizeof(peer));
  return PyUnicode_FromString(peer);
}

PyObject* GetService(PyObject* object, void*) {
  polycall_call* call = AsCall(object)->call;
  return TextOrNone(call == nullptr ? nullptr : polycall_call_service(call));
}

PyObject* GetMethod(PyObject* object, void*) {
  polycall_call* call = AsCall(object)->call;
  return TextOrNone(call == nullptr ? nullptr : polycall_call_method(call));
}

}  // namespace

PyGetSetDef kCommonGetters[] = {
    {"service", GetService, nullptr, "Full name of the service; None after the end.", nullptr},
    {"method", GetMethod, nullptr, "Name of the method; None after the end.", nullptr},
    {"transport", GetTransport, nullptr, "Transport in use, or None while there is none.", nullptr},
    {"peer", GetPeer, nullptr, "Address of the other end; None after the end.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr}};

PyObject* IdentityToPython(const polycall_call* call) {
  polycall_identity identity = POLYCALL_IDENTITY_INIT;
  if (polycall_call_identity(call, &identity) == 0) Py_RETURN_NONE;
  Ref names = Ref::Steal(PyTuple_New(static_cast<Py_ssize_t>(identity.name_count)));
  if (!names) return nullptr;
  for (size_t i = 0; i < identity.name_count; ++i) {
    PyObject* name = PyUnicode_DecodeUTF8(
        identity.names[i], static_cast<Py_ssize_t>(strlen(identity.names[i])), "replace");
    if (name == nullptr) return nullptr;
    PyTuple_SET_ITEM(names.get(), static_cast<Py_ssize_t>(i), name);
  }
  return PyObject_CallFunction(Types().identity_make, "zO", identity.subject, names.get());
}

PyTypeObject* CallType() { return g_call_type; }

bool AddCallTypes(PyObject* module) {
  static PyGetSetDef getters[] = {
      kCommonGetters[0],
      kCommonGetters[1],
      kCommonGetters[2],
      kCommonGetters[3],
      {"ended", GetEnded, nullptr, "Whether the call has ended and its status is known.", nullptr},
      {nullptr, nullptr, nullptr, nullptr, nullptr}};
  static PyMethodDef methods[] = {
      {"cancel", CallCancel, METH_NOARGS, "Cancels the call; no effect once it has ended."},
      {"time_left", CallTimeLeft, METH_NOARGS, "Seconds to the deadline, or None without one."},
      {"_status", CallStatus, METH_NOARGS, nullptr},
      {"_error", GetError, METH_NOARGS, nullptr},
      {"_initial_metadata", InitialMetadata, METH_NOARGS, nullptr},
      {"_trailing_metadata", TrailingMetadata, METH_NOARGS, nullptr},
      {"_half_close", CallHalfClose, METH_NOARGS, nullptr},
      {"_wait_async", AsFunction(WaitAsync), METH_FASTCALL, nullptr},
      {"_send_async", AsFunction(SendAsyncMethod), METH_FASTCALL, nullptr},
      {"_receive_async", AsFunction(ReceiveAsyncMethod), METH_FASTCALL, nullptr},
      {nullptr, nullptr, 0, nullptr}};
  static PyType_Slot slots[] = {{Py_tp_dealloc, reinterpret_cast<void*>(Dealloc)},
                                {Py_tp_getset, getters},
                                {Py_tp_methods, methods},
                                {0, nullptr}};
  static PyType_Spec spec = {
      "polycall._polycall.Call", sizeof(CallObject), 0,
      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
  PyObject* base = PyType_FromSpec(&spec);
  if (base == nullptr) return false;
  g_call_type = reinterpret_cast<PyTypeObject*>(base);

  return PyModule_AddObjectRef(module, "Call", base) == 0 && AddBlockingCallTypes(module, base);
}

}  // namespace polycall_python
