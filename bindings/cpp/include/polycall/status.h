// Status: the outcome of a call or function. StatusError: a status as an exception.
#ifndef POLYCALL_STATUS_H_
#define POLYCALL_STATUS_H_

#include <polycall/polycall.h>

#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace polycall {

// Canonical codes; polycall.h says for each what the caller may do.
enum class Code : int32_t {
  kOk = POLYCALL_OK,
  kCancelled = POLYCALL_CANCELLED,
  kUnknown = POLYCALL_UNKNOWN,
  kInvalidArgument = POLYCALL_INVALID_ARGUMENT,
  kDeadlineExceeded = POLYCALL_DEADLINE_EXCEEDED,
  kNotFound = POLYCALL_NOT_FOUND,
  kAlreadyExists = POLYCALL_ALREADY_EXISTS,
  kPermissionDenied = POLYCALL_PERMISSION_DENIED,
  kResourceExhausted = POLYCALL_RESOURCE_EXHAUSTED,
  kFailedPrecondition = POLYCALL_FAILED_PRECONDITION,
  kAborted = POLYCALL_ABORTED,
  kOutOfRange = POLYCALL_OUT_OF_RANGE,
  kUnimplemented = POLYCALL_UNIMPLEMENTED,
  kInternal = POLYCALL_INTERNAL,
  kUnavailable = POLYCALL_UNAVAILABLE,
  kDataLoss = POLYCALL_DATA_LOSS,
  kUnauthenticated = POLYCALL_UNAUTHENTICATED,
};

// "UNAVAILABLE" and so on. Static storage.
inline const char* CodeName(Code code) { return polycall_code_name(static_cast<int32_t>(code)); }

// A value: copied, moved, compared by code. An OK status holds no memory. Distinct objects may be
// used from distinct threads.
class [[nodiscard]] Status {
 public:
  Status() noexcept = default;  // OK

  // `details`: a serialized google.rpc.Status, or nothing. An OK status has neither text.
  explicit Status(Code code, std::string_view message = {}, std::string_view details = {}) {
    if (code == Code::kOk) return;
    Set(code, std::string(message).c_str(), details);
  }

  Status(const Status& other) {
    if (!other.ok()) Set(other.code(), other.raw_.message, other.details());
  }
  Status(Status&& other) noexcept : raw_(std::exchange(other.raw_, polycall_status{})) {}
  Status& operator=(Status other) noexcept {
    std::swap(raw_, other.raw_);
    return *this;
  }
  ~Status() {
    if (!ok()) [[unlikely]]
      polycall_status_clear(&raw_);
  }

  // Takes over what `raw` holds and leaves it cleared.
  static Status Take(polycall_status* raw) noexcept {
    Status status;
    status.raw_ = std::exchange(*raw, polycall_status{});
    return status;
  }

  bool ok() const noexcept { return raw_.code == POLYCALL_OK; }
  Code code() const noexcept { return static_cast<Code>(raw_.code); }
  // Both are borrowed from the status.
  std::string_view message() const noexcept {
    return raw_.message == nullptr ? std::string_view() : std::string_view(raw_.message);
  }
  std::string_view details() const noexcept {
    if (raw_.details == nullptr) return {};
    return {reinterpret_cast<const char*>(raw_.details), raw_.details_size};
  }

  // "NOT_FOUND: no such account"
  std::string ToString() const {
    std::string text = CodeName(code());
    if (!message().empty()) text.append(": ").append(message());
    return text;
  }

  // For the C ABI. `release` gives the contents away and leaves this OK.
  const polycall_status* get() const noexcept { return &raw_; }
  polycall_status release() noexcept { return std::exchange(raw_, polycall_status{}); }

 private:
  void Set(Code code, const char* message, std::string_view details) {
    polycall_status_set(&raw_, static_cast<polycall_code>(code), message, details.data(),
                        details.size());
  }

  polycall_status raw_ = POLYCALL_STATUS_INIT;
};

inline Status OkStatus() { return Status(); }
inline Status CancelledError(std::string_view message = {}) {
  return Status(Code::kCancelled, message);
}
inline Status UnknownError(std::string_view message) { return Status(Code::kUnknown, message); }
inline Status InvalidArgumentError(std::string_view message) {
  return Status(Code::kInvalidArgument, message);
}
inline Status DeadlineExceededError(std::string_view message) {
  return Status(Code::kDeadlineExceeded, message);
}
inline Status NotFoundError(std::string_view message) { return Status(Code::kNotFound, message); }
inline Status AlreadyExistsError(std::string_view message) {
  return Status(Code::kAlreadyExists, message);
}
inline Status PermissionDeniedError(std::string_view message) {
  return Status(Code::kPermissionDenied, message);
}
inline Status ResourceExhaustedError(std::string_view message) {
  return Status(Code::kResourceExhausted, message);
}
inline Status FailedPreconditionError(std::string_view message) {
  return Status(Code::kFailedPrecondition, message);
}
inline Status AbortedError(std::string_view message) { return Status(Code::kAborted, message); }
inline Status OutOfRangeError(std::string_view message) {
  return Status(Code::kOutOfRange, message);
}
inline Status UnimplementedError(std::string_view message) {
  return Status(Code::kUnimplemented, message);
}
inline Status InternalError(std::string_view message) { return Status(Code::kInternal, message); }
inline Status UnavailableError(std::string_view message) {
  return Status(Code::kUnavailable, message);
}
inline Status DataLossError(std::string_view message) { return Status(Code::kDataLoss, message); }
inline Status UnauthenticatedError(std::string_view message) {
  return Status(Code::kUnauthenticated, message);
}

// A status thrown: by StatusOr::value(), or by a handler that prefers to throw what it would return.
class StatusError : public std::exception {
 public:
  explicit StatusError(Status status) : shared_(std::make_shared<Shared>(std::move(status))) {}

  const Status& status() const noexcept { return shared_->status; }
  const char* what() const noexcept override { return shared_->text.c_str(); }

 private:
  // Shared, because copying an exception must not throw.
  struct Shared {
    explicit Shared(Status s) : status(std::move(s)), text(status.ToString()) {}
    Status status;
    std::string text;
  };
  std::shared_ptr<const Shared> shared_;
};

namespace internal {

// What a handler that throws answers. Call it in a catch block.
inline Status StatusOfCurrentException() noexcept {
  try {
    throw;
  } catch (const StatusError& error) {
    // Throwing OK is no success: the handler left without an answer.
    if (!error.status().ok()) return error.status();
    return UnknownError("the handler threw a StatusError with an OK status");
  } catch (const std::exception& error) {
    return UnknownError(error.what());
  } catch (...) {
    return UnknownError("the handler threw something that is no std::exception");
  }
}

}  // namespace internal
}  // namespace polycall

#endif  // POLYCALL_STATUS_H_
