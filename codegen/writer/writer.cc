#include "codegen/writer/writer.h"

namespace polycall::codegen {

void Writer::WriteLine(std::string_view line) {
  if (!line.empty()) {
    text_.append(static_cast<size_t>(column()), ' ');
    text_.append(line);
  }
  text_.push_back('\n');
}

void Writer::Lines(std::string_view text) {
  if (!text.empty() && text.front() == '\n') text.remove_prefix(1);
  if (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  for (;;) {
    const size_t end = text.find('\n');
    WriteLine(text.substr(0, end));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

void Writer::Prefixed(std::string_view prefix, const std::vector<std::string>& lines) {
  const size_t last = prefix.find_last_not_of(' ');
  const std::string_view bare =
      last == std::string_view::npos ? std::string_view() : prefix.substr(0, last + 1);
  for (const std::string& line : lines) {
    if (line.empty()) {
      WriteLine(bare);
    } else {
      Line(prefix, line);
    }
  }
}

}  // namespace polycall::codegen
