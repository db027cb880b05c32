#include "fleet/live.h"

#include "fleet/table.h"
#include "output.h"

namespace polycall::cli {

void LiveLines::Show(std::vector<std::string> lines) {
  const size_t height = TerminalHeight();
  if (height > 1 && lines.size() >= height) {
    lines.resize(height - 2);
    lines.push_back("…");
  }
  std::string text;
  if (shown_ > 0) text = "\033[" + std::to_string(shown_) + "A";
  for (size_t i = 0; i < lines.size(); ++i) {
    text += "\r\033[K" + lines[i] + (i + 1 < lines.size() ? "\n" : "");
  }
  text += "\033[J";  // lines of before that are no more
  PrintLine(text);
  shown_ = lines.size();
}

}  // namespace polycall::cli
