#include "instance/breaker.h"

#include <algorithm>
#include <utility>

namespace polycall::scheduler {
namespace {
constexpr uint64_t kFailures = 20;
constexpr uint64_t kFailuresOnTrial = 5;
constexpr std::chrono::seconds kFirstPause(1);
constexpr std::chrono::seconds kLongestPause(30);
}  // namespace

bool Breaker::Observe(Clock::time_point now, uint64_t ended, uint64_t failed) {
  // Counters are read one after the other: what they say of the last moment may not add up.
  const uint64_t more_failed = failed - std::min(failed, failed_);
  const uint64_t more_ended = ended - std::min(ended, ended_);
  failed_ = std::max(failed, failed_);
  ended_ = std::max(ended, ended_);
  if (more_ended > more_failed) {
    failures_ = 0;
    most_ = kFailures;
    pause_ = kFirstPause;
    return std::exchange(out_, false);
  }
  failures_ += more_failed;
  if (out_ || failures_ < most_) {
    return false;
  }
  out_ = true;
  until_ = now + pause_;
  pause_ = std::min(pause_ * 2, kLongestPause);
  return true;
}

bool Breaker::Elapsed(Clock::time_point now) {
  if (!out_ || now < until_) {
    return false;
  }
  out_ = false;
  failures_ = 0;
  most_ = kFailuresOnTrial;
  return true;
}

}  // namespace polycall::scheduler
