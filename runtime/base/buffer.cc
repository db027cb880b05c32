#include "base/buffer.h"

#include <bit>
#include <cstdlib>
#include <new>

#include "base/fork.h"
#include "base/mutex.h"

namespace polycall::base {
namespace {

constexpr int kMinShift = 14;                    // 16 KiB
constexpr int kClasses = 9;                      // .. 4 MiB
constexpr size_t kKeptBytesPerClass = 4u << 20;  // so the pool keeps at most 36 MiB, once used
constexpr int kMaxKept = 64;

// Power-of-two classes with a quarter step would waste less; messages that cross are mostly just
// above a power of two (payload plus header), so every class has room for a header beyond it.
constexpr size_t kSlack = 512;

size_t ClassCapacity(uint32_t size_class) {
  return (size_t{1} << (kMinShift + size_class)) + kSlack;
}

struct ClassPool {
  Mutex mutex;
  int count GUARDED_BY(mutex) = 0;
  Buffer* kept[kMaxKept] GUARDED_BY(mutex);
};

// Never destroyed: buffers may be released by threads that outlive static destruction.
ClassPool* Pools() {
  static ClassPool* pools = [] {
    auto* made = new ClassPool[kClasses];
    for (int i = 0; i < kClasses; ++i) HoldOverFork(&made[i].mutex, ForkRank::kBuffers);
    return made;
  }();
  return pools;
}

Buffer* Allocate(size_t capacity, uint32_t size_class) {
  void* memory = malloc(sizeof(Buffer) + capacity);
  if (memory == nullptr) return nullptr;
  auto* buffer = new (memory) Buffer;
  buffer->refs.store(1, std::memory_order_relaxed);
  buffer->size_class = size_class;
  buffer->capacity = capacity;
  return buffer;
}

}  // namespace

Buffer* NewBuffer(size_t size) {
  if (size > SIZE_MAX - sizeof(Buffer) - kSlack) return nullptr;
  if (size < (size_t{1} << kMinShift) || size > ClassCapacity(kClasses - 1)) {
    Buffer* buffer = Allocate(size, Buffer::kUnpooled);
    if (buffer != nullptr) buffer->size = size;
    return buffer;
  }
  uint32_t size_class = 0;
  while (ClassCapacity(size_class) < size) ++size_class;
  ClassPool& pool = Pools()[size_class];
  Buffer* buffer = nullptr;
  {
    MutexLock lock(pool.mutex);
    if (pool.count > 0) buffer = pool.kept[--pool.count];
  }
  if (buffer == nullptr) {
    buffer = Allocate(ClassCapacity(size_class), size_class);
    if (buffer == nullptr) return nullptr;
  }
  buffer->refs.store(1, std::memory_order_relaxed);
  buffer->size = size;
  return buffer;
}

void ReleaseBuffer(Buffer* buffer) {
  if (buffer == nullptr) return;
  if (buffer->refs.load(std::memory_order_acquire) != 1 &&
      buffer->refs.fetch_sub(1, std::memory_order_acq_rel) != 1) {
    return;
  }
  if (buffer->size_class == Buffer::kForeign) {
    auto* foreign = static_cast<ForeignBuffer*>(buffer);
    foreign->release(foreign);
    return;
  }
  if (buffer->size_class != Buffer::kUnpooled) {
    ClassPool& pool = Pools()[buffer->size_class];
    const int most = static_cast<int>(kKeptBytesPerClass >> (kMinShift + buffer->size_class));
    MutexLock lock(pool.mutex);
    if (pool.count < (most < kMaxKept ? most : kMaxKept)) {
      pool.kept[pool.count++] = buffer;
      return;
    }
  }
  free(buffer);
}

}  // namespace polycall::base

extern "C" {

polycall_buffer* polycall_buffer_new(size_t size) { return polycall::base::NewBuffer(size); }
void* polycall_buffer_data(polycall_buffer* buffer) { return buffer->data(); }
size_t polycall_buffer_size(const polycall_buffer* buffer) { return buffer->size; }
void polycall_buffer_retain(polycall_buffer* buffer) {
  if (buffer != nullptr) polycall::base::RetainBuffer(buffer);
}
void polycall_buffer_release(polycall_buffer* buffer) { polycall::base::ReleaseBuffer(buffer); }

}  // extern "C"
