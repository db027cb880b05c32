// Interceptors written in Python.
#ifndef POLYCALL_BINDINGS_PYTHON_SRC_INTERCEPTOR_H_
#define POLYCALL_BINDINGS_PYTHON_SRC_INTERCEPTOR_H_

#include <memory>
#include <vector>

#include "polycall/polycall.h"
#include "refs.h"

namespace polycall_python {

// One polycall.Interceptor object; must outlive the channel or server that it was given to.
class Interceptor {
 public:
  explicit Interceptor(PyObject* object) : object_(Ref::Share(object)) {}
  PyObject* object() const { return object_.get(); }

 private:
  Ref object_;
};

// False with a Python error when `objects` is not iterable.
bool InterceptorsFromPython(PyObject* objects, std::vector<std::unique_ptr<Interceptor>>* out);

// What the runtime is to be given for them. Their order is the list's.
std::vector<polycall_interceptor> InterceptorTable(
    const std::vector<std::unique_ptr<Interceptor>>& interceptors);

// Makes the type of the `call` that interceptors see. False with a Python error.
bool AddInterceptedCallType(PyObject* module);

}  // namespace polycall_python

#endif  // POLYCALL_BINDINGS_PYTHON_SRC_INTERCEPTOR_H_
