// SpinBudget: how long to look for something before sleeping, learned from what became of it.
#ifndef POLYCALL_BASE_SPIN_BUDGET_H_
#define POLYCALL_BASE_SPIN_BUDGET_H_

#include <algorithm>
#include <cstdint>

#include "base/clock.h"

namespace polycall::base {

// Waking a thread on another processor takes 20 us and more where idle processors halt, of both ends' time;
// who looks for about twice as long finds what a peer sends that had to be woken itself. Where looking does
// not pay (the peer runs on our processor, or has nothing to say) it is given up, and tried again now and
// then: after each failure in a row half as often, at last with one wait in 4,096, which no percentile
// of interest shows. For one thread at a time.
class SpinBudget {
 public:
  // For how many ticks (base::Ticks) to look this time; 0: sleep at once.
  uint64_t Next() {
    if (skip_ == 0) return kTicks;
    --skip_;
    return 0;
  }
  void Paid() { failures_ = 0; }
  void Failed() {
    failures_ = std::min(failures_ + 1, kMostFailures);
    // The first failures cost nothing: calls often come in bursts.
    if (failures_ > kFreeFailures) skip_ = (1u << failures_) - 1;
  }

  // Looks (`look` says whether it found something) while that may pay. False: it was not found, sleep.
  template <typename Look>
  bool Spin(const Look& look) {
    const uint64_t ticks = Next();
    if (ticks == 0) return false;
    // What is there at once tells nothing: sleeping would have found it, too. So it is where the peer runs
    // on our processor and was let in by the very system call that woke it.
    if (look()) return true;
    const uint64_t begin = Ticks();
    uint64_t last = begin;
    do {
      if (look()) {
        Paid();
        return true;
      }
      const uint64_t now = Ticks();
      // Somebody else was given our processor, perhaps the one that we wait for.
      if (now - last > kSetAside) break;
      last = now;
    } while (last - begin < ticks);
    Failed();
    return false;
  }

 private:
#if defined(__x86_64__)
  // About 50 us: processors count 2 to 3 per nanosecond.
  static constexpr uint64_t kTicks = 125'000;
#else
  static constexpr uint64_t kTicks = 50'000;
#endif
  // Far more than a look takes, less than another thread's turn.
  static constexpr uint64_t kSetAside = kTicks / 8;
  static constexpr uint32_t kFreeFailures = 2;
  static constexpr uint32_t kMostFailures = 12;

  uint32_t failures_ = 0;
  uint32_t skip_ = 0;
};

}  // namespace polycall::base

#endif  // POLYCALL_BASE_SPIN_BUDGET_H_
