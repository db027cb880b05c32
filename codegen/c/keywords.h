#ifndef POLYCALL_CODEGEN_C_KEYWORDS_H_
#define POLYCALL_CODEGEN_C_KEYWORDS_H_

#include <string_view>

namespace polycall::codegen::c {

// Whether `name` cannot be an identifier of its own in a header that C and C++ programs include: a
// keyword of either, or a macro or type of a header that most programs include.
bool IsReserved(std::string_view name);

}  // namespace polycall::codegen::c

#endif  // POLYCALL_CODEGEN_C_KEYWORDS_H_
