#include "base/waiter.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ctime>

#include "base/clock.h"

namespace polycall::base {

Waiter::Result Waiter::WaitEither(int64_t deadline) {
  for (;;) {
    if (TryTakeBit(kWoken)) return Result::kWoken;
    if (TryTakeBit(kPromoted)) return Result::kPromoted;
    uint32_t expected = 0;
    if (!state_.compare_exchange_strong(expected, kSleeping, std::memory_order_acq_rel) &&
        expected != kSleeping) {
      continue;
    }
    timespec when;
    timespec* until = nullptr;
    if (deadline != kNever) {
      when.tv_sec = deadline / kSecond;
      when.tv_nsec = deadline % kSecond;
      until = &when;
    }
    // FUTEX_WAIT_BITSET takes an absolute CLOCK_MONOTONIC time.
    syscall(SYS_futex, &state_, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, kSleeping, until, nullptr,
            FUTEX_BITSET_MATCH_ANY);
    state_.fetch_and(~kSleeping, std::memory_order_acq_rel);
    if (deadline != kNever && NowNs() >= deadline) {
      if (TryTakeBit(kWoken)) return Result::kWoken;
      return Result::kTimeout;  // a promotion stays for TakePromotion
    }
  }
}

void Waiter::Signal(uint32_t bit) {
  const uint32_t before = state_.fetch_or(bit, std::memory_order_acq_rel);
  if ((before & kSleeping) != 0 && (before & bit) == 0) {
    syscall(SYS_futex, &state_, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, nullptr, nullptr, 0);
  }
}

}  // namespace polycall::base
