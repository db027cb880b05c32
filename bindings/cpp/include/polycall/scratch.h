// Scratch: a message that a thread uses again and again. For the binding's own headers.
#ifndef POLYCALL_SCRATCH_H_
#define POLYCALL_SCRATCH_H_

#include <cstddef>
#include <memory>
#include <optional>

namespace polycall::internal {

enum class ScratchUse { kRequest, kResponse, kOutcome };

// Each thread keeps one object for each class and use, so that what it has allocated serves the next
// call. A handler that calls into this process finds the object in use and gets another one.
template <typename Message, ScratchUse kUse>
class Scratch {
 public:
  // An object whose last message was larger is not kept: 1 MiB and what stands around it is.
  static constexpr size_t kKeptSize = 1088 * 1024;

  Scratch() : slot_(&ThreadSlot()) {
    if (slot_->in_use) [[unlikely]] {
      slot_ = nullptr;
      message_ = &own_.emplace();
      return;
    }
    if (slot_->message == nullptr) slot_->message = std::make_unique<Message>();
    slot_->in_use = true;
    message_ = slot_->message.get();
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    if (slot_ == nullptr) return;
    slot_->in_use = false;
    if (size_ > kKeptSize) [[unlikely]]
      slot_->message.reset();
  }

  Message* get() { return message_; }
  // Its encoded size.
  void set_size(size_t size) { size_ = size; }

 private:
  struct Slot {
    std::unique_ptr<Message> message;
    bool in_use = false;
  };
  static Slot& ThreadSlot() {
    static thread_local Slot slot;
    return slot;
  }

  Slot* slot_;
  Message* message_;
  size_t size_ = 0;
  std::optional<Message> own_;
};

}  // namespace polycall::internal

#endif  // POLYCALL_SCRATCH_H_
