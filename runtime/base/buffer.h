// Reference-counted bytes from a pool. polycall_buffer of the ABI is this.
#ifndef POLYCALL_BASE_BUFFER_H_
#define POLYCALL_BASE_BUFFER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "polycall/polycall.h"

// The bytes follow the struct, but for a ForeignBuffer's. Thread-safe count; bytes are written by the
// maker only.
struct polycall_buffer {
  static constexpr uint32_t kUnpooled = UINT32_MAX;
  static constexpr uint32_t kForeign = UINT32_MAX - 1;

  std::atomic<uint32_t> refs;
  uint32_t size_class;  // of the pool; kUnpooled: malloc'ed; kForeign: a ForeignBuffer
  size_t size;          // what the maker asked for
  size_t capacity;      // what there is

  inline uint8_t* data();
  const uint8_t* data() const { return const_cast<polycall_buffer*>(this)->data(); }
};

namespace polycall::base {

using Buffer = polycall_buffer;

// Bytes that lie elsewhere: `release` runs with the last reference, on whatever thread drops it.
struct ForeignBuffer : Buffer {
  uint8_t* bytes;
  void (*release)(ForeignBuffer* buffer);

  // With one reference, for the maker.
  void Init(uint8_t* where, size_t count, void (*when_released)(ForeignBuffer*)) {
    refs.store(1, std::memory_order_relaxed);
    size_class = kForeign;
    size = capacity = count;
    bytes = where;
    release = when_released;
  }
};
// Whether `buffer` is a ForeignBuffer with this `release`.
inline bool IsForeign(const Buffer* buffer, void (*release)(ForeignBuffer*)) {
  return buffer->size_class == Buffer::kForeign &&
         static_cast<const ForeignBuffer*>(buffer)->release == release;
}

// A buffer of at least `size` bytes with one reference; NULL only when memory ran out. Small ones
// are malloc'ed (the allocator is good at them); from 16 KiB to 4 MiB they come from a pool, because
// mmap, munmap and page faults of fresh memory cost more than filling it.
Buffer* NewBuffer(size_t size);

inline void RetainBuffer(Buffer* buffer) { buffer->refs.fetch_add(1, std::memory_order_relaxed); }
void ReleaseBuffer(Buffer* buffer);

// Where encoded bytes go: what they had best lie in.
class BufferSource {
 public:
  // A buffer that somebody reads in place, with a reference, or NULL: make another with NewBuffer.
  virtual Buffer* TakeBuffer(size_t /*size*/) { return nullptr; }
  // Takes many pieces as fast as one: what lies apart need not be copied together.
  virtual bool gathers() const { return false; }

 protected:
  ~BufferSource() = default;
};

// True if the caller holds the only reference (and so may write to the buffer again).
inline bool IsSoleOwner(const Buffer* buffer) {
  return buffer->refs.load(std::memory_order_acquire) == 1;
}

}  // namespace polycall::base

inline uint8_t* polycall_buffer::data() {
  if (size_class == kForeign) return static_cast<polycall::base::ForeignBuffer*>(this)->bytes;
  return reinterpret_cast<uint8_t*>(this + 1);
}

#endif  // POLYCALL_BASE_BUFFER_H_
