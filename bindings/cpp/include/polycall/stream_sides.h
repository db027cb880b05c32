// The two sides of a stream, reading and writing, as clients and handlers both have them: blocking,
// with a callback, awaited. Bases of Reader, Writer, Stream and ServerReader, ServerWriter,
// ServerStream.
//
// One read and one write may be under way at a time, on two threads or as two pending operations. The
// stream must outlive what is pending.
#ifndef POLYCALL_STREAM_SIDES_H_
#define POLYCALL_STREAM_SIDES_H_

#include <polycall/callback.h>
#include <polycall/message.h>
#include <polycall/polycall.h>
#include <polycall/resumption.h>

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace polycall {

// How a message goes out.
enum class Send : uint32_t {
  kNow = 0,
  kBuffered = POLYCALL_SEND_BUFFERED,  // more follows at once: may wait for it in the write buffer
  kLast = POLYCALL_SEND_HALF_CLOSE,    // the caller's last message
};

namespace internal {

// Takes a message that was received. False, and the call ends INTERNAL, when it cannot be parsed.
template <typename Message>
bool TakeReceived(polycall_call* call, polycall_message* message, Message* out) {
  if (TakeMessage(message, out)) [[likely]]
    return true;
  polycall_call_cancel(
      call, POLYCALL_INTERNAL,
      "a message of the stream cannot be parsed; do both ends have the same .proto?");
  return false;
}

// `Stream` has `polycall_call* get() const`.
template <typename Stream, typename Message>
class ReadSide {
 public:
  // Blocks until there is a message (true) or the stream has ended (false).
  bool Read(Message* message) {
    polycall_message raw = POLYCALL_MESSAGE_INIT;
    if (polycall_call_receive(call(), &raw) == 0) return false;
    return TakeReceived(call(), &raw, message);
  }

  // `for (const Message& message : stream)`: blocks for each, ends with the stream.
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using iterator_concept = std::input_iterator_tag;
    using value_type = Message;
    using difference_type = std::ptrdiff_t;
    using pointer = const Message*;
    using reference = const Message&;

    explicit Iterator(ReadSide* side) : side_(side) { ++*this; }
    const Message& operator*() const { return message_; }
    const Message* operator->() const { return &message_; }
    Iterator& operator++() {
      if (!side_->Read(&message_)) side_ = nullptr;
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const { return side_ == nullptr; }

   private:
    ReadSide* side_;  // null at the end
    Message message_;
  };
  Iterator begin() { return Iterator(this); }
  std::default_sentinel_t end() const { return {}; }

  // `callback(std::optional<Message>)` runs once; nothing in it: the stream has ended.
  template <typename Callback>
  void ReadAsync(Callback&& callback) {
    struct Pending {
      std::decay_t<Callback> callback;
      polycall_call* call;
    };
    auto pending = std::unique_ptr<Pending>(new Pending{std::forward<Callback>(callback), call()});
    polycall_call_receive_async(
        call(),
        [](void* arg, polycall_message* raw) {
          const CallbackScope scope;
          const std::unique_ptr<Pending> owned(static_cast<Pending*>(arg));
          std::optional<Message> message;
          if (raw != nullptr && !TakeReceived(owned->call, raw, &message.emplace()))
            message.reset();
          owned->callback(std::move(message));
        },
        pending.release());
  }

  // `std::optional<Message> message = co_await stream.ReadAwait();` Nothing in it: the end.
  class [[nodiscard]] ReadAwaiter {
   public:
    explicit ReadAwaiter(polycall_call* call) : call_(call) {}
    ReadAwaiter(const ReadAwaiter&) = delete;
    ReadAwaiter& operator=(const ReadAwaiter&) = delete;

    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> coroutine) {
      return resumption_.Suspend(
          coroutine, [this] { polycall_call_receive_async(call_, &ReadAwaiter::Received, this); });
    }
    std::optional<Message> await_resume() { return std::move(message_); }

   private:
    static void Received(void* arg, polycall_message* raw) {
      auto* self = static_cast<ReadAwaiter*>(arg);
      if (raw != nullptr && !TakeReceived(self->call_, raw, &self->message_.emplace())) {
        self->message_.reset();
      }
      self->resumption_.Complete();
    }

    polycall_call* const call_;
    Resumption resumption_;
    std::optional<Message> message_;
  };
  ReadAwaiter ReadAwait() { return ReadAwaiter(call()); }

 private:
  polycall_call* call() const { return static_cast<const Stream*>(this)->get(); }
};

// `Stream` has `polycall_call* get() const` and `const polycall_message_type* write_type() const`.
template <typename Stream, typename Message>
class WriteSide {
 public:
  // Blocks while the peer's credit is used up. True: accepted (not: received). False: the call has
  // ended, and its status tells why.
  bool Write(const Message& message, Send send = Send::kNow) {
    const polycall_message raw = TypedMessage(type(), &message);
    return polycall_call_send(call(), &raw, static_cast<uint32_t>(send), nullptr) == POLYCALL_OK;
  }

  // `callback(bool)` runs once, when the next write may follow; `message` may be dropped at once.
  template <typename Callback>
  void WriteAsync(const Message& message, Callback&& callback, Send send = Send::kNow) {
    using Pending = std::decay_t<Callback>;
    auto pending = std::make_unique<Pending>(std::forward<Callback>(callback));
    const polycall_message raw = TypedMessage(type(), &message);
    polycall_call_send_async(
        call(), &raw, static_cast<uint32_t>(send),
        [](void* arg, polycall_code code) {
          const CallbackScope scope;
          const std::unique_ptr<Pending> owned(static_cast<Pending*>(arg));
          (*owned)(code == POLYCALL_OK);
        },
        pending.release());
  }

  // `bool accepted = co_await stream.WriteAwait(message);` Holds a reference to `message`: await it
  // in the expression that makes it.
  class [[nodiscard]] WriteAwaiter {
   public:
    WriteAwaiter(const WriteSide* side, const Message& message, Send send)
        : side_(side), message_(message), send_(send) {}
    WriteAwaiter(const WriteAwaiter&) = delete;
    WriteAwaiter& operator=(const WriteAwaiter&) = delete;

    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> coroutine) {
      return resumption_.Suspend(coroutine, [this] {
        const polycall_message raw = TypedMessage(side_->type(), &message_);
        polycall_call_send_async(side_->call(), &raw, static_cast<uint32_t>(send_),
                                 &WriteAwaiter::Done, this);
      });
    }
    bool await_resume() const { return accepted_; }

   private:
    static void Done(void* arg, polycall_code code) {
      auto* self = static_cast<WriteAwaiter*>(arg);
      self->accepted_ = code == POLYCALL_OK;
      self->resumption_.Complete();
    }

    const WriteSide* const side_;
    const Message& message_;
    const Send send_;
    Resumption resumption_;
    bool accepted_ = false;
  };
  WriteAwaiter WriteAwait(const Message& message, Send send = Send::kNow) {
    return WriteAwaiter(this, message, send);
  }

 private:
  polycall_call* call() const { return static_cast<const Stream*>(this)->get(); }
  const polycall_message_type* type() const {
    return static_cast<const Stream*>(this)->write_type();
  }
};

}  // namespace internal
}  // namespace polycall

#endif  // POLYCALL_STREAM_SIDES_H_
