// ServerContext: what a handler knows of its call.
#ifndef POLYCALL_SERVER_CONTEXT_H_
#define POLYCALL_SERVER_CONTEXT_H_

#include <polycall/identity.h>
#include <polycall/metadata.h>
#include <polycall/polycall.h>
#include <polycall/status.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace polycall {

// Lives as long as the handler works on the call. Any thread may use it, except where said.
class ServerContext {
 public:
  explicit ServerContext(polycall_call* call) noexcept : call_(call) {}
  ServerContext(const ServerContext&) = delete;
  ServerContext& operator=(const ServerContext&) = delete;

  // What the caller sent; borrowed from the context.
  MetadataView metadata() const { return MetadataView(polycall_call_metadata(call_)); }

  // At least 0; nanoseconds::max() when the call has no deadline.
  std::chrono::nanoseconds TimeLeft() const {
    return std::chrono::nanoseconds(polycall_call_time_left(call_));
  }

  // True when the caller cancelled, its deadline passed or it is gone: the answer reaches nobody.
  bool IsCancelled() const { return polycall_call_is_cancelled(call_) != 0; }

  // Runs `cancelled` once if the call is cancelled before the handler is done, at once if it already
  // is. It may finish the call. A second one replaces the first. One thread at a time.
  void OnCancel(std::function<void()> cancelled) {
    polycall_call_on_cancel(call_, nullptr, nullptr);
    on_cancel_ = std::make_shared<std::function<void()>>(std::move(cancelled));
    polycall_call_on_cancel(call_, &RunOnCancel, &on_cancel_);
  }

  std::string_view service() const { return polycall_call_service(call_); }
  std::string_view method() const { return polycall_call_method(call_); }
  std::string_view transport() const { return polycall_call_transport(call_); }

  // "unix:/run/calc.sock,pid=..,uid=..", "tcp://127.0.0.1:4711", "inproc:calc"
  std::string peer() const {
    char text[256];
    const size_t size = polycall_call_peer(call_, text, sizeof(text));
    if (size < sizeof(text)) return std::string(text, size);
    std::string longer(size + 1, '\0');
    polycall_call_peer(call_, longer.data(), longer.size());
    longer.resize(size);
    return longer;
  }

  // Who the caller is; nothing when nobody vouches for it (plain TCP, or TLS without a client
  // certificate).
  std::optional<Identity> identity() const { return internal::IdentityOf(call_); }

  // Ahead of the first message, at most once; FAILED_PRECONDITION afterwards.
  Status SendInitialMetadata(const Metadata& metadata) {
    polycall_status status = POLYCALL_STATUS_INIT;
    polycall_call_send_initial_metadata(call_, metadata.get(), &status);
    return Status::Take(&status);
  }

  // Goes with the status. Replaces what was set before.
  Status SetTrailingMetadata(const Metadata& metadata) {
    polycall_status status = POLYCALL_STATUS_INIT;
    polycall_call_set_trailing_metadata(call_, metadata.get(), &status);
    return Status::Take(&status);
  }

  polycall_call* get() const { return call_; }

 private:
  static void RunOnCancel(void* arg) {
    // A share of its own: when the function finishes the call, the context and with it the other
    // share ends.
    const auto function = *static_cast<std::shared_ptr<std::function<void()>>*>(arg);
    (*function)();
  }

  polycall_call* const call_;  // borrowed from the handler's glue
  std::shared_ptr<std::function<void()>> on_cancel_;
};

}  // namespace polycall

#endif  // POLYCALL_SERVER_CONTEXT_H_
