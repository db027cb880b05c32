// Pieces of C text that every part of the emitter writes.
#ifndef POLYCALL_CODEGEN_C_TEXT_H_
#define POLYCALL_CODEGEN_C_TEXT_H_

#include <string>
#include <string_view>
#include <vector>

#include "codegen/model/model.h"
#include "codegen/writer/writer.h"

namespace polycall::codegen::c {

// The comment as a block comment; nothing for an empty one. What would end it early, or hide text, is
// spelled harmlessly.
void WriteComment(Writer* w, const model::Comment& comment, bool deprecated = false);

// `lines` as a block comment.
void WriteComment(Writer* w, std::vector<std::string> lines);

// head + items joined by ", " + tail, broken before column 100; what follows the first line is aligned
// behind the head's last parenthesis or brace, or indented by 4 if that is too far right.
void WriteList(Writer* w, const std::string& head, const std::vector<std::string>& items,
               const std::string& tail);

// A string literal with its quotes, for any bytes.
std::string Quoted(std::string_view bytes);

// "true" or the like: the constant of a field's default, of the field's C type.
std::string DefaultValue(const model::Field& field, const std::string& enum_value);

}  // namespace polycall::codegen::c

#endif  // POLYCALL_CODEGEN_C_TEXT_H_
