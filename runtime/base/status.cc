#include "base/status.h"

#include <cstdlib>
#include <cstring>

namespace polycall::base {

Status::Status(int32_t code, std::string_view message, std::string_view details) {
  if (code == POLYCALL_OK) return;
  if (code < 0 || code > POLYCALL_UNAUTHENTICATED) code = POLYCALL_UNKNOWN;
  rep_.reset(new Rep{code, std::string(message), std::string(details)});
}

Status::Status(const Status& other) : rep_(other.rep_ ? new Rep(*other.rep_) : nullptr) {}

Status& Status::operator=(const Status& other) {
  if (this != &other) rep_.reset(other.rep_ ? new Rep(*other.rep_) : nullptr);
  return *this;
}

Status Status::FromAbi(const polycall_status* status) {
  if (status == nullptr || status->code == POLYCALL_OK) return Status();
  std::string_view details;
  if (status->details != nullptr) {
    details = {reinterpret_cast<const char*>(status->details), status->details_size};
  }
  return Status(status->code, status->message ? status->message : "", details);
}

polycall_code Status::ToAbi(polycall_status* out) const {
  if (out != nullptr) {
    if (ok()) {
      *out = POLYCALL_STATUS_INIT;
    } else {
      polycall_status_set(out, static_cast<polycall_code>(code()), rep_->message.c_str(),
                          rep_->details.data(), rep_->details.size());
    }
  }
  return static_cast<polycall_code>(code());
}

Status InvalidArgument(std::string_view message) { return {POLYCALL_INVALID_ARGUMENT, message}; }
Status FailedPrecondition(std::string_view message) {
  return {POLYCALL_FAILED_PRECONDITION, message};
}
Status ResourceExhausted(std::string_view message) {
  return {POLYCALL_RESOURCE_EXHAUSTED, message};
}
Status Unavailable(std::string_view message) { return {POLYCALL_UNAVAILABLE, message}; }
Status Internal(std::string_view message) { return {POLYCALL_INTERNAL, message}; }
Status DeadlineExceeded(std::string_view message) { return {POLYCALL_DEADLINE_EXCEEDED, message}; }

std::string ErrnoText(std::string_view what, int error) {
  char text[128];
  return std::string(what) + ": " + strerror_r(error, text, sizeof(text)) + " (errno " +
         std::to_string(error) + ")";
}

}  // namespace polycall::base

using polycall::base::Status;

extern "C" {

void polycall_status_set(polycall_status* status, polycall_code code, const char* message,
                         const void* details, size_t details_size) {
  if (status == nullptr) return;
  *status = POLYCALL_STATUS_INIT;
  status->code = code;
  if (code == POLYCALL_OK) return;
  if (message != nullptr && *message != '\0') status->message = strdup(message);
  if (details != nullptr && details_size > 0 && details_size <= UINT32_MAX) {
    status->details = static_cast<uint8_t*>(malloc(details_size));
    if (status->details != nullptr) {
      memcpy(status->details, details, details_size);
      status->details_size = static_cast<uint32_t>(details_size);
    }
  }
}

void polycall_status_clear(polycall_status* status) {
  if (status == nullptr) return;
  free(status->message);
  free(status->details);
  *status = POLYCALL_STATUS_INIT;
}

const char* polycall_code_name(int32_t code) {
  static const char* const kNames[] = {"OK",
                                       "CANCELLED",
                                       "UNKNOWN",
                                       "INVALID_ARGUMENT",
                                       "DEADLINE_EXCEEDED",
                                       "NOT_FOUND",
                                       "ALREADY_EXISTS",
                                       "PERMISSION_DENIED",
                                       "RESOURCE_EXHAUSTED",
                                       "FAILED_PRECONDITION",
                                       "ABORTED",
                                       "OUT_OF_RANGE",
                                       "UNIMPLEMENTED",
                                       "INTERNAL",
                                       "UNAVAILABLE",
                                       "DATA_LOSS",
                                       "UNAUTHENTICATED"};
  if (code < 0 || code > POLYCALL_UNAUTHENTICATED) return "UNKNOWN";
  return kNames[code];
}

}  // extern "C"
