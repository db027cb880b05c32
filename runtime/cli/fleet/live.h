// A few lines of a terminal that are written again and again.
#ifndef POLYCALL_CLI_FLEET_LIVE_H_
#define POLYCALL_CLI_FLEET_LIVE_H_

#include <string>
#include <vector>

namespace polycall::cli {

// One thread at a time. What was shown last stays when the object goes.
class LiveLines {
 public:
  // Writes over what was shown before; at most as many lines as the terminal has.
  void Show(std::vector<std::string> lines);

 private:
  size_t shown_ = 0;
};

}  // namespace polycall::cli

#endif  // POLYCALL_CLI_FLEET_LIVE_H_
