#include "message_class.h"

#include <cstdint>
#include <cstring>
#include <unordered_map>

#include "gil.h"

namespace polycall_python {
namespace {

// Payloads from this size on are decoded through a memoryview and not copied into a bytes object.
constexpr size_t kViewFrom = 16 * 1024;

PyObject* SerializeName() {
  static PyObject* name = PyUnicode_InternFromString("SerializeToString");
  return name;
}

PyObject* Serialize(PyObject* message) {
  PyObject* arguments[] = {message};
  return PyObject_VectorcallMethod(SerializeName(), arguments, 1, nullptr);
}

// The encoding between encoded_size and encode, which follow each other on one thread.
thread_local PyObject* t_encoding = nullptr;

size_t EncodedSize(const void* object) {
  EncodeObserver::Note();
  Upcall upcall;
  if (!upcall) return SIZE_MAX;
  Py_CLEAR(t_encoding);
  t_encoding = OrHang(
      [&] { return Serialize(const_cast<PyObject*>(static_cast<const PyObject*>(object))); });
  if (t_encoding == nullptr || !PyBytes_Check(t_encoding)) {
    PyErr_Clear();
    Py_CLEAR(t_encoding);
    return SIZE_MAX;
  }
  return static_cast<size_t>(PyBytes_GET_SIZE(t_encoding));
}

int EncodeInto(const void*, void* out, size_t size) {
  Upcall upcall;
  if (!upcall || t_encoding == nullptr) return 1;
  const bool fits = static_cast<size_t>(PyBytes_GET_SIZE(t_encoding)) == size;
  if (fits) memcpy(out, PyBytes_AS_STRING(t_encoding), size);
  Py_CLEAR(t_encoding);
  return fits ? 0 : 1;
}

void* Retain(const void* object) {
  Upcall upcall;
  if (!upcall) return nullptr;
  PyObject* message = const_cast<PyObject*>(static_cast<const PyObject*>(object));
  Py_INCREF(message);
  return message;
}

// Whoever releases may hold a lock of its own, so that it must not wait for the GIL.
void Release(void* object) { DecrefSomewhere(static_cast<PyObject*>(object)); }

thread_local EncodeObserver* t_observer = nullptr;

// The full protobuf name, or the Python one when there is none.
std::string FullName(PyTypeObject* python_class) {
  Ref descriptor =
      Ref::Steal(PyObject_GetAttrString(reinterpret_cast<PyObject*>(python_class), "DESCRIPTOR"));
  Ref name =
      Ref::Steal(descriptor ? PyObject_GetAttrString(descriptor.get(), "full_name") : nullptr);
  const char* text = name ? PyUnicode_AsUTF8(name.get()) : nullptr;
  if (text == nullptr) PyErr_Clear();
  return text != nullptr ? text : python_class->tp_name;
}

}  // namespace

const MessageClass* MessageClass::Get(PyObject* python_class) {
  static auto* classes = new std::unordered_map<PyObject*, MessageClass*>;  // guarded by the GIL
  if (auto found = classes->find(python_class); found != classes->end()) return found->second;
  if (!PyType_Check(python_class)) {
    PyErr_Format(PyExc_TypeError, "a message type is a protobuf message class or bytes, not %R",
                 python_class);
    return nullptr;
  }
  auto* type = reinterpret_cast<PyTypeObject*>(python_class);
  Ref from_string;
  if (type != &PyBytes_Type) {
    from_string = Ref::Steal(PyObject_GetAttrString(python_class, "FromString"));
    if (!from_string) {
      PyErr_Format(PyExc_TypeError, "%R is neither a protobuf message class nor bytes",
                   python_class);
      return nullptr;
    }
  }
  auto* made = new MessageClass;
  made->name = from_string ? FullName(type) : "bytes";
  made->from_string = from_string.release();
  Py_INCREF(python_class);
  made->python_class = type;
  made->type.name = made->name.c_str();
  made->type.identity = type;
  made->type.encoded_size = EncodedSize;
  made->type.encode = EncodeInto;
  made->type.retain = Retain;
  made->type.release = Release;
  classes->emplace(python_class, made);
  return made;
}

bool MessageClass::Check(PyObject* message, const std::string& where) const {
  if (Py_TYPE(message) == python_class) return true;
  if (is_bytes() && PyObject_CheckBuffer(message)) return true;
  PyErr_Format(PyExc_TypeError, "%s: expected %s, not %s", where.c_str(), name.c_str(),
               Py_TYPE(message)->tp_name);
  return false;
}

Ref MessageClass::Encode(PyObject* message) const {
  if (!is_bytes()) return Ref::Steal(Serialize(message));
  return PyBytes_Check(message) ? Ref::Share(message) : Ref::Steal(PyBytes_FromObject(message));
}

Ref MessageClass::Decode(const void* data, size_t size) const {
  const char* bytes = size > 0 ? static_cast<const char*>(data) : "";
  if (is_bytes() || size < kViewFrom) {
    Ref copy = Ref::Steal(PyBytes_FromStringAndSize(bytes, static_cast<Py_ssize_t>(size)));
    if (!copy || is_bytes()) return copy;
    return Ref::Steal(PyObject_CallOneArg(from_string, copy.get()));
  }
  Ref view = Ref::Steal(
      PyMemoryView_FromMemory(const_cast<char*>(bytes), static_cast<Py_ssize_t>(size), PyBUF_READ));
  if (!view) return view;
  return Ref::Steal(PyObject_CallOneArg(from_string, view.get()));
}

Ref MessageClass::Take(polycall_message* message) const {
  if (message->type != nullptr && message->type->identity == python_class) {
    Ref object = Ref::Steal(static_cast<PyObject*>(message->object));
    *message = POLYCALL_MESSAGE_INIT;
    return object;
  }
  Ref object = Read(*message);
  polycall_message_release(message);
  return object;
}

Ref MessageClass::Read(const polycall_message& message) const {
  if (message.type == nullptr) return Decode(message.data, message.size);
  if (message.type->identity == python_class) {
    return Ref::Share(static_cast<PyObject*>(message.object));
  }
  polycall_message bytes = POLYCALL_MESSAGE_INIT;
  if (polycall_message_to_bytes(&message, &bytes, nullptr) != POLYCALL_OK) {
    PyErr_Format(PyExc_ValueError, "a %s in the same process could not be encoded",
                 message.type->name);
    return Ref();
  }
  Ref object = Decode(bytes.data, bytes.size);
  polycall_message_release(&bytes);
  return object;
}

bool IsPythonObject(const polycall_message& message) {
  return message.type != nullptr && message.type->encode == EncodeInto;
}

bool OutgoingMessage::Prepare(const MessageClass& message_class, PyObject* message, bool typed) {
  if (typed && !message_class.is_bytes()) {
    message_.type = &message_class.type;
    message_.object = message;
    return true;
  }
  owner_ = message_class.Encode(message);
  if (!owner_) return false;
  message_.data = PyBytes_AS_STRING(owner_.get());
  message_.size = static_cast<size_t>(PyBytes_GET_SIZE(owner_.get()));
  return true;
}

EncodeObserver::EncodeObserver() : outer_(t_observer) { t_observer = this; }
EncodeObserver::~EncodeObserver() { t_observer = outer_; }
void EncodeObserver::Note() {
  if (t_observer != nullptr) t_observer->encoded_ = true;
}

}  // namespace polycall_python
