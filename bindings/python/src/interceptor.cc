#include "interceptor.h"

#include <structmember.h>

#include <cstdint>

#include "call.h"
#include "gil.h"
#include "message_class.h"
#include "metadata.h"
#include "status.h"

namespace polycall_python {
namespace {

// The call as interceptors see it: borrowed from the runtime for as long as the call lasts. One
// object per call and interceptor, so that an interceptor may keep its own attributes on it.
struct InterceptedCall {
  PyObject ob_base;
  polycall_call* call;
  PyObject* attributes;
};

PyTypeObject* g_type = nullptr;

polycall_call* CallOf(PyObject* self) {
  polycall_call* call = reinterpret_cast<InterceptedCall*>(self)->call;
  if (call == nullptr) PyErr_SetString(PyExc_RuntimeError, "the call has ended");
  return call;
}

PyObject* GetService(PyObject* self, void*) {
  polycall_call* call = CallOf(self);
  return call == nullptr ? nullptr : PyUnicode_FromString(polycall_call_service(call));
}

PyObject* GetMethod(PyObject* self, void*) {
  polycall_call* call = CallOf(self);
  return call == nullptr ? nullptr : PyUnicode_FromString(polycall_call_method(call));
}

PyObject* GetKind(PyObject* self, void*) {
  polycall_call* call = CallOf(self);
  return call == nullptr ? nullptr : PyLong_FromLong(polycall_call_kind(call));
}

PyObject* GetTransport(PyObject* self, void*) {
  polycall_call* call = CallOf(self);
  if (call == nullptr) return nullptr;
  const char* transport = polycall_call_transport(call);
  if (transport == nullptr) Py_RETURN_NONE;
  return PyUnicode_FromString(transport);
}

PyObject* GetPeer(PyObject* self, void*) {
  polycall_call* call = CallOf(self);
  if (call == nullptr) return nullptr;
  char peer[256];
  polycall_call_peer(call, peer, sizeof(peer));
  return PyUnicode_FromString(peer);
}

PyObject* GetIdentity(PyObject* self, void*) {
  polycall_call* call = CallOf(self);
  return call == nullptr ? nullptr : IdentityToPython(call);
}

PyObject* TimeLeft(PyObject* self, PyObject*) {
  polycall_call* call = CallOf(self);
  if (call == nullptr) return nullptr;
  const int64_t left = polycall_call_time_left(call);
  if (left == INT64_MAX) Py_RETURN_NONE;
  return PyFloat_FromDouble(static_cast<double>(left) * 1e-9);
}

PyGetSetDef kGetters[] = {
    {"service", GetService, nullptr, "Full name of the service.", nullptr},
    {"method", GetMethod, nullptr, "Name of the method.", nullptr},
    {"kind", GetKind, nullptr, "Kind of call, as polycall.UNARY.", nullptr},
    {"transport", GetTransport, nullptr, "Transport in use, or None while there is none.", nullptr},
    {"peer", GetPeer, nullptr, "Address of the other end.", nullptr},
    {"identity", GetIdentity, nullptr,
     "A server's interceptor: who the caller is, or None when nobody vouches for it.", nullptr},
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, nullptr, nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr}};

PyMethodDef kMethods[] = {
    {"time_left", TimeLeft, METH_NOARGS, "Seconds to the deadline, or None without one."},
    {nullptr, nullptr, 0, nullptr}};

PyMemberDef kMembers[] = {
    {"__dictoffset__", T_PYSSIZET, offsetof(InterceptedCall, attributes), READONLY, nullptr},
    {nullptr, 0, 0, 0, nullptr}};

void Dealloc(PyObject* self) {
  Py_CLEAR(reinterpret_cast<InterceptedCall*>(self)->attributes);
  PyTypeObject* type = Py_TYPE(self);
  type->tp_free(self);
  Py_DECREF(type);
}

Ref NewInterceptedCall(polycall_call* call) {
  PyObject* object = g_type->tp_alloc(g_type, 0);
  if (object != nullptr) reinterpret_cast<InterceptedCall*>(object)->call = call;
  return Ref::Steal(object);
}

// What an interceptor raised where nobody can be told: shown as CPython shows errors in __del__.
void Unraisable(Interceptor* interceptor) { PyErr_WriteUnraisable(interceptor->object()); }

polycall_code Started(void* arg, polycall_call* call, polycall_metadata* metadata, void** state,
                      polycall_status* status) {
  CallbackScope scope;
  Upcall upcall;
  if (!upcall) return POLYCALL_OK;
  auto* interceptor = static_cast<Interceptor*>(arg);
  Ref view = NewInterceptedCall(call);
  Ref entries = MetadataToPython(metadata);
  const Py_ssize_t before = entries ? PyList_GET_SIZE(entries.get()) : 0;
  Ref result;
  if (view && entries) {
    result = Ref::Steal(OrHang([&] {
      return PyObject_CallMethod(interceptor->object(), "started", "OO", view.get(), entries.get());
    }));
  }
  if (result) {
    // Only additions reach the runtime: what stood there before is the caller's.
    const Py_ssize_t after = PyList_GET_SIZE(entries.get());
    Ref added = Ref::Steal(PyList_GetSlice(entries.get(), before, after));
    if (!added || (after > before && !AddMetadata(added.get(), metadata))) result = Ref();
  }
  if (!result) {
    TakeError(status);
    return static_cast<polycall_code>(status->code);
  }
  *state = view.release();
  return POLYCALL_OK;
}

void Message(void* arg, polycall_call*, const polycall_message* message, int sent, void** state) {
  if (*state == nullptr) return;
  CallbackScope scope;
  Upcall upcall;
  if (!upcall) return;
  auto* interceptor = static_cast<Interceptor*>(arg);
  Ref value;
  if (IsPythonObject(*message)) {
    value = Ref::Share(static_cast<PyObject*>(message->object));
  } else {
    polycall_message bytes = POLYCALL_MESSAGE_INIT;
    if (polycall_message_to_bytes(message, &bytes, nullptr) != POLYCALL_OK) return;
    value = Ref::Steal(PyBytes_FromStringAndSize(static_cast<const char*>(bytes.data),
                                                 static_cast<Py_ssize_t>(bytes.size)));
    polycall_message_release(&bytes);
  }
  Ref result = Ref::Steal(!value ? nullptr : OrHang([&] {
    return PyObject_CallMethod(interceptor->object(), "message", "OOO",
                               static_cast<PyObject*>(*state), value.get(),
                               sent != 0 ? Py_True : Py_False);
  }));
  if (!result) Unraisable(interceptor);
}

void Finished(void* arg, polycall_call*, polycall_status* status, void** state) {
  if (*state == nullptr) return;
  CallbackScope scope;
  Upcall upcall;
  if (!upcall) return;
  auto* interceptor = static_cast<Interceptor*>(arg);
  Ref view = Ref::Steal(static_cast<PyObject*>(std::exchange(*state, nullptr)));
  Ref value = MakeStatusValue(*status);
  Ref result = Ref::Steal(!value ? nullptr : OrHang([&] {
    return PyObject_CallMethod(interceptor->object(), "finished", "OO", view.get(), value.get());
  }));
  if (result && result.get() != Py_None) {
    polycall_status changed = POLYCALL_STATUS_INIT;
    if (ReadStatus(result.get(), &changed)) {
      polycall_status_clear(status);
      *status = changed;
    } else {
      result = Ref();
    }
  }
  if (!result) Unraisable(interceptor);
  reinterpret_cast<InterceptedCall*>(view.get())->call = nullptr;
}

}  // namespace

