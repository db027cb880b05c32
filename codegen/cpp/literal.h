#ifndef POLYCALL_CODEGEN_CPP_LITERAL_H_
#define POLYCALL_CODEGEN_CPP_LITERAL_H_

#include <string_view>

#include "codegen/writer/writer.h"

namespace polycall::codegen::cpp {

// `bytes` as a string literal over several lines, with the `;` that ends its declaration.
void WriteStringLiteral(std::string_view bytes, Writer* writer);

}  // namespace polycall::codegen::cpp

#endif  // POLYCALL_CODEGEN_CPP_LITERAL_H_
