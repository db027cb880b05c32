#include "terminal.h"

#include <unistd.h>

#include <cstdlib>

namespace polycall::cli {

bool WantsColour(int fd) {
  const char* no_color = getenv("NO_COLOR");
  if (no_color != nullptr && *no_color != '\0') return false;
  const char* term = getenv("TERM");
  return isatty(fd) == 1 && term != nullptr && std::string_view(term) != "dumb";
}

std::string Palette::Paint(std::string_view code, std::string_view text) const {
  if (!on_) return std::string(text);
  return std::string("\033[").append(code).append("m").append(text).append("\033[0m");
}

}  // namespace polycall::cli
