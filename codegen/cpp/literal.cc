#include "codegen/cpp/literal.h"

#include <string>

namespace polycall::codegen::cpp {
namespace {

// Octal escapes have a fixed length, so that a digit after one is no part of it. "?" is escaped
// because compilers may still read trigraphs.
void AppendEscaped(char c, std::string* line) {
  const auto byte = static_cast<unsigned char>(c);
  if (c == '"' || c == '\\' || c == '?') {
    line->push_back('\\');
    line->push_back(c);
  } else if (byte >= 0x20 && byte < 0x7f) {
    line->push_back(c);
  } else {
    line->push_back('\\');
    line->push_back(static_cast<char>('0' + (byte >> 6)));
    line->push_back(static_cast<char>('0' + ((byte >> 3) & 7)));
    line->push_back(static_cast<char>('0' + (byte & 7)));
  }
}

}  // namespace

void WriteStringLiteral(std::string_view bytes, Writer* writer) {
  constexpr size_t kColumns = 88;
  const auto indentation = writer->Indented(2);
  std::string line;
  for (const char c : bytes) {
    AppendEscaped(c, &line);
    if (line.size() < kColumns) continue;
    writer->Line('"', line, '"');
    line.clear();
  }
  writer->Line('"', line, "\";");
}

}  // namespace polycall::codegen::cpp
