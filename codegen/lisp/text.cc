#include "codegen/lisp/text.h"

#include <cmath>
#include <cstdio>

#include "codegen/model/names.h"

namespace polycall::codegen::lisp {
namespace {

std::string Escaped(std::string_view text) {
  return Replace(Replace(text, "\\", "\\\\"), "\"", "\\\"");
}

bool IsBlank(const std::string& line) { return line.find_first_not_of(" \t") == std::string::npos; }

// The shortest text that reads as the same number, with the exponent mark of its type.
std::string Number(double value, char mark, int digits) {
  if (std::isnan(value)) return ":nan";
  if (std::isinf(value)) return value > 0 ? ":infinity" : ":-infinity";
  char text[64];
  std::snprintf(text, sizeof text, "%.*e", digits - 1, value);
  std::string out = text;
  out[out.find('e')] = mark;
  return out;
}

}  // namespace

std::vector<std::string> DocLines(const model::Comment& comment) {
  std::vector<std::string> lines;
  for (const std::string& line : comment.lines) {
    if (lines.empty() && IsBlank(line)) continue;
    lines.push_back(IsBlank(line) ? std::string() : line);
  }
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

void WriteString(const std::string& head, const std::vector<std::string>& lines,
                 const std::string& tail, Writer* writer) {
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::string line = (i == 0 ? head + "\"" : "") + Escaped(lines[i]) +
                             (i + 1 == lines.size() ? "\"" + tail : "");
    if (i == 0) {
      writer->Line(line);
    } else {
      const auto at_the_margin = writer->Indented(-writer->column());
      writer->Line(line);
    }
  }
}

std::string Quoted(std::string_view text) { return "\"" + Escaped(text) + "\""; }

std::string DefaultValue(const model::Field& field, const std::string& enum_value) {
  switch (field.type) {
    case model::FieldType::kEnum:
      return ":" + enum_value;
    case model::FieldType::kBool:
      return field.default_integer != 0 ? "cl:t" : "cl:nil";
    case model::FieldType::kFloat:
      return Number(field.default_double, 'f', 9);
    case model::FieldType::kDouble:
      return Number(field.default_double, 'd', 17);
    case model::FieldType::kString:
      return Quoted(field.default_string);
    case model::FieldType::kBytes: {
      std::string out = "(";
      for (const char c : field.default_string) {
        if (out.size() > 1) out += " ";
        out += std::to_string(static_cast<unsigned char>(c));
      }
      return out + ")";
    }
    case model::FieldType::kUint64:
    case model::FieldType::kFixed64:
      return std::to_string(static_cast<uint64_t>(field.default_integer));
    case model::FieldType::kUint32:
    case model::FieldType::kFixed32:
      return std::to_string(static_cast<uint32_t>(field.default_integer));
    default:
      return std::to_string(field.default_integer);
  }
}

std::vector<std::string> Base64Lines(std::string_view bytes) {
  static constexpr char kDigits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  constexpr size_t kLine = 96;
  std::vector<std::string> lines = {""};
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t word = 0;
    const size_t count = std::min<size_t>(3, bytes.size() - i);
    for (size_t j = 0; j < 3; ++j) {
      word = word << 8 | (j < count ? static_cast<unsigned char>(bytes[i + j]) : 0u);
    }
    if (lines.back().size() >= kLine) lines.emplace_back();
    for (size_t j = 0; j < 4; ++j) {
      lines.back().push_back(j <= count ? kDigits[word >> (18 - 6 * j) & 63] : '=');
    }
  }
  return lines;
}

}  // namespace polycall::codegen::lisp
