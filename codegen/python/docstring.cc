#include "codegen/python/docstring.h"

#include <string_view>

#include "codegen/model/names.h"

namespace polycall::codegen::python {
namespace {

// What ends a docstring, or begins an escape, is escaped.
std::string Escaped(std::string_view line) {
  return Replace(Replace(line, "\\", "\\\\"), "\"\"\"", "\\\"\\\"\\\"");
}

}  // namespace

void WriteDocstring(const model::Comment& comment, const std::string& otherwise,
                    const std::vector<std::string>& also, Writer* writer) {
  std::vector<std::string> lines;
  for (const std::string& line : comment.lines) {
    if (lines.empty() && line.find_first_not_of(" \t") == std::string::npos) continue;
    lines.push_back(Escaped(line));
  }
  while (!lines.empty() && lines.back().find_first_not_of(" \t") == std::string::npos) {
    lines.pop_back();
  }
  if (lines.empty()) lines.push_back(otherwise);
  if (!also.empty()) lines.emplace_back();
  lines.insert(lines.end(), also.begin(), also.end());

  std::string first = "\"\"\"" + lines.front();
  if (lines.size() > 1) {
    writer->Line(first);
    for (size_t i = 1; i < lines.size(); ++i) {
      if (lines[i].find_first_not_of(" \t") == std::string::npos) {
        writer->Line();
      } else {
        writer->Line(lines[i]);
      }
    }
    writer->Line("\"\"\"");
    return;
  }
  if (first.ends_with('"') && first.size() > 3) first.insert(first.size() - 1, 1, '\\');
  writer->Line(first, "\"\"\"");
}

}  // namespace polycall::codegen::python
