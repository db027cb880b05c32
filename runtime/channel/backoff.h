// How long to wait between attempts: exponential growth, bounded, with jitter, so that the callers of a
// server that comes back do not all come at once.
#ifndef POLYCALL_CHANNEL_BACKOFF_H_
#define POLYCALL_CHANNEL_BACKOFF_H_

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace polycall::channel {

// One thread at a time.
class Backoff {
 public:
  // `seed` differs between channels and processes; 0 is as good as any.
  Backoff(int64_t initial_ns, int64_t max_ns, uint64_t seed)
      : initial_ns_(initial_ns), max_ns_(max_ns), random_(seed | 1) {}

  // Nanoseconds to wait after `failures` further failures than the first: the initial wait times 1.6 for
  // each, at most the greatest, and then 20 % less or more.
  int64_t After(uint32_t failures) {
    const double grown =
        static_cast<double>(initial_ns_) * std::pow(1.6, std::min<uint32_t>(failures, 100));
    const double bounded = std::min(grown, static_cast<double>(max_ns_));
    // xorshift64*, of which the high bits are good from the first number on: seeds may be alike.
    random_ ^= random_ << 13;
    random_ ^= random_ >> 7;
    random_ ^= random_ << 17;
    const uint64_t number = (random_ * UINT64_C(0x2545f4914f6cdd1d)) >> 54;
    return static_cast<int64_t>(bounded * (0.8 + 0.4 * static_cast<double>(number) / 1024));
  }

 private:
  const int64_t initial_ns_;
  const int64_t max_ns_;
  uint64_t random_;
};

}  // namespace polycall::channel

#endif  // POLYCALL_CHANNEL_BACKOFF_H_
