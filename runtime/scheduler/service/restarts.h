// When an instance that ended is started again.
#ifndef POLYCALL_SCHEDULER_SERVICE_RESTARTS_H_
#define POLYCALL_SCHEDULER_SERVICE_RESTARTS_H_

#include <chrono>
#include <deque>
#include <random>

#include "polycall/scheduler/v1/manifest.pb.h"

namespace polycall::scheduler {

// Exponential back-off with jitter, and a crash loop's longest pause. Not thread-safe.
class Restarts {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Restarts(const v1::Restart& policy, uint64_t seed = std::random_device{}());

  // An instance ended unasked at `now`. How long to wait before the next start: the pause doubles with
  // every end within a minute of the one before, and varies by a quarter so that services that broke
  // together do not come back together.
  std::chrono::nanoseconds Ended(Clock::time_point now);

  // So many ends within the last minute that the service counts as in a crash loop.
  bool crash_loop(Clock::time_point now) const;

  // Starts from the beginning: the service was mended, or somebody asked for a start.
  void Reset() { ends_.clear(); }

 private:
  const v1::Restart policy_;
  std::deque<Clock::time_point> ends_;  // within the last minute, oldest first
  std::mt19937_64 random_;
};

}  // namespace polycall::scheduler

#endif  // POLYCALL_SCHEDULER_SERVICE_RESTARTS_H_
