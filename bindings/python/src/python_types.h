// What the module needs of the package's Python half. Looked up once, when the package is imported.
#ifndef POLYCALL_BINDINGS_PYTHON_SRC_PYTHON_TYPES_H_
#define POLYCALL_BINDINGS_PYTHON_SRC_PYTHON_TYPES_H_

#include "refs.h"

namespace polycall_python {

struct PythonTypes {
  PyObject* status_error = nullptr;  // class StatusError
  PyObject* status_error_make =
      nullptr;                         // (code, message, details, initial, trailing) -> StatusError
  PyObject* status_make = nullptr;     // (code, message, details) -> Status
  PyObject* metadata = nullptr;        // class Metadata(list)
  PyObject* identity_make = nullptr;   // (subject, names) -> Identity
  PyObject* current_call = nullptr;    // ContextVar of the handler's call
  PyObject* set_wakeup_fd = nullptr;   // signal.set_wakeup_fd
  PyObject* handler_failed = nullptr;  // (service, method, exception): logs it
};

// Immortal; filled by the module's _set_python_types().
PythonTypes& Types();

}  // namespace polycall_python

#endif  // POLYCALL_BINDINGS_PYTHON_SRC_PYTHON_TYPES_H_
