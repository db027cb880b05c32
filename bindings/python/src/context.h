// The handler's side of a call, as handlers see it.
#ifndef POLYCALL_BINDINGS_PYTHON_SRC_CONTEXT_H_
#define POLYCALL_BINDINGS_PYTHON_SRC_CONTEXT_H_

#include "call.h"

namespace polycall_python {

struct Handler;

// A Context that takes over `call`, the handler's reference. NULL with a Python error: then the
// call is still the caller's to finish.
Ref NewContext(const Handler& handler, polycall_call* call);

// The iterator of requests that a blocking handler of a request stream gets.
Ref NewRequestIterator(CallObject* context);

// Ends the call: once, later ones do nothing. `status` NULL is OK; `response` is borrowed. Gives
// the GIL up meanwhile. A context that nobody else refers to lets its call go with it.
void FinishContext(CallObject* context, const polycall_status* status,
                   const polycall_message* response);

bool AddContextTypes(PyObject* module);

}  // namespace polycall_python

#endif  // POLYCALL_BINDINGS_PYTHON_SRC_CONTEXT_H_
