// Monotonic time in nanoseconds, and deadlines as points of it.
#ifndef POLYCALL_BASE_CLOCK_H_
#define POLYCALL_BASE_CLOCK_H_

#include <cstdint>
#include <ctime>
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace polycall::base {

inline constexpr int64_t kMicrosecond = 1000;
inline constexpr int64_t kMillisecond = 1000 * 1000;
inline constexpr int64_t kSecond = 1000 * kMillisecond;

// A deadline that never comes.
inline constexpr int64_t kNever = INT64_MAX;

inline int64_t NowNs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<int64_t>(now.tv_sec) * kSecond + now.tv_nsec;
}

// The deadline `timeout_ns` from now; kNever if that overflows.
inline int64_t DeadlineAfter(int64_t timeout_ns) {
  const int64_t now = NowNs();
  return timeout_ns > kNever - now ? kNever : now + timeout_ns;
}

inline int64_t TimeLeft(int64_t deadline) {
  if (deadline == kNever) return kNever;
  const int64_t left = deadline - NowNs();
  return left > 0 ? left : 0;
}

// A cheap counter of about a tick per nanosecond or less, good for telling "short" from "long".
inline uint64_t Ticks() {
#if defined(__x86_64__)
  return __rdtsc();
#else
  return static_cast<uint64_t>(NowNs());
#endif
}

}  // namespace polycall::base

#endif  // POLYCALL_BASE_CLOCK_H_
