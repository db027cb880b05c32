// The functions of CPython that the host needs, found at run time.
//
// The host does not link libpython: in a process that is a Python program already, that would be a
// second interpreter beside the one in use. So it takes the functions from the interpreter that is
// there, and loads libpython only if there is none, and globally, because extension modules expect
// to find its symbols there.
#ifndef POLYCALL_BINDINGS_PYTHON_HOST_INTERPRETER_H_
#define POLYCALL_BINDINGS_PYTHON_HOST_INTERPRETER_H_

#include <cstddef>
#include <cwchar>
#include <string>

namespace polycall_python_host {

// Opaque: nothing of CPython's headers is compiled in.
struct Object;

struct Python {
  int (*Py_IsInitialized)();
  void (*Py_InitializeEx)(int install_signal_handlers);
  void (*Py_SetProgramName)(const wchar_t* name);
  wchar_t* (*Py_DecodeLocale)(const char* text, size_t* size);
  void* (*PyEval_SaveThread)();
  int (*PyGILState_Ensure)();
  void (*PyGILState_Release)(int state);
  Object* (*PyImport_ImportModule)(const char* name);
  Object* (*PyObject_CallMethod)(Object* object, const char* name, const char* format, ...);
  Object* (*PySys_GetObject)(const char* name);  // borrowed
  Object* (*PyUnicode_FromString)(const char* text);
  const char* (*PyUnicode_AsUTF8)(Object* text);
  Object* (*PyObject_Str)(Object* object);
  int (*PyList_Append)(Object* list, Object* item);
  Object* (*PyTuple_GetItem)(Object* tuple, ptrdiff_t index);  // borrowed; NULL: no tuple
  long (*PyLong_AsLong)(Object* number);
  int (*PyBytes_AsStringAndSize)(Object* bytes, char** data, ptrdiff_t* size);
  void (*PyErr_Fetch)(Object** type, Object** value, Object** traceback);
  void (*PyErr_Clear)();
  void (*Py_DecRef)(Object* object);  // NULL is fine
};

// Fills `python` from the interpreter of this process, or from libpython. False: `error` says why not.
bool FindPython(Python* python, std::string* error);

// Owns a reference; with the GIL.
class Ref {
 public:
  Ref(const Python& python, Object* object) : python_(python), object_(object) {}
  ~Ref() { python_.Py_DecRef(object_); }
  Ref(const Ref&) = delete;
  Ref& operator=(const Ref&) = delete;
  Object* get() const { return object_; }
  explicit operator bool() const { return object_ != nullptr; }

 private:
  const Python& python_;
  Object* object_;
};

// Holds the GIL on any thread.
class Gil {
 public:
  explicit Gil(const Python& python) : python_(python), state_(python.PyGILState_Ensure()) {}
  ~Gil() { python_.PyGILState_Release(state_); }
  Gil(const Gil&) = delete;
  Gil& operator=(const Gil&) = delete;

 private:
  const Python& python_;
  const int state_;
};

// Takes the raised exception as text. With the GIL.
std::string TakeException(const Python& python);

}  // namespace polycall_python_host

#endif  // POLYCALL_BINDINGS_PYTHON_HOST_INTERPRETER_H_
