// How long to look before sleeping.
#ifndef POLYCALL_TRANSPORT_SHM_SPIN_H_
#define POLYCALL_TRANSPORT_SHM_SPIN_H_

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "base/clock.h"

namespace polycall::transport::shm {

#if defined(__x86_64__)
// About 100 us, since processors count 2 to 3 ticks per nanosecond: what the peer needs for a message of
// 64 KiB or a batch of small calls. Less, and calls that take a little longer than that pay for two
// wake-ups (20 us each across the cores of a virtual machine) besides.
inline constexpr uint64_t kSpinTicks = 250'000;
inline void Pause() { __builtin_ia32_pause(); }
// What was stored before is seen by others before anything is loaded after. Cheaper than mfence.
inline void FullFence() { asm volatile("lock; orl $0, (%%rsp)" ::: "memory", "cc"); }
#else
inline constexpr uint64_t kSpinTicks = 100'000;
inline void Pause() {}
inline void FullFence() { __sync_synchronize(); }
#endif

// Thread-safe, and exact enough when two threads take turns. Spinning that does not pay is given up, and
// tried again now and then: after each failure in a row half as often.
class SpinBudget {
 public:
  // For how many ticks to look this time; 0: sleep at once.
  uint64_t Next() {
    const uint32_t skip = skip_.load(std::memory_order_relaxed);
    if (skip == 0) return kSpinTicks;
    skip_.store(skip - 1, std::memory_order_relaxed);
    return 0;
  }
  void Paid() {
    if (failures_.load(std::memory_order_relaxed) == 0) return;
    failures_.store(0, std::memory_order_relaxed);
    skip_.store(0, std::memory_order_relaxed);
  }
  void Failed() {
    const uint32_t failures = std::min(failures_.load(std::memory_order_relaxed) + 1, 6u);
    failures_.store(failures, std::memory_order_relaxed);
    // The first failures cost nothing: calls often come in bursts.
    if (failures > 2) skip_.store((1u << failures) - 1, std::memory_order_relaxed);
  }

 private:
  std::atomic<uint32_t> failures_{0};
  std::atomic<uint32_t> skip_{0};
};

}  // namespace polycall::transport::shm

#endif  // POLYCALL_TRANSPORT_SHM_SPIN_H_
