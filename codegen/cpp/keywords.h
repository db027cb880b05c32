#ifndef POLYCALL_CODEGEN_CPP_KEYWORDS_H_
#define POLYCALL_CODEGEN_CPP_KEYWORDS_H_

#include <string_view>

namespace polycall::codegen::cpp {

// The words that protoc's own C++ generator appends "_" to. It must be the same list, because our
// code names its classes.
bool IsKeyword(std::string_view word);

}  // namespace polycall::codegen::cpp

#endif  // POLYCALL_CODEGEN_CPP_KEYWORDS_H_
