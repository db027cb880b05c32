// Mutex and annotations for Clang's thread-safety analysis (-Wthread-safety).
#ifndef POLYCALL_BASE_MUTEX_H_
#define POLYCALL_BASE_MUTEX_H_

#include <condition_variable>
#include <mutex>

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

class POLYCALL_ATTRIBUTE(capability("mutex")) Mutex {
 public:
  void Lock() POLYCALL_ATTRIBUTE(acquire_capability()) { mutex_.lock(); }
  void Unlock() POLYCALL_ATTRIBUTE(release_capability()) { mutex_.unlock(); }

  // BasicLockable, for std::condition_variable_any.
  void lock() POLYCALL_ATTRIBUTE(acquire_capability()) { mutex_.lock(); }
  void unlock() POLYCALL_ATTRIBUTE(release_capability()) { mutex_.unlock(); }
  std::mutex& native() { return mutex_; }

 private:
  std::mutex mutex_;
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
