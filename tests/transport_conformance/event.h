// Something that happens once, waited for with a bound.
#ifndef POLYCALL_TESTS_TRANSPORT_CONFORMANCE_EVENT_H_
#define POLYCALL_TESTS_TRANSPORT_CONFORMANCE_EVENT_H_

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace polycall::conformance {

// Only a hang takes so long, also on a busy machine and under a sanitizer.
inline constexpr std::chrono::seconds kPatience{60};
inline constexpr int64_t kPatienceNs = 60'000'000'000;

// Thread-safe.
class Event {
 public:
  // `arg` is an Event: for the callbacks of the C ABI.
  static void Set(void* arg) { static_cast<Event*>(arg)->Happen(); }

  void Happen() {
    // Under the lock: a waiter may end this event as soon as it knows.
    std::lock_guard lock(mutex_);
    happened_ = true;
    changed_.notify_all();
  }
  // False: it did not happen in the time that only a hang takes.
  bool Wait() { return WaitFor(kPatience); }
  // For what is expected not to happen.
  bool WaitFor(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, time, [this] { return happened_; });
  }
  bool happened() {
    std::lock_guard lock(mutex_);
    return happened_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool happened_ = false;
};

}  // namespace polycall::conformance

#endif  // POLYCALL_TESTS_TRANSPORT_CONFORMANCE_EVENT_H_
