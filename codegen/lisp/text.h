// Pieces of Lisp text that every part of the emitter writes.
#ifndef POLYCALL_CODEGEN_LISP_TEXT_H_
#define POLYCALL_CODEGEN_LISP_TEXT_H_

#include <string>
#include <string_view>
#include <vector>

#include "codegen/model/model.h"
#include "codegen/writer/writer.h"

namespace polycall::codegen::lisp {

// The comment's lines without empty ones at either end.
std::vector<std::string> DocLines(const model::Comment& comment);

// `head`, a string literal of several lines, `tail`. Its lines but the first begin at column 0, as a
// docstring's do.
void WriteString(const std::string& head, const std::vector<std::string>& lines,
                 const std::string& tail, Writer* writer);

// A string literal with its quotes.
std::string Quoted(std::string_view text);

// A field's default as define-message takes it; `enum_value` is the keyword of an enum's.
std::string DefaultValue(const model::Field& field, const std::string& enum_value);

// Base 64, in lines.
std::vector<std::string> Base64Lines(std::string_view bytes);

}  // namespace polycall::codegen::lisp

#endif  // POLYCALL_CODEGEN_LISP_TEXT_H_
