#include "failure.h"

#include "polycall/polycall.h"

namespace polycall::cli {
namespace {

ExitCode ExitCodeOf(int32_t code) {
  switch (code) {
    case POLYCALL_UNAVAILABLE:
      return ExitCode::kUnavailable;
    case POLYCALL_DEADLINE_EXCEEDED:
      return ExitCode::kDeadline;
    default:
      return ExitCode::kStatus;
  }
}

}  // namespace

Failure::Failure(int32_t code, std::string message, std::vector<std::string> details)
    : exit_code_(ExitCodeOf(code)),
      message_(std::move(message)),
      code_(code),
      details_(std::move(details)) {}

}  // namespace polycall::cli
