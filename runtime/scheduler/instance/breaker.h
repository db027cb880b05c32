// When an instance whose calls all fail is left out for a while.
#ifndef POLYCALL_SCHEDULER_INSTANCE_BREAKER_H_
#define POLYCALL_SCHEDULER_INSTANCE_BREAKER_H_

#include <chrono>
#include <cstdint>

namespace polycall::scheduler {

// Out after twenty failed calls without one that went well; back, on trial, after a second; at the next
// five failures out again for twice as long, to thirty seconds; whole again with the first call that goes
// well. Fed with an instance's counters since its start. Not thread-safe.
class Breaker {
 public:
  using Clock = std::chrono::steady_clock;

  // `ended` counts `failed`, too. True when out() changed.
  bool Observe(Clock::time_point now, uint64_t ended, uint64_t failed);
  // The pause is over: callers may try it. True when out() changed.
  bool Elapsed(Clock::time_point now);

  bool out() const { return out_; }
  // While out: until when.
  Clock::time_point until() const { return until_; }
  // Failures that no success came between.
  uint64_t failures() const { return failures_; }

 private:
  uint64_t ended_ = 0, failed_ = 0;  // at the last look
  uint64_t failures_ = 0;
  uint64_t most_ = 20;  // failures until it is out
  bool out_ = false;
  Clock::time_point until_{};
  std::chrono::seconds pause_{1};
};

}  // namespace polycall::scheduler

#endif  // POLYCALL_SCHEDULER_INSTANCE_BREAKER_H_
