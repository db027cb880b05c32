// Mutex and annotations for Clang's thread-safety analysis (-Wthread-safety).
#ifndef POLYCALL_BASE_MUTEX_H_
#define POLYCALL_BASE_MUTEX_H_

#include <atomic>
#include <cstdint>

#if defined(__clang__)
#define POLYCALL_ATTRIBUTE(x) __attribute__((x))
#else
#define POLYCALL_ATTRIBUTE(x)
#endif
#define GUARDED_BY(m) POLYCALL_ATTRIBUTE(guarded_by(m))
#define REQUIRES(...) POLYCALL_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define EXCLUDES(...) POLYCALL_ATTRIBUTE(locks_excluded(__VA_ARGS__))
#define NO_THREAD_SAFETY_ANALYSIS POLYCALL_ATTRIBUTE(no_thread_safety_analysis)

namespace polycall::base {

// A futex lock of three states (U. Drepper, "Futexes Are Tricky", mutex 2): the uncontended pair is
// two atomic operations in line, a third of what a pthread mutex costs, and a call takes many pairs.
class POLYCALL_ATTRIBUTE(capability("mutex")) Mutex {
 public:
  void Lock() POLYCALL_ATTRIBUTE(acquire_capability()) {
    uint32_t expected = kFree;
    if (!state_.compare_exchange_strong(expected, kLocked, std::memory_order_acquire)) LockSlow();
  }
  void Unlock() POLYCALL_ATTRIBUTE(release_capability()) {
    if (state_.exchange(kFree, std::memory_order_release) == kContended) WakeOne();
  }

  // BasicLockable, for std::condition_variable_any.
  void lock() POLYCALL_ATTRIBUTE(acquire_capability()) { Lock(); }
  void unlock() POLYCALL_ATTRIBUTE(release_capability()) { Unlock(); }

 private:
  static constexpr uint32_t kFree = 0;
  static constexpr uint32_t kLocked = 1;
  static constexpr uint32_t kContended = 2;
  void LockSlow();
  void WakeOne();
  std::atomic<uint32_t> state_{kFree};
};

class POLYCALL_ATTRIBUTE(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) POLYCALL_ATTRIBUTE(acquire_capability(mutex)) : mutex_(mutex) {
    mutex_.Lock();
  }
  ~MutexLock() POLYCALL_ATTRIBUTE(release_capability()) { mutex_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

}  // namespace polycall::base

#endif  // POLYCALL_BASE_MUTEX_H_
