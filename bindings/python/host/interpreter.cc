#include "interpreter.h"

#include <dlfcn.h>

namespace polycall_python_host {
namespace {

// The interpreter that the package's extension module was built for.
constexpr char kLibrary[] = POLYCALL_LIBPYTHON;

template <typename Function>
bool Find(void* where, const char* name, Function* out, std::string* error) {
  *out = reinterpret_cast<Function>(dlsym(where, name));
  if (*out == nullptr) *error = std::string("the interpreter has no function ") + name;
  return *out != nullptr;
}

// RTLD_DEFAULT where its symbols are global, else a handle. NULL with an error.
void* Locate(std::string* error) {
  // The program is Python, or is linked with it.
  if (dlsym(RTLD_DEFAULT, "Py_IsInitialized") != nullptr) return RTLD_DEFAULT;
  // A plugin may have loaded it with local symbols, which its extension modules would not find;
  // RTLD_NOLOAD makes those of the one that is there global.
  if (void* there = dlopen(kLibrary, RTLD_NOW | RTLD_GLOBAL | RTLD_NOLOAD)) return there;
  void* library = dlopen(kLibrary, RTLD_NOW | RTLD_GLOBAL);
  if (library == nullptr) {
    const char* reason = dlerror();
    *error = std::string(reason != nullptr ? reason : kLibrary) +
             " (Debian has it in the package libpython3." + POLYCALL_PYTHON_MINOR + ")";
  }
  return library;
}

}  // namespace

bool FindPython(Python* python, std::string* error) {
  void* where = Locate(error);
  if (where == nullptr && !error->empty()) return false;  // RTLD_DEFAULT is NULL
#define POLYCALL_FIND(name) Find(where, #name, &python->name, error)
  return POLYCALL_FIND(Py_IsInitialized) && POLYCALL_FIND(Py_InitializeEx) &&
         POLYCALL_FIND(Py_SetProgramName) && POLYCALL_FIND(Py_DecodeLocale) &&
         POLYCALL_FIND(PyEval_SaveThread) && POLYCALL_FIND(PyGILState_Ensure) &&
         POLYCALL_FIND(PyGILState_Release) && POLYCALL_FIND(PyImport_ImportModule) &&
         POLYCALL_FIND(PyObject_CallMethod) && POLYCALL_FIND(PySys_GetObject) &&
         POLYCALL_FIND(PyUnicode_FromString) && POLYCALL_FIND(PyUnicode_AsUTF8) &&
         POLYCALL_FIND(PyObject_Str) && POLYCALL_FIND(PyList_Append) &&
         POLYCALL_FIND(PyTuple_GetItem) && POLYCALL_FIND(PyLong_AsLong) &&
         POLYCALL_FIND(PyBytes_AsStringAndSize) && POLYCALL_FIND(PyErr_Fetch) &&
         POLYCALL_FIND(PyErr_Clear) && POLYCALL_FIND(Py_DecRef);
#undef POLYCALL_FIND
}

std::string TakeException(const Python& python) {
  Object *type = nullptr, *value = nullptr, *traceback = nullptr;
  python.PyErr_Fetch(&type, &value, &traceback);
  const Ref owned_type(python, type), owned_value(python, value), owned_trace(python, traceback);
  const Ref text(python, value != nullptr ? python.PyObject_Str(value) : nullptr);
  const char* utf8 = text ? python.PyUnicode_AsUTF8(text.get()) : nullptr;
  std::string result = utf8 != nullptr ? utf8 : "an exception without a text";
  python.PyErr_Clear();
  return result;
}

}  // namespace polycall_python_host
