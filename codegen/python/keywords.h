#ifndef POLYCALL_CODEGEN_PYTHON_KEYWORDS_H_
#define POLYCALL_CODEGEN_PYTHON_KEYWORDS_H_

#include <string_view>

namespace polycall::codegen::python {

// Whether `name` can be no identifier in Python 3 because the language keeps it.
bool IsKeyword(std::string_view name);

}  // namespace polycall::codegen::python

#endif  // POLYCALL_CODEGEN_PYTHON_KEYWORDS_H_
