#include "codegen/c/text.h"

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>

#include "codegen/model/names.h"

namespace polycall::codegen::c {
namespace {

constexpr size_t kWidth = 100;

// Unicode's direction marks can make a comment look like code and code like a comment; compilers warn
// of them. They are written as their numbers.
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

std::string Harmless(const std::string& line) {
  std::string out = WithoutDirectionMarks(line);
  for (const auto& [from, to] : {std::pair{"*/", "* /"}, {"/*", "/ *"}, {"\?\?/", "? ?/"}}) {
    while (out.find(from) != std::string::npos) out = Replace(out, from, to);
  }
  // A slash that would follow our own asterisk.
  if (!out.empty() && out[0] == '/') out.insert(out.begin(), ' ');
  return out;
}

template <typename Float>
std::string FloatValue(double value, const char* format, const char* suffix) {
  if (std::isnan(value)) return "NAN";
  if (std::isinf(value)) return value > 0 ? "INFINITY" : "-INFINITY";
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  std::string out = text;
  if (out.find_first_of(".e") == std::string::npos) out += ".0";
  return out + suffix;
}

}  // namespace

void WriteComment(Writer* w, std::vector<std::string> lines) {
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  if (lines.empty()) return;
  for (std::string& line : lines) line = Harmless(line);
  if (lines.size() == 1) {
    w->Line("/* ", lines[0], " */");
    return;
  }
  w->Line("/* ", lines[0]);
  for (size_t i = 1; i < lines.size(); ++i) {
    const std::string end = i + 1 == lines.size() ? " */" : "";
    w->Line(lines[i].empty() ? " *" : " * ", lines[i], end);
  }
}

void WriteComment(Writer* w, const model::Comment& comment, bool deprecated) {
  std::vector<std::string> lines = comment.lines;
  if (deprecated) lines.push_back("Deprecated.");
  WriteComment(w, std::move(lines));
}

void WriteList(Writer* w, const std::string& head, const std::vector<std::string>& items,
               const std::string& tail) {
  const size_t indent = static_cast<size_t>(w->column());
  const size_t opening = head.find_last_of("({");
  size_t hang = opening == std::string::npos || head.ends_with(" = {") ? 4 : opening + 1;
  for (const std::string& item : items) {
    if (indent + hang + item.size() + tail.size() > kWidth) hang = 4;
  }
  std::string line = head;
  const bool breaks_at_once = head.ends_with(" = {");
  if (breaks_at_once) {
    w->Line(line);
    line = std::string(hang, ' ');
  }
  // Nothing stands on this line but its beginning, and no space is wanted behind that.
  bool fresh = line.empty() || line.back() == '(' || line.back() == '{' || line.back() == ' ';
  for (size_t i = 0; i < items.size(); ++i) {
    const std::string end = i + 1 == items.size() ? tail : ",";
    const size_t needed = (fresh ? 0 : 1) + items[i].size() + end.size();
    if (indent + line.size() + needed > kWidth && line.size() > hang) {
      w->Line(line);
      line = std::string(hang, ' ');
      fresh = true;
    }
    line += (fresh ? "" : " ") + items[i] + end;
    fresh = false;
  }
  if (items.empty()) line += tail;
  w->Line(line);
}

std::string Quoted(std::string_view bytes) {
  std::string out = "\"";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte >= 0x20 && byte < 0x7f && c != '?') {  // "?": no trigraphs
      out += c;
    } else {
      char octal[5];
      std::snprintf(octal, sizeof octal, "\\%03o", byte);
      out += octal;
    }
  }
  return out + "\"";
}

std::string DefaultValue(const model::Field& field, const std::string& enum_value) {
  using model::FieldType;
  const int64_t integer = field.default_integer;
  switch (field.type) {
    case FieldType::kDouble:
      return FloatValue<double>(field.default_double, "%.17g", "");
    case FieldType::kFloat:
      return FloatValue<float>(field.default_double, "%.9g", "f");
    case FieldType::kInt64:
    case FieldType::kSint64:
    case FieldType::kSfixed64:
      // The least number has no literal of its own.
      if (integer == std::numeric_limits<int64_t>::min()) return "INT64_MIN";
      return "INT64_C(" + std::to_string(integer) + ")";
    case FieldType::kInt32:
    case FieldType::kSint32:
    case FieldType::kSfixed32:
      if (integer == std::numeric_limits<int32_t>::min()) return "INT32_MIN";
      return std::to_string(integer);
    case FieldType::kUint64:
    case FieldType::kFixed64:
      return "UINT64_C(" + std::to_string(static_cast<uint64_t>(integer)) + ")";
    case FieldType::kUint32:
    case FieldType::kFixed32:
      return std::to_string(static_cast<uint32_t>(integer)) + "u";
    case FieldType::kBool:
      return integer != 0 ? "true" : "false";
    case FieldType::kEnum:
      return enum_value;
    case FieldType::kString:
    case FieldType::kBytes:
      return "{" + Quoted(field.default_string) + ", " +
             std::to_string(field.default_string.size()) + "}";
    default:
      return "0";
  }
}

}  // namespace polycall::codegen::c
