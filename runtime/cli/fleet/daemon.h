// Starting a polycalld that outlives the command.
#ifndef POLYCALL_CLI_FLEET_DAEMON_H_
#define POLYCALL_CLI_FLEET_DAEMON_H_

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace polycall::cli {

// A polycalld in a session of its own, whose output goes to `run_folder`/polycalld.log.
class Daemon {
 public:
  // Throws a Failure when it cannot be started. `arguments` are those after the program's name.
  Daemon(const std::string& run_folder, std::vector<std::string> arguments);

  // What it ended with, if it has: its exit code, and what it wrote.
  struct End {
    int code = 0;
    std::string said;
  };
  std::optional<End> Ended();

  pid_t pid() const { return pid_; }

 private:
  std::string log_;
  off_t log_start_ = 0;
  pid_t pid_ = -1;
};

}  // namespace polycall::cli

#endif  // POLYCALL_CLI_FLEET_DAEMON_H_
