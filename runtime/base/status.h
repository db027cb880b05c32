// Status: a canonical code, a message and details. One pointer; OK allocates nothing.
#ifndef POLYCALL_BASE_STATUS_H_
#define POLYCALL_BASE_STATUS_H_

#include <memory>
#include <string>
#include <string_view>

#include "polycall/polycall.h"

namespace polycall::base {

class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(int32_t code, std::string_view message, std::string_view details = {});
  Status(const Status& other);
  Status(Status&&) noexcept = default;
  Status& operator=(const Status& other);
  Status& operator=(Status&&) noexcept = default;

  // A copy of what the ABI's caller passed; a code out of range becomes UNKNOWN. NULL is OK.
  static Status FromAbi(const polycall_status* status);

  bool ok() const { return rep_ == nullptr; }
  int32_t code() const { return rep_ ? rep_->code : POLYCALL_OK; }
  std::string_view message() const {
    return rep_ ? std::string_view(rep_->message) : std::string_view();
  }
  std::string_view details() const {
    return rep_ ? std::string_view(rep_->details) : std::string_view();
  }

  // Writes to the ABI's caller (may be NULL) and returns the code.
  polycall_code ToAbi(polycall_status* out) const;

 private:
  struct Rep {
    int32_t code;
    std::string message;
    std::string details;
  };
  std::unique_ptr<Rep> rep_;
};

Status InvalidArgument(std::string_view message);
Status FailedPrecondition(std::string_view message);
Status ResourceExhausted(std::string_view message);
Status Unavailable(std::string_view message);
Status Internal(std::string_view message);
Status DeadlineExceeded(std::string_view message);

// "cannot listen on unix:/x: Address already in use (errno 98)"
std::string ErrnoText(std::string_view what, int error);

}  // namespace polycall::base

#endif  // POLYCALL_BASE_STATUS_H_
