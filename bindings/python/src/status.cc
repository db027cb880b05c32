#include "status.h"

#include <cstring>

#include "gil.h"
#include "python_types.h"

namespace polycall_python {
namespace {

Ref Text(const char* text) {
  if (text == nullptr) text = "";
  return Ref::Steal(PyUnicode_DecodeUTF8(text, static_cast<Py_ssize_t>(strlen(text)), "replace"));
}

Ref Details(const polycall_status& status) {
  return Ref::Steal(PyBytes_FromStringAndSize(reinterpret_cast<const char*>(status.details),
                                              status.details_size));
}

// "ValueError: text", or only the class when the exception has no text.
std::string Describe(PyObject* error) {
  std::string text = Py_TYPE(error)->tp_name;
  Ref str = Ref::Steal(OrHang([&] { return PyObject_Str(error); }));
  if (!str) {
    PyErr_Clear();
    return text;
  }
  Ref bytes = Ref::Steal(PyUnicode_AsEncodedString(str.get(), "utf-8", "replace"));
  if (!bytes) {
    PyErr_Clear();
    return text;
  }
  if (PyBytes_GET_SIZE(bytes.get()) > 0) text += std::string(": ") + PyBytes_AS_STRING(bytes.get());
  return text;
}

}  // namespace

PythonTypes& Types() {
  static PythonTypes* types = new PythonTypes;
  return *types;
}

Ref MakeStatusError(const polycall_status& status, PyObject* initial_metadata,
                    PyObject* trailing_metadata) {
  Ref message = Text(status.message);
  Ref details = Details(status);
  if (!message || !details) return Ref();
  return Ref::Steal(PyObject_CallFunction(
      Types().status_error_make, "iOOOO", static_cast<int>(status.code), message.get(),
      details.get(), initial_metadata == nullptr ? Py_None : initial_metadata,
      trailing_metadata == nullptr ? Py_None : trailing_metadata));
}

Ref MakeStatusValue(const polycall_status& status) {
  Ref message = Text(status.message);
  Ref details = Details(status);
  if (!message || !details) return Ref();
  return Ref::Steal(PyObject_CallFunction(Types().status_make, "iOO", static_cast<int>(status.code),
                                          message.get(), details.get()));
}

PyObject* RaiseStatus(const polycall_status& status, PyObject* initial_metadata,
                      PyObject* trailing_metadata) {
  Ref error = MakeStatusError(status, initial_metadata, trailing_metadata);
  if (error) PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(error.get())), error.get());
  return nullptr;
}

PyObject* RaiseStatus(polycall_code code, const std::string& message) {
  Status status(code, message);
  return RaiseStatus(*status);
}

bool ReadStatus(PyObject* object, polycall_status* status) {
  Ref code = Ref::Steal(PyObject_GetAttrString(object, "code"));
  Ref message = Ref::Steal(code ? PyObject_GetAttrString(object, "message") : nullptr);
  Ref details = Ref::Steal(message ? PyObject_GetAttrString(object, "details") : nullptr);
  if (!details) return false;
  const long number = PyLong_AsLong(code.get());
  if (number == -1 && PyErr_Occurred() != nullptr) return false;
  Ref text = Ref::Steal(PyUnicode_AsEncodedString(message.get(), "utf-8", "replace"));
  if (!text) return false;
  char* data = nullptr;
  Py_ssize_t size = 0;
  if (PyBytes_AsStringAndSize(details.get(), &data, &size) < 0) return false;
  polycall_status_set(status, static_cast<polycall_code>(number), PyBytes_AS_STRING(text.get()),
                      size > 0 ? data : nullptr, static_cast<size_t>(size));
  return true;
}

void TakeError(polycall_status* status, bool* unexpected) {
  if (unexpected != nullptr) *unexpected = false;
  PyObject *type = nullptr, *value = nullptr, *traceback = nullptr;
  PyErr_Fetch(&type, &value, &traceback);
  PyErr_NormalizeException(&type, &value, &traceback);
  if (value != nullptr && traceback != nullptr) PyException_SetTraceback(value, traceback);
  Ref owned_type = Ref::Steal(type), error = Ref::Steal(value), trace = Ref::Steal(traceback);
  if (!error) {
    polycall_status_set(status, POLYCALL_UNKNOWN, "the handler failed without an exception",
                        nullptr, 0);
    return;
  }
  if (PyObject_IsInstance(error.get(), Types().status_error) == 1) {
    if (ReadStatus(error.get(), status)) {
      if (status->code != POLYCALL_OK) return;
      polycall_status_clear(status);
      polycall_status_set(status, POLYCALL_UNKNOWN, "the handler raised a StatusError with code OK",
                          nullptr, 0);
      return;
    }
    PyErr_Clear();
  }
  PyErr_Clear();
  if (unexpected != nullptr) *unexpected = true;
  // The stack or the heap is used up: of the call's making, and no bug that the code could name.
  const bool exhausted = PyErr_GivenExceptionMatches(error.get(), PyExc_RecursionError) != 0 ||
                         PyErr_GivenExceptionMatches(error.get(), PyExc_MemoryError) != 0;
  polycall_status_set(status, exhausted ? POLYCALL_RESOURCE_EXHAUSTED : POLYCALL_UNKNOWN,
                      Describe(error.get()).c_str(), nullptr, 0);
  // The caller logs it: hand the exception back as the raised one.
  if (unexpected != nullptr) {
    PyErr_SetObject(owned_type.get(), error.get());
  }
}

}  // namespace polycall_python
