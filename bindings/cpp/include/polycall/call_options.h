// CallOptions: what one call may be told. CallHandle: to cancel an asynchronous unary call.
#ifndef POLYCALL_CALL_OPTIONS_H_
#define POLYCALL_CALL_OPTIONS_H_

#include <polycall/metadata.h>
#include <polycall/polycall.h>

#include <chrono>
#include <utility>

namespace polycall {

class ServerContext;

// A unary call under way, to cancel it. Movable; dropping it leaves the call alone.
class CallHandle {
 public:
  CallHandle() noexcept = default;
  CallHandle(CallHandle&& other) noexcept : raw_(std::exchange(other.raw_, nullptr)) {}
  CallHandle& operator=(CallHandle&& other) noexcept {
    std::swap(raw_, other.raw_);
    return *this;
  }
  // Only the reference goes: the runtime has its own until the call ended.
  ~CallHandle() { polycall_call_release(raw_); }

  // The call ends CANCELLED with `message` and its callback runs; nothing if it has ended.
  void Cancel(const char* message = "cancelled by the caller") {
    if (raw_ != nullptr) polycall_call_cancel(raw_, POLYCALL_CANCELLED, message);
  }

  polycall_call** Receive() {
    polycall_call_release(std::exchange(raw_, nullptr));
    return &raw_;
  }

 private:
  polycall_call* raw_ = nullptr;
};

// An aggregate: `client.Add(request, {.timeout = 100ms, .metadata = {{"trace", "17"}}})`. Inside a
// coroutine make the Metadata in a statement of its own: GCC 12 cannot compile such lists there.
struct CallOptions {
  // 0: the method's default; negative: already over. A parent's deadline bounds it.
  std::chrono::nanoseconds timeout{0};
  Metadata metadata = {};       // sent ahead of the first message
  bool wait_for_ready = false;  // wait (to the deadline) for a peer that is not there
  bool idempotent = false;      // may be run twice: the runtime may retry it
  bool detached = false;        // does not inherit from the handler's call on this thread
  bool no_retry = false;        // never start this call twice
  // Unary calls: what the handler sent back. Filled before the call returns or its callback runs.
  Metadata* initial_metadata = nullptr;
  Metadata* trailing_metadata = nullptr;
  CallHandle* handle = nullptr;  // asynchronous unary calls: receives what can cancel the call
  // The handler's call on whose behalf this one is made: its deadline and cancellation count for this
  // one too. Null: the one whose handler runs on this thread, if any.
  const ServerContext* parent = nullptr;
};

// What a call without options gets.
inline constexpr CallOptions kDefaultCallOptions{};

}  // namespace polycall

#endif  // POLYCALL_CALL_OPTIONS_H_
