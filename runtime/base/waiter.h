// Waiter: one thread sleeps, another wakes it. A futex word; no system call when nobody sleeps.
#ifndef POLYCALL_BASE_WAITER_H_
#define POLYCALL_BASE_WAITER_H_

#include <atomic>
#include <cstdint>

namespace polycall::base {

// A binary semaphore. Wake may come before Wait; wakes do not add up. One sleeper at a time.
// Beside its wakes it carries a promotion: a second, independent signal, by which one thread asks the
// sleeper to take over a role (the reading of a connection).
class Waiter {
 public:
  enum class Result { kWoken, kPromoted, kTimeout };

  // kWoken takes the wake and leaves a promotion for TakePromotion; kPromoted takes the promotion.
  // kTimeout when `deadline` (base::NowNs) came first.
  Result WaitEither(int64_t deadline);
  bool Wait(int64_t deadline) { return WaitEither(deadline) == Result::kWoken; }

  void Wake() { Signal(kWoken); }
  void Promote() { Signal(kPromoted); }
  // Takes a wake that is there already.
  bool TryTake() { return TryTakeBit(kWoken); }
  bool TakePromotion() { return TryTakeBit(kPromoted); }

 private:
  static constexpr uint32_t kWoken = 1;
  static constexpr uint32_t kPromoted = 2;
  static constexpr uint32_t kSleeping = 4;

  void Signal(uint32_t bit);
  bool TryTakeBit(uint32_t bit) {
    if ((state_.load(std::memory_order_acquire) & bit) == 0) return false;
    return (state_.fetch_and(~bit, std::memory_order_acq_rel) & bit) != 0;
  }

  std::atomic<uint32_t> state_{0};
};

}  // namespace polycall::base

#endif  // POLYCALL_BASE_WAITER_H_
