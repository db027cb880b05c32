// Colours, for terminals only.
#ifndef POLYCALL_CLI_TERMINAL_H_
#define POLYCALL_CLI_TERMINAL_H_

#include <string>
#include <string_view>

namespace polycall::cli {

// Whether people watch file descriptor `fd` and like colours: it is a terminal, TERM is not "dumb" and
// NO_COLOR is not set.
bool WantsColour(int fd);

// Paints text, or leaves it alone.
class Palette {
 public:
  explicit Palette(bool on) : on_(on) {}

  std::string Strong(std::string_view text) const { return Paint("1", text); }
  std::string Faint(std::string_view text) const { return Paint("2", text); }
  std::string Good(std::string_view text) const { return Paint("32", text); }
  std::string Bad(std::string_view text) const { return Paint("31", text); }
  std::string Name(std::string_view text) const { return Paint("36", text); }

 private:
  std::string Paint(std::string_view code, std::string_view text) const;

  bool on_;
};

}  // namespace polycall::cli

#endif  // POLYCALL_CLI_TERMINAL_H_
