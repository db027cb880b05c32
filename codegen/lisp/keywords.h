// Packages of Common Lisp that generated code must not define its symbols in.
#ifndef POLYCALL_CODEGEN_LISP_KEYWORDS_H_
#define POLYCALL_CODEGEN_LISP_KEYWORDS_H_

#include <string_view>

namespace polycall::codegen::lisp {

// Whether an implementation, or a library that the binding stands on, has a package of this name (in
// lower case). Symbols need no such table: generated packages use no other package, so that a .proto
// may call its things LIST, T and NIL.
bool IsTakenPackage(std::string_view name);

}  // namespace polycall::codegen::lisp

#endif  // POLYCALL_CODEGEN_LISP_KEYWORDS_H_
