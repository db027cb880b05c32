// ClientCall: what the three kinds of streams have in common at the caller.
#ifndef POLYCALL_CLIENT_CALL_H_
#define POLYCALL_CLIENT_CALL_H_

#include <polycall/call_options.h>
#include <polycall/callback.h>
#include <polycall/channel.h>
#include <polycall/metadata.h>
#include <polycall/polycall.h>
#include <polycall/raw_options.h>
#include <polycall/resumption.h>
#include <polycall/status.h>

#include <coroutine>
#include <memory>
#include <type_traits>
#include <utility>

namespace polycall::internal {

// Owns the call and shares the channel. Movable while nothing is pending; dropping one that has not
// ended cancels the call.
class ClientCall {
 public:
  ClientCall(std::shared_ptr<Channel> channel, const polycall_method* method,
             const polycall_message_type* response_type, const CallOptions& options)
      : channel_(std::move(channel)) {
    polycall_call_options raw = RawOptions(options);
    raw.response_type = response_type;
    call_ = polycall_call_start(channel_->get(), method, &raw);
  }
  ClientCall(ClientCall&& other) noexcept
      : channel_(std::move(other.channel_)), call_(std::exchange(other.call_, nullptr)) {}
  ClientCall& operator=(ClientCall&& other) noexcept {
    std::swap(channel_, other.channel_);
    std::swap(call_, other.call_);
    return *this;
  }
  ~ClientCall() { polycall_call_release(call_); }

  // The call ends CANCELLED at once, and the handler hears of it. From any thread.
  void Cancel(const char* message = "cancelled by the caller") {
    polycall_call_cancel(call_, POLYCALL_CANCELLED, message);
  }

  // Blocks until the handler's initial metadata, a message or the end has arrived. Borrowed from the
  // stream.
  MetadataView InitialMetadata() { return MetadataView(polycall_call_initial_metadata(call_)); }

  polycall_call* get() const { return call_; }

 protected:
  // Blocks until the call has ended. Messages that were not read are dropped.
  Status Wait(Metadata* trailing) {
    polycall_status status = POLYCALL_STATUS_INIT;
    const polycall_metadata* raw = nullptr;
    polycall_call_wait(call_, &status, &raw);
    if (trailing != nullptr) *trailing = Metadata(MetadataView(raw));
    return Status::Take(&status);
  }

  // `callback(Status)` runs once, when the call has ended.
  template <typename Callback>
  void WaitAsync(Callback&& callback, Metadata* trailing) {
    struct Pending {
      std::decay_t<Callback> callback;
      Metadata* trailing;
    };
    auto pending =
        std::unique_ptr<Pending>(new Pending{std::forward<Callback>(callback), trailing});
    polycall_call_wait_async(
        call_,
        [](void* arg, polycall_status* status, const polycall_metadata* raw) {
          const CallbackScope scope;
          const std::unique_ptr<Pending> owned(static_cast<Pending*>(arg));
          if (owned->trailing != nullptr) *owned->trailing = Metadata(MetadataView(raw));
          owned->callback(Status::Take(status));
        },
        pending.release());
  }

 public:
  // What `co_await stream.FinishAwait()` awaits.
  class [[nodiscard]] EndAwaiter {
   public:
    EndAwaiter(polycall_call* call, Metadata* trailing) : call_(call), trailing_(trailing) {}
    EndAwaiter(const EndAwaiter&) = delete;
    EndAwaiter& operator=(const EndAwaiter&) = delete;

    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> coroutine) {
      return resumption_.Suspend(
          coroutine, [this] { polycall_call_wait_async(call_, &EndAwaiter::Ended, this); });
    }
    Status await_resume() { return std::move(status_); }

   private:
    static void Ended(void* arg, polycall_status* status, const polycall_metadata* raw) {
      auto* self = static_cast<EndAwaiter*>(arg);
      if (self->trailing_ != nullptr) *self->trailing_ = Metadata(MetadataView(raw));
      self->status_ = Status::Take(status);
      self->resumption_.Complete();
    }

    polycall_call* const call_;
    Metadata* const trailing_;
    Resumption resumption_;
    Status status_;
  };

 private:
  std::shared_ptr<Channel> channel_;
  polycall_call* call_;  // owned; null only after a move
};

}  // namespace polycall::internal

#endif  // POLYCALL_CLIENT_CALL_H_
