// Options that channels and servers share, read from what the package's Python half passes.
#ifndef POLYCALL_BINDINGS_PYTHON_SRC_OPTIONS_H_
#define POLYCALL_BINDINGS_PYTHON_SRC_OPTIONS_H_

#include <pybind11/pybind11.h>

#include <cstdint>

#include "polycall/polycall.h"

namespace polycall_python {

// Fills `limits` from a dict of field names ("max_message_size") and integers; times are in
// nanoseconds. ValueError for a name that is none and for a number out of the field's range.
void ReadLimits(const pybind11::dict& values, polycall_limits* limits);

// Seconds, or None for `none`, as nanoseconds; cut to what 64 bits hold. False with a Python error.
bool SecondsToNanoseconds(PyObject* seconds, int64_t none, int64_t* nanoseconds);

}  // namespace polycall_python

#endif  // POLYCALL_BINDINGS_PYTHON_SRC_OPTIONS_H_
