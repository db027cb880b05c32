// How long declarations are broken into lines.
#ifndef POLYCALL_CODEGEN_CPP_LAYOUT_H_
#define POLYCALL_CODEGEN_CPP_LAYOUT_H_

#include <string>
#include <string_view>
#include <vector>

#include "codegen/model/model.h"
#include "codegen/writer/writer.h"

namespace polycall::codegen::cpp {

inline constexpr size_t kColumns = 100;

// `head(parts, ...)tail` on one line, or with the parts below each other's beginning, or, when even
// that is too wide, each on a line of its own.
void WriteCall(std::string_view head, const std::vector<std::string>& parts, std::string_view tail,
               Writer* writer);

// A comment of the .proto as `//` lines.
void WriteComment(const model::Comment& comment, Writer* writer);

}  // namespace polycall::codegen::cpp

#endif  // POLYCALL_CODEGEN_CPP_LAYOUT_H_
