// Waiter: one thread sleeps, another wakes it. A futex word; no system call when nobody sleeps.
#ifndef POLYCALL_BASE_WAITER_H_
#define POLYCALL_BASE_WAITER_H_

#include <atomic>
#include <cstdint>

namespace polycall::base {

// A binary semaphore. Wake may come before Wait; wakes do not add up. One sleeper at a time.
class Waiter {
 public:
  // Returns true when woken (and takes the wake), false when `deadline` (base::NowNs) came first.
  bool Wait(int64_t deadline);
  void Wake();
  // Takes a wake that is there already.
  bool TryTake() {
    uint32_t expected = kWoken;
    return state_.compare_exchange_strong(expected, kIdle, std::memory_order_acquire);
  }

 private:
  static constexpr uint32_t kIdle = 0;
  static constexpr uint32_t kWoken = 1;
  static constexpr uint32_t kSleeping = 2;
  std::atomic<uint32_t> state_{kIdle};
};

}  // namespace polycall::base

#endif  // POLYCALL_BASE_WAITER_H_