bool InterceptorsFromPython(PyObject* objects, std::vector<std::unique_ptr<Interceptor>>* out) {
  if (objects == nullptr || objects == Py_None) return true;
  Ref list = Ref::Steal(PySequence_Fast(objects, "interceptors is a sequence of Interceptor"));
  if (!list) return false;
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(list.get()); ++i) {
    out->push_back(std::make_unique<Interceptor>(PySequence_Fast_GET_ITEM(list.get(), i)));
  }
  return true;
}

std::vector<polycall_interceptor> InterceptorTable(
    const std::vector<std::unique_ptr<Interceptor>>& interceptors) {
  std::vector<polycall_interceptor> table;
  for (const auto& interceptor : interceptors) {
    polycall_interceptor entry = POLYCALL_INTERCEPTOR_INIT;
    entry.arg = interceptor.get();
    entry.started = Started;
    entry.message = Message;
    entry.finished = Finished;
    table.push_back(entry);
  }
  return table;
}

bool AddInterceptedCallType(PyObject* module) {
  // As in _polycall.pyi.
  static char doc[] =
      "One call, as an interceptor sees it. An interceptor may keep attributes of its own on it.";
  static PyType_Slot slots[] = {
      {Py_tp_doc, doc},          {Py_tp_dealloc, reinterpret_cast<void*>(Dealloc)},
      {Py_tp_getset, kGetters},  {Py_tp_methods, kMethods},
      {Py_tp_members, kMembers}, {0, nullptr}};
  static PyType_Spec spec = {"polycall._polycall.InterceptedCall", sizeof(InterceptedCall), 0,
                             Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
  PyObject* type = PyType_FromSpec(&spec);
  if (type == nullptr) return false;
  g_type = reinterpret_cast<PyTypeObject*>(type);
  return PyModule_AddObjectRef(module, "InterceptedCall", type) == 0;
}

}  // namespace polycall_python
