#include "base/waiter.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ctime>

#include "base/clock.h"

namespace polycall::base {

bool Waiter::Wait(int64_t deadline) {
  for (;;) {
    uint32_t expected = kWoken;
    if (state_.compare_exchange_strong(expected, kIdle, std::memory_order_acquire)) return true;
    expected = kIdle;
    if (!state_.compare_exchange_strong(expected, kSleeping, std::memory_order_acq_rel) &&
        expected == kWoken) {
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
    expected = kWoken;
    if (state_.compare_exchange_strong(expected, kIdle, std::memory_order_acquire)) return true;
    if (deadline != kNever && NowNs() >= deadline) {
      expected = kSleeping;
      if (state_.compare_exchange_strong(expected, kIdle, std::memory_order_acq_rel)) return false;
      // A wake came at the last moment: take it.
      state_.store(kIdle, std::memory_order_relaxed);
      return true;
    }
  }
}

void Waiter::Wake() {
  if (state_.exchange(kWoken, std::memory_order_acq_rel) == kSleeping) {
    syscall(SYS_futex, &state_, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, nullptr, nullptr, 0);
  }
}

}  // namespace polycall::base
