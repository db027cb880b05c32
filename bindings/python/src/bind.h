// What each file adds to the module, called by module.cc.
#ifndef POLYCALL_BINDINGS_PYTHON_SRC_BIND_H_
#define POLYCALL_BINDINGS_PYTHON_SRC_BIND_H_

#include <pybind11/pybind11.h>

#include "channel.h"

namespace polycall_python {

void BindChannel(pybind11::module_& module);
void BindServer(pybind11::module_& module);
void BindLoopQueue(pybind11::module_& module);

// The handle behind a polycall.Channel, or NULL with a TypeError.
ChannelRef ChannelFromPython(PyObject* object);

}  // namespace polycall_python

#endif  // POLYCALL_BINDINGS_PYTHON_SRC_BIND_H_
