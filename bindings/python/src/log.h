// The runtime's log lines, for a function of Python's.
#ifndef POLYCALL_BINDINGS_PYTHON_SRC_LOG_H_
#define POLYCALL_BINDINGS_PYTHON_SRC_LOG_H_

#include <pybind11/pybind11.h>

namespace polycall_python {

// `_log_set(level, to_python)` and `_log_next()`, which polycall/_log.py is made of.
void BindLog(pybind11::module_& module);

}  // namespace polycall_python

#endif  // POLYCALL_BINDINGS_PYTHON_SRC_LOG_H_
