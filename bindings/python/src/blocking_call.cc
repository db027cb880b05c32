// Streams of a blocking caller.
#include "call.h"
#include "gil.h"
#include "interrupt.h"
#include "status.h"

namespace polycall_python {
namespace {

CallObject* AsCall(PyObject* object) { return reinterpret_cast<CallObject*>(object); }

// Receives without the GIL. 1, 0 at the end (of the call: its outcome is taken), -1 with an error.
int ReceiveBlocking(CallObject* self, Ref* message) {
  if (self->call == nullptr) return CallOutcome(self) ? 0 : -1;
  polycall_message received = POLYCALL_MESSAGE_INIT;
  int got = 0;
  bool raised = false;
  {
    CallUse use(self);
    InterruptibleWait wait(self->call);
    {
      GilRelease released;
      got = polycall_call_receive(self->call, &received);
    }
    raised = wait.Raised();
  }
  if (raised) {
    polycall_message_release(&received);
    return -1;
  }
  if (got == 0) return EndCall(self) ? 0 : -1;
  *message = self->receive_class->Take(&received);
  return *message ? 1 : -1;
}

PyObject* Send(PyObject* object, PyObject* args, PyObject* kwargs) {
  static const char* names[] = {"message", "buffered", "last", nullptr};
  PyObject* message = nullptr;
  int buffered = 0, last = 0;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|$pp", const_cast<char**>(names), &message,
                                   &buffered, &last)) {
    return nullptr;
  }
  CallObject* self = AsCall(object);
  if (!self->send_class->Check(message, self->method->label)) return nullptr;
  if (self->call == nullptr) {
    if (!CallOutcome(self)) return nullptr;
    return RaiseStatus(POLYCALL_FAILED_PRECONDITION,
                       self->method->label + " has ended: nothing more can be sent");
  }
  polycall_code code = POLYCALL_OK;
  Status status;
  const uint32_t flags = (buffered ? uint32_t{POLYCALL_SEND_BUFFERED} : 0u) |
                         (last ? uint32_t{POLYCALL_SEND_HALF_CLOSE} : 0u);
  if (!SendBlocking(self, message, flags, &code, status.get())) return nullptr;
  if (code == POLYCALL_OK) Py_RETURN_NONE;
  if (status.ok()) polycall_status_set(status.get(), code, "the call has ended", nullptr, 0);
  return RaiseStatus(*status);
}

PyObject* Receive(PyObject* object, PyObject*) {
  Ref message;
  const int got = ReceiveBlocking(AsCall(object), &message);
  if (got < 0) return nullptr;
  if (got == 0) Py_RETURN_NONE;
  return message.release();
}

PyObject* Next(PyObject* object) {
  Ref message;
  return ReceiveBlocking(AsCall(object), &message) > 0 ? message.release() : nullptr;
}

// The one response of a client stream, after half-close.
PyObject* Finish(PyObject* object, PyObject*) {
  CallObject* self = AsCall(object);
  Ref closed = Ref::Steal(CallHalfClose(object, nullptr));
  Ref response;
  const int got = ReceiveBlocking(self, &response);
  if (got < 0) return nullptr;
  if (got == 0 || !EndCall(self)) {
    if (got == 0) {
      RaiseStatus(POLYCALL_INTERNAL, self->method->label + " ended OK without a response");
    }
    return nullptr;
  }
  return response.release();
}

PyObject* Enter(PyObject* object, PyObject*) { return Py_NewRef(object); }

// A call that was cancelled has ended, so that its outcome comes at once.
PyObject* Exit(PyObject* object, PyObject*) {
  Ref cancelled = Ref::Steal(CallCancel(object, nullptr));
  Ref status = Ref::Steal(CallStatus(object, nullptr));
  if (!status) return nullptr;
  Py_RETURN_NONE;
}

template <typename F>
PyCFunction AsFunction(F* function) {
  return reinterpret_cast<PyCFunction>(reinterpret_cast<void*>(function));
}

}  // namespace

bool AddBlockingCallTypes(PyObject* module, PyObject* base) {
  static PyMethodDef blocking_methods[] = {
      {"__enter__", Enter, METH_NOARGS, nullptr},
      {"__exit__", Exit, METH_VARARGS, "Cancels the call unless it has ended."},
      {"_send", AsFunction(Send), METH_VARARGS | METH_KEYWORDS, nullptr},
      {"_receive", Receive, METH_NOARGS, nullptr},
      {"_finish", Finish, METH_NOARGS, nullptr},
      {nullptr, nullptr, 0, nullptr}};
  static PyType_Slot blocking_slots[] = {{Py_tp_methods, blocking_methods}, {0, nullptr}};
  static PyType_Spec blocking_spec = {
      "polycall._polycall.BlockingCall", sizeof(CallObject), 0,
      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION, blocking_slots};
  PyObject* blocking = PyType_FromSpecWithBases(&blocking_spec, base);
  if (blocking == nullptr) return false;

  static PyType_Slot stream_slots[] = {{Py_tp_iter, reinterpret_cast<void*>(PyObject_SelfIter)},
                                       {Py_tp_iternext, reinterpret_cast<void*>(Next)},
                                       {0, nullptr}};
  static PyType_Spec stream_spec = {
      "polycall._polycall.IterableCall", sizeof(CallObject), 0,
      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION, stream_slots};
  PyObject* stream = PyType_FromSpecWithBases(&stream_spec, blocking);
  return stream != nullptr && PyModule_AddObjectRef(module, "BlockingCall", blocking) == 0 &&
         PyModule_AddObjectRef(module, "IterableCall", stream) == 0;
}

}  // namespace polycall_python
