// Owned references to Python objects.
#ifndef POLYCALL_BINDINGS_PYTHON_SRC_REFS_H_
#define POLYCALL_BINDINGS_PYTHON_SRC_REFS_H_

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <utility>

namespace polycall_python {

// One owned reference. Made, moved and ended with the GIL held.
class Ref {
 public:
  Ref() = default;
  // Takes over the reference that `owned` is (NULL is fine).
  static Ref Steal(PyObject* owned) { return Ref(owned); }
  // Adds a reference of its own.
  static Ref Share(PyObject* borrowed) {
    Py_XINCREF(borrowed);
    return Ref(borrowed);
  }

  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Ref& operator=(Ref&& other) noexcept {
    PyObject* old = std::exchange(object_, std::exchange(other.object_, nullptr));
    Py_XDECREF(old);
    return *this;
  }
  Ref(const Ref&) = delete;
  Ref& operator=(const Ref&) = delete;
  ~Ref() { Py_XDECREF(object_); }

  PyObject* get() const { return object_; }
  PyObject* release() { return std::exchange(object_, nullptr); }
  explicit operator bool() const { return object_ != nullptr; }

 private:
  explicit Ref(PyObject* object) : object_(object) {}
  PyObject* object_ = nullptr;
};

}  // namespace polycall_python

#endif  // POLYCALL_BINDINGS_PYTHON_SRC_REFS_H_
