#include "codegen/haskell/text.h"

#include <cmath>
#include <cstdint>
#include <cstdio>

#include "codegen/model/names.h"

namespace polycall::codegen::haskell {
namespace {

// Unicode's direction marks can make a comment look like code and code like a comment; the compiler
// warns of them. They are written as their numbers.
std::string WithoutDirectionMarks(const std::string& line) {
  static constexpr struct {
    std::string_view utf8;
    std::string_view name;
  } kMarks[] = {
      {"\u200e", "U+200E"}, {"\u200f", "U+200F"}, {"\u202a", "U+202A"}, {"\u202b", "U+202B"},
      {"\u202c", "U+202C"}, {"\u202d", "U+202D"}, {"\u202e", "U+202E"}, {"\u2066", "U+2066"},
      {"\u2067", "U+2067"}, {"\u2068", "U+2068"}, {"\u2069", "U+2069"},
  };
  std::string out = line;
  for (const auto& mark : kMarks) out = Replace(out, mark.utf8, mark.name);
  return out;
}

// The line as Haddock shows it unchanged.
std::string Harmless(const std::string& line) {
  std::string out;
  bool at_start = true;
  for (const char c : WithoutDirectionMarks(line)) {
    const bool blank = c == ' ' || c == '\t';
    const bool markup = c == '\\' || c == '/' || c == '@' || c == '<' || c == '$' || c == '#' ||
                        c == '"' || c == '_' || c == '`' || c == '\'';
    const bool markup_at_start = c == '>' || c == '=' || c == '[' || c == '|' || c == '^';
    if (markup || (at_start && markup_at_start)) out += '\\';
    out += c == '\t' ? ' ' : c;
    at_start = at_start && blank;
  }
  // An apostrophe or underscore within a word is none of Haddock's.
  for (size_t i = 1; i + 2 < out.size(); ++i) {
    const auto is_letter = [&](size_t j) {
      return std::isalnum(static_cast<unsigned char>(out[j])) != 0;
    };
    if (out[i] == '\\' && out[i + 1] == '\'' && is_letter(i - 1) && is_letter(i + 2)) {
      out.erase(i, 1);
    }
  }
  return out;
}

std::string Float(double value, const char* format) {
  if (std::isnan(value)) return "W.nan";
  if (std::isinf(value)) return value > 0 ? "W.infinity" : "(W.negate W.infinity)";
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return std::signbit(value) ? "(" + std::string(text) + ")" : text;
}

std::string Integer(int64_t value) {
  return value < 0 ? "(" + std::to_string(value) + ")" : std::to_string(value);
}

void AppendCharacter(std::string* out, uint32_t character, bool* number_before) {
  const bool printable = character >= 0x20 && character < 0x7f;
  if (!printable) {
    *out += "\\" + std::to_string(character);
    *number_before = true;
    return;
  }
  if (*number_before && character >= '0' && character <= '9') *out += "\\&";
  *number_before = false;
  if (character == '"' || character == '\\') *out += '\\';
  *out += static_cast<char>(character);
}

}  // namespace

void WriteComment(Writer* w, std::string_view mark, const model::Comment& comment, bool deprecated,
                  const std::string& otherwise) {
  std::vector<std::string> lines;
  for (const std::string& line : comment.lines) {
    const bool blank = line.find_first_not_of(" \t") == std::string::npos;
    if (lines.empty() && blank) continue;
    lines.push_back(blank ? "" : Harmless(line));
  }
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  if (lines.empty() && !otherwise.empty()) lines.push_back(otherwise);
  if (deprecated) {
    if (!lines.empty()) lines.emplace_back();
    lines.emplace_back("Deprecated.");
  }
  for (size_t i = 0; i < lines.size(); ++i) {
    if (i == 0) {
      w->Line("-- ", mark, " ", lines[i]);
    } else {
      w->Line(lines[i].empty() ? "--" : "-- ", lines[i]);
    }
  }
}

std::string QuotedBytes(std::string_view bytes) {
  std::string out = "\"";
  bool number_before = false;
  for (const char c : bytes) AppendCharacter(&out, static_cast<unsigned char>(c), &number_before);
  return out + "\"";
}

std::string QuotedText(std::string_view utf8) {
  std::string out = "\"";
  bool number_before = false;
  for (size_t i = 0; i < utf8.size();) {
    const auto lead = static_cast<unsigned char>(utf8[i]);
    const size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    uint32_t character = length == 1 ? lead : lead & (0xffu >> (length + 1));
    for (size_t j = 1; j < length && i + j < utf8.size(); ++j) {
      character = character << 6 | (static_cast<unsigned char>(utf8[i + j]) & 0x3fu);
    }
    AppendCharacter(&out, character, &number_before);
    i += length;
  }
  return out + "\"";
}

std::string DefaultValue(const model::Field& field, Names* names) {
  using model::FieldType;
  switch (field.type) {
    case FieldType::kDouble:
      return Float(field.default_double, "%.17g");
    case FieldType::kFloat:
      return Float(field.default_double, "%.9g");
    case FieldType::kUint64:
    case FieldType::kFixed64:
      return std::to_string(static_cast<uint64_t>(field.default_integer));
    case FieldType::kUint32:
    case FieldType::kFixed32:
      return std::to_string(static_cast<uint32_t>(field.default_integer));
    case FieldType::kBool:
      return field.default_integer != 0 ? "W.True" : "W.False";
    case FieldType::kEnum:
      return names->Value(*field.enumeration, field.default_integer);
    case FieldType::kString:
      return field.default_string.empty()
                 ? "W.emptyText"
                 : "(W.textLiteral " + QuotedText(field.default_string) + ")";
    case FieldType::kBytes:
      return field.default_string.empty()
                 ? "W.emptyBytes"
                 : "(W.bytesLiteral " + QuotedBytes(field.default_string) + ")";
    default:
      return Integer(field.default_integer);
  }
}

}  // namespace polycall::codegen::haskell
