// How the command fails: the exit codes, and the exception that carries one to main().
#ifndef POLYCALL_CLI_FAILURE_H_
#define POLYCALL_CLI_FAILURE_H_

#include <cstdint>
#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace polycall::cli {

// Part of the command's interface: kExitCodeHelp documents them, scripts rely on them.
enum class ExitCode {
  kOk = 0,
  kFailure = 1,      // of the command itself, as a full disk
  kUsage = 2,        // the command line
  kBadInput = 3,     // JSON, method name, .proto: what the user typed does not fit the service
  kUnavailable = 4,  // nobody answers at the target
  kDeadline = 5,     // the time was over
  kStatus = 6,       // the call ended with any other status
};

inline constexpr char kExitCodeHelp[] =
    "Exit codes:\n"
    "  0  OK\n"
    "  1  the command itself failed (output cannot be written, ...)\n"
    "  2  the command line is wrong, or the target does not parse\n"
    "  3  bad input: JSON, method or symbol name, .proto file\n"
    "  4  UNAVAILABLE: nobody answers at the target\n"
    "  5  DEADLINE_EXCEEDED: the time was over\n"
    "  6  the call ended with another status\n";

class Failure : public std::exception {
 public:
  Failure(ExitCode exit_code, std::string message)
      : exit_code_(exit_code), message_(std::move(message)) {}
  // The outcome of a call or function of the library's, `code` is not OK. `details` are the status's
  // details, each as a JSON object.
  Failure(int32_t code, std::string message, std::vector<std::string> details = {});

  ExitCode exit_code() const { return exit_code_; }
  const std::string& message() const { return message_; }
  // Of the status; 0 where the failure is the command's own.
  int32_t code() const { return code_; }
  const std::vector<std::string>& details() const { return details_; }
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  ExitCode exit_code_;
  std::string message_;
  int32_t code_ = 0;
  std::vector<std::string> details_;
};

}  // namespace polycall::cli

#endif  // POLYCALL_CLI_FAILURE_H_
