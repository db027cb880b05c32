// polycall_message inside the runtime: ownership by RAII, keeping, encoding.
#ifndef POLYCALL_CALL_MESSAGE_H_
#define POLYCALL_CALL_MESSAGE_H_

#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/buffer.h"
#include "base/status.h"

namespace polycall::call {

// Bytes up to here are copied when they must be kept; above, a reference to their buffer is. So a
// small message does not pin a large read buffer.
inline constexpr size_t kCopyLimit = 4096;

inline bool IsTyped(const polycall_message& message) { return message.type != nullptr; }
inline std::string_view BytesOf(const polycall_message& message) {
  return {static_cast<const char*>(message.data), message.size};
}

// An owned message. Movable; ends what it holds.
class OwnedMessage {
 public:
  OwnedMessage() = default;
  explicit OwnedMessage(const polycall_message& taken) : message_(taken) {}
  OwnedMessage(OwnedMessage&& other) noexcept : message_(other.Detach()) {}
  OwnedMessage& operator=(OwnedMessage&& other) noexcept {
    if (this != &other) {
      polycall_message_release(&message_);
      message_ = other.Detach();
    }
    return *this;
  }
  ~OwnedMessage() { polycall_message_release(&message_); }
  polycall_message Detach() {
    return std::exchange(message_, polycall_message POLYCALL_MESSAGE_INIT);
  }
  polycall_message* get() { return &message_; }
  const polycall_message& operator*() const { return message_; }

 private:
  polycall_message message_ = POLYCALL_MESSAGE_INIT;
};

// A borrowed view of `bytes` that lie in `buffer` (no reference is taken).
inline polycall_message ViewMessage(std::string_view bytes, base::Buffer* buffer) {
  polycall_message message = POLYCALL_MESSAGE_INIT;
  message.data = bytes.data();
  message.size = bytes.size();
  message.buffer = buffer;
  return message;
}

// An owned copy of `bytes`.
base::Status CopyBytes(std::string_view bytes, polycall_message* out);

// An owned message that is independent of everything, as polycall_message_keep; typed objects stay
// typed if `accept` has their identity and they can be retained, else they are encoded.
base::Status KeepMessage(const polycall_message& message, const polycall_message_type* accept,
                         polycall_message* out);

// Like KeepMessage for bytes, but small ones go to `place`, which must outlive `out`.
base::Status KeepBytes(const polycall_message& message, uint8_t* place, size_t place_size,
                       polycall_message* out);

// The bytes of a message for a transport that needs bytes. Typed messages are encoded, small ones
// into a scratch buffer of this thread's (valid until the next Encoded on this thread), large ones
// into a buffer of their own with `headroom` free bytes in front, or as slices, whose long ones are
// the object's own (valid while it is). Runs user code (the codec): never under a lock.
class Encoded {
 public:
  static constexpr size_t kHeadroom = 64;
  static constexpr size_t kMaxSlices = 8;
  Encoded() = default;
  ~Encoded() { base::ReleaseBuffer(buffer_); }
  Encoded(const Encoded&) = delete;
  Encoded& operator=(const Encoded&) = delete;

  // NULL: empty. Large ones are encoded into a buffer of `source`'s, if it is given and has one, or to
  // slices, if it gathers and `whole` is not wanted.
  base::Status Encode(const polycall_message* message, base::BufferSource* source = nullptr,
                      bool whole = false);
  size_t size() const { return size_; }
  // All of them; empty if they are slices.
  std::string_view bytes() const { return {data_, slice_count_ == 0 ? size_ : 0}; }
  // None: they are in one piece.
  std::span<const polycall_slice> slices() const { return {slices_, slice_count_}; }
  // Somebody keeps the object until `holder` has one reference again: its slices may be kept so long.
  void set_holder(base::Buffer* holder) { holder_ = holder; }
  // What keeps the bytes of a slice alive, or NULL. On the thread that encoded.
  base::Buffer* HolderOf(const polycall_slice& slice) const;
  // The buffer in which the bytes lie, if they may be sent by reference; else NULL.
  base::Buffer* buffer() const { return buffer_; }
  // True if kHeadroom bytes before bytes() are free for a frame header.
  bool has_headroom() const { return has_headroom_; }

 private:
  bool EncodeSlices(const polycall_message& message, size_t size);

  const char* data_ = nullptr;
  size_t size_ = 0;
  base::Buffer* buffer_ = nullptr;
  base::Buffer* holder_ = nullptr;
  bool has_headroom_ = false;
  size_t slice_count_ = 0;
  polycall_slice slices_[kMaxSlices];  // the first slice_count_ are set
};

// A queue of owned messages; its memory stays for reuse. One thread at a time.
class MessageQueue {
 public:
  ~MessageQueue() { Clear(); }
  bool empty() const { return count_ == 0; }
  size_t size() const { return count_; }
  void Push(const polycall_message& owned);
  polycall_message Pop();
  void Clear();

 private:
  std::vector<polycall_message> ring_;
  size_t head_ = 0;
  size_t count_ = 0;
};

}  // namespace polycall::call

#endif  // POLYCALL_CALL_MESSAGE_H_
