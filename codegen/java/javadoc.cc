#include "codegen/java/javadoc.h"

namespace polycall::codegen::java {

std::string EscapeJavadoc(std::string_view line) {
  std::string result;
  for (size_t i = 0; i < line.size(); ++i) {
    switch (line[i]) {
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '&':
        result += "&amp;";
        break;
      case '@':
        result += "&#64;";
        break;
      case '\\':  // javac reads \u even in comments
        result += "&#92;";
        break;
      case '/':
        if (i > 0 && line[i - 1] == '*') {
          result += "&#47;";
        } else {
          result.push_back('/');
        }
        break;
      default:
        result.push_back(line[i]);
    }
  }
  return result;
}

void WriteJavadoc(const model::Comment& comment, const std::string& otherwise,
                  const std::vector<std::string>& also, bool deprecated, Writer* writer) {
  std::vector<std::string> lines;
  bool paragraph = false;
  for (const std::string& line : comment.lines) {
    if (line.find_first_not_of(" \t") == std::string::npos) {
      paragraph = !lines.empty();
      continue;
    }
    if (paragraph) lines.emplace_back();
    lines.push_back((paragraph ? "<p>" : "") + EscapeJavadoc(line));
    paragraph = false;
  }
  if (lines.empty()) lines.push_back(otherwise);
  for (size_t i = 0; i < also.size(); ++i) {
    if (i == 0) lines.emplace_back();
    lines.push_back((i == 0 ? "<p>" : "") + also[i]);
  }
  if (deprecated) {
    lines.emplace_back();
    lines.emplace_back("@deprecated The .proto says so.");
  }
  if (lines.size() == 1 && writer->column() + lines[0].size() + 8 <= 100) {
    writer->Line("/** ", lines[0], " */");
    return;
  }
  writer->Line("/**");
  writer->Prefixed(" * ", lines);
  writer->Line(" */");
}

}  // namespace polycall::codegen::java
