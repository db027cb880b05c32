// Modules: parts of the library that are loaded when they are first needed, so that a process that does
// not need them does not load what they stand on (gRPC, OpenSSL, protobuf).
#ifndef POLYCALL_BASE_MODULE_H_
#define POLYCALL_BASE_MODULE_H_

#include "base/status.h"

namespace polycall::base {

// What every module's entry point is handed and answers with. Library and module are of one build and
// refuse any other: their interfaces are C++ and no ABI.
inline constexpr char kModuleBuild[] = "polycall-module-1";

// The entry point `polycall_<name>_module` of libpolycall_<name>.so, which lies beside libpolycall.so: a
// function `const void* (const char* build)` that returns NULL for another build than its own. `*entry`
// receives what it returned. UNAVAILABLE with what is missing and how to get it. Loaded once, never
// unloaded; thread-safe. [blocks] while the loader reads files.
Status LoadModule(const char* name, const void** entry);

}  // namespace polycall::base

#endif  // POLYCALL_BASE_MODULE_H_
