#include "service/scaling.h"

#include <algorithm>

namespace polycall::scheduler {
namespace {

class TargetInFlight final : public ScalingPolicy {
 public:
  uint32_t Wanted(const v1::Scale& scale, const Demand& demand) override {
    const uint64_t target = std::max(1U, scale.target_in_flight());
    uint64_t busy = (demand.in_flight + target - 1) / target;
    if (busy == 0 && demand.waiting) {
      busy = 1;
    }
    const auto needed = static_cast<uint32_t>(std::clamp<uint64_t>(
        busy + scale.warm_spares(), scale.min(), std::max(scale.min(), scale.max())));
    if (needed >= demand.instances) {
      quiet_since_ = demand.now;
      return needed;
    }
    // More than needed: one goes when that has been so for the idle time, then the next waits again.
    if (demand.now - quiet_since_ < std::chrono::nanoseconds(scale.idle_time())) {
      return std::min(demand.instances, std::max(scale.min(), scale.max()));
    }
    quiet_since_ = demand.now;
    return demand.instances - 1;
  }

 private:
  std::chrono::steady_clock::time_point quiet_since_{};
};

}  // namespace

std::unique_ptr<ScalingPolicy> MakeTargetInFlight() { return std::make_unique<TargetInFlight>(); }

}  // namespace polycall::scheduler
