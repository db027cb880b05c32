#ifndef POLYCALL_CODEGEN_HASKELL_KEYWORDS_H_
#define POLYCALL_CODEGEN_HASKELL_KEYWORDS_H_

#include <string_view>

namespace polycall::codegen::haskell {

// Whether `name` cannot name a function: a keyword of Haskell, or of an extension that generated
// modules or their users turn on.
bool IsKeyword(std::string_view name);

}  // namespace polycall::codegen::haskell

#endif  // POLYCALL_CODEGEN_HASKELL_KEYWORDS_H_
