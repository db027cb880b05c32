// Servers that are alive, for the interpreter's exit.
#ifndef POLYCALL_BINDINGS_PYTHON_SRC_SERVER_H_
#define POLYCALL_BINDINGS_PYTHON_SRC_SERVER_H_

#include <vector>

#include "polycall/polycall.h"

namespace polycall_python {

// Every server that was not freed. With the GIL.
std::vector<polycall_server*> AllServers();

// In the child of a fork(): the servers of the parent's are closed to it.
void DisownServers();

}  // namespace polycall_python

#endif  // POLYCALL_BINDINGS_PYTHON_SRC_SERVER_H_
