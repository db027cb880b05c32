#include "service/restarts.h"

#include <algorithm>
#include <cmath>

namespace polycall::scheduler {
namespace {
constexpr auto kMemory = std::chrono::minutes(1);
constexpr double kJitter = 0.25;
}  // namespace

Restarts::Restarts(const v1::Restart& policy, uint64_t seed) : policy_(policy), random_(seed) {}

std::chrono::nanoseconds Restarts::Ended(Clock::time_point now) {
  while (!ends_.empty() && now - ends_.front() > kMemory) {
    ends_.pop_front();
  }
  const double doubled =
      static_cast<double>(policy_.first_pause()) * std::pow(2.0, static_cast<double>(ends_.size()));
  const double pause = std::min(doubled, static_cast<double>(policy_.longest_pause()));
  ends_.push_back(now);
  std::uniform_real_distribution<double> jitter(1 - kJitter, 1);
  return std::chrono::nanoseconds(static_cast<int64_t>(pause * jitter(random_)));
}

bool Restarts::crash_loop(Clock::time_point now) const {
  const auto recent = std::count_if(ends_.begin(), ends_.end(),
                                    [&](Clock::time_point end) { return now - end <= kMemory; });
  return static_cast<uint64_t>(recent) >= policy_.crash_loop_after();
}

}  // namespace polycall::scheduler
