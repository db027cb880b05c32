#include "method.h"

#include <structmember.h>

#include <new>

#include "bind.h"
#include "call.h"
#include "gil.h"
#include "options.h"
#include "python_types.h"
#include "status.h"
#include "unary.h"

namespace polycall_python {
namespace {

MethodObject* AsMethod(PyObject* object) { return reinterpret_cast<MethodObject*>(object); }

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
  PyObject* type = PyType_FromSpec(&spec);
  return type != nullptr && AddPendingCallType() &&
         PyModule_AddObjectRef(module, "Method", type) == 0;
}

}  // namespace polycall_python
