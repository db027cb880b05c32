// Unary calls of a MethodObject: blocking, and by event.
#ifndef POLYCALL_BINDINGS_PYTHON_SRC_UNARY_H_
#define POLYCALL_BINDINGS_PYTHON_SRC_UNARY_H_

#include "message_class.h"
#include "method.h"
#include "polycall/polycall.h"
#include "refs.h"

namespace polycall_python {

// Makes a blocking call. NULL with a Python error.
PyObject* CallUnary(MethodObject* self, PyObject* request, PyObject* timeout, PyObject* metadata,
                    PyObject* flags, PyObject* info);

// start_unary(queue or None, future, request, timeout, metadata, flags, info) -> PendingCall.
// The future gets the outcome: on the loop that drains `queue`, or without one on a thread of the
// runtime's.
PyObject* StartUnary(PyObject* method, PyObject* const* args, Py_ssize_t count);

// Takes what a unary call left: raises or returns the response. The metadata is looked at only if
// there is an `info` to fill.
Ref TakeOutcome(const MethodObject* self, polycall_unary* unary, PyObject* info,
                const polycall_metadata* initial_metadata,
                const polycall_metadata* trailing_metadata);

// Notes after a call whether its peer took objects (see MethodObject::typed).
void LearnTyped(MethodObject* self, bool was_typed, const EncodeObserver& observer);

bool AddPendingCallType();

}  // namespace polycall_python

#endif  // POLYCALL_BINDINGS_PYTHON_SRC_UNARY_H_
