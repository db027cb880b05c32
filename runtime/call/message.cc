#include "call/message.h"

#include <cstring>
#include <functional>
#include <memory>
#include <string>

namespace polycall::call {
namespace {

constexpr size_t kScratchSize = 16 * 1024;

uint8_t* Scratch() {
  thread_local std::unique_ptr<uint8_t[]> scratch(new uint8_t[kScratchSize]);
  return scratch.get();
}

base::Status CannotEncode(const polycall_message_type* type) {
  return base::Internal(std::string("the message ") + (type->name ? type->name : "(unnamed)") +
                        " cannot be encoded: its codec reported an error (a required field unset, "
                        "invalid UTF-8, or larger than 2 GiB)");
}

base::Status OutOfMemory(size_t size) {
  return base::ResourceExhausted("no memory for a message of " + std::to_string(size) + " bytes");
}

}  // namespace

base::Status CopyBytes(std::string_view bytes, polycall_message* out) {
  *out = POLYCALL_MESSAGE_INIT;
  if (bytes.empty()) return {};
  base::Buffer* buffer = base::NewBuffer(bytes.size());
  if (buffer == nullptr) return OutOfMemory(bytes.size());
  memcpy(buffer->data(), bytes.data(), bytes.size());
  *out = ViewMessage({reinterpret_cast<char*>(buffer->data()), bytes.size()}, buffer);
  return {};
}

base::Status KeepMessage(const polycall_message& message, const polycall_message_type* accept,
                         polycall_message* out) {
  *out = POLYCALL_MESSAGE_INIT;
  if (IsTyped(message)) {
    if (accept != nullptr && accept->identity == message.type->identity &&
        message.type->retain != nullptr) {
      if (void* object = message.type->retain(message.object)) {
        out->type = message.type;
        out->object = object;
        return {};
      }
    }
    const size_t size = message.type->encoded_size(message.object);
    if (size == SIZE_MAX) return CannotEncode(message.type);
    base::Buffer* buffer = base::NewBuffer(size);
    if (buffer == nullptr) return OutOfMemory(size);
    if (message.type->encode(message.object, buffer->data(), size) != 0) {
      base::ReleaseBuffer(buffer);
      return CannotEncode(message.type);
    }
    *out = ViewMessage({reinterpret_cast<char*>(buffer->data()), size}, buffer);
    return {};
  }
  if (message.buffer != nullptr && message.size > kCopyLimit) {
    base::RetainBuffer(message.buffer);
    *out = message;
    return {};
  }
  return CopyBytes(BytesOf(message), out);
}

base::Status KeepBytes(const polycall_message& message, uint8_t* place, size_t place_size,
                       polycall_message* out) {
  if (IsTyped(message)) {
    const size_t size = message.type->encoded_size(message.object);
    if (size > place_size) return KeepMessage(message, nullptr, out);
    if (message.type->encode(message.object, place, size) != 0) return CannotEncode(message.type);
    *out = ViewMessage({reinterpret_cast<char*>(place), size}, nullptr);
    return {};
  }
  if (message.size > place_size) return KeepMessage(message, nullptr, out);
  if (message.size > 0) memcpy(place, message.data, message.size);
  *out = ViewMessage({reinterpret_cast<char*>(place), message.size}, nullptr);
  return {};
}

base::Buffer* Encoded::HolderOf(const polycall_slice& slice) const {
  const std::less<const void*> before;
  const uint8_t* scratch = Scratch();
  const bool in_object = before(slice.data, scratch) || !before(slice.data, scratch + kScratchSize);
  return in_object ? holder_ : nullptr;
}

bool Encoded::EncodeSlices(const polycall_message& message, size_t size) {
  const polycall_message_type& type = *message.type;
  if (type.struct_size < sizeof(type) || type.encode_slices == nullptr) return false;
  const size_t count =
      type.encode_slices(message.object, size, Scratch(), kScratchSize, slices_, kMaxSlices);
  if (count > kMaxSlices) return false;
  size_t total = 0;
  for (size_t i = 0; i < count; ++i) total += slices_[i].size;
  // A codec that counts otherwise must not put the frames behind out of step: encode tells.
  if (count == 0 || total != size) return false;
  slice_count_ = count;
  size_ = size;
  return true;
}

base::Status Encoded::Encode(const polycall_message* message, base::BufferSource* source,
                             bool whole) {
  if (message == nullptr) return {};
  if (!IsTyped(*message)) {
    data_ = static_cast<const char*>(message->data);
    size_ = message->size;
    if (message->buffer != nullptr) {
      base::RetainBuffer(message->buffer);
      buffer_ = message->buffer;
    }
    return {};
  }
  const size_t size = message->type->encoded_size(message->object);
  if (size == SIZE_MAX || size > SIZE_MAX - kHeadroom) return CannotEncode(message->type);
  uint8_t* out;
  if (size <= kScratchSize - kHeadroom) {
    out = Scratch() + kHeadroom;
  } else if (!whole && source != nullptr && source->gathers() && EncodeSlices(*message, size)) {
    return {};
  } else {
    if (source != nullptr) buffer_ = source->TakeBuffer(kHeadroom + size);
    if (buffer_ == nullptr) buffer_ = base::NewBuffer(kHeadroom + size);
    if (buffer_ == nullptr) return OutOfMemory(size);
    out = buffer_->data() + kHeadroom;
  }
  has_headroom_ = true;
  if (message->type->encode(message->object, out, size) != 0) return CannotEncode(message->type);
  data_ = reinterpret_cast<char*>(out);
  size_ = size;
  return {};
}

void MessageQueue::Push(const polycall_message& owned) {
  if (count_ == ring_.size()) {
    std::vector<polycall_message> larger(ring_.empty() ? 2 : ring_.size() * 2);
    for (size_t i = 0; i < count_; ++i) larger[i] = ring_[(head_ + i) % ring_.size()];
    ring_.swap(larger);
    head_ = 0;
  }
  ring_[(head_ + count_) % ring_.size()] = owned;
  ++count_;
}

polycall_message MessageQueue::Pop() {
  polycall_message message = ring_[head_];
  head_ = (head_ + 1) % ring_.size();
  --count_;
  return message;
}

void MessageQueue::Clear() {
  while (count_ > 0) {
    polycall_message message = Pop();
    polycall_message_release(&message);
  }
  if (ring_.size() > 64) ring_ = {};
}

}  // namespace polycall::call

extern "C" {

void polycall_message_release(polycall_message* message) {
  if (message == nullptr) return;
  if (message->type != nullptr) {
    if (message->object != nullptr && message->type->release != nullptr) {
      message->type->release(message->object);
    }
  } else if (message->buffer != nullptr) {
    polycall::base::ReleaseBuffer(message->buffer);
  }
  *message = POLYCALL_MESSAGE_INIT;
}

polycall_code polycall_message_keep(const polycall_message* message, polycall_message* out) {
  // A typed message is kept as an object if it can be: the caller knows its representation.
  return static_cast<polycall_code>(
      polycall::call::KeepMessage(*message, message->type, out).code());
}

polycall_code polycall_message_to_bytes(const polycall_message* message, polycall_message* out,
                                        polycall_status* status) {
  return polycall::call::KeepMessage(*message, nullptr, out).ToAbi(status);
}

}  // extern "C"
