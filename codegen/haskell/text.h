// Pieces of Haskell text that every part of the emitter writes.
#ifndef POLYCALL_CODEGEN_HASKELL_TEXT_H_
#define POLYCALL_CODEGEN_HASKELL_TEXT_H_

#include <string>
#include <string_view>
#include <vector>

#include "codegen/haskell/naming.h"
#include "codegen/model/model.h"
#include "codegen/writer/writer.h"

namespace polycall::codegen::haskell {

// The comment as Haddock of what follows (`mark` "|") or of what stands before ("^"); `otherwise`, if
// it is not empty, where there is no comment. What would be Haddock's markup is spelled out.
void WriteComment(Writer* w, std::string_view mark, const model::Comment& comment,
                  bool deprecated = false, const std::string& otherwise = "");

// A string literal with its quotes: of bytes, or of the characters that UTF-8 bytes mean.
std::string QuotedBytes(std::string_view bytes);
std::string QuotedText(std::string_view utf8);

// The default of a field as an expression of its type (an element's type for repeated ones).
std::string DefaultValue(const model::Field& field, Names* names);

}  // namespace polycall::codegen::haskell

#endif  // POLYCALL_CODEGEN_HASKELL_TEXT_H_
