// The words that cannot be names in Java.
#ifndef POLYCALL_CODEGEN_JAVA_KEYWORDS_H_
#define POLYCALL_CODEGEN_JAVA_KEYWORDS_H_

#include <string_view>

namespace polycall::codegen::java {

bool IsKeyword(std::string_view name);

// Whether a function of this name may override, or clash with, one that every object has.
bool IsObjectMethod(std::string_view name);

}  // namespace polycall::codegen::java

#endif  // POLYCALL_CODEGEN_JAVA_KEYWORDS_H_
