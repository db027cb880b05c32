// How many instances a service should have.
#ifndef POLYCALL_SCHEDULER_SERVICE_SCALING_H_
#define POLYCALL_SCHEDULER_SERVICE_SCALING_H_

#include <chrono>
#include <cstdint>
#include <memory>

#include "polycall/scheduler/v1/manifest.pb.h"

namespace polycall::scheduler {

// What a policy decides by.
struct Demand {
  std::chrono::steady_clock::time_point now;
  uint64_t in_flight = 0;  // calls under way in all serving instances
  uint32_t instances = 0;  // starting or serving
  bool waiting = false;    // somebody waits and nothing serves
};

// To add a policy: a class in a file of its own, one line in MakeScalingPolicy, one test.
class ScalingPolicy {
 public:
  virtual ~ScalingPolicy() = default;
  // The number of instances wanted, between the manifest's bounds. Asked whenever the demand may have
  // changed.
  virtual uint32_t Wanted(const v1::Scale& scale, const Demand& demand) = 0;
};

// Up at once, as many as in_flight / target_in_flight (rounded up) and the warm spares; down one at a
// time after idle_time without need of the last.
std::unique_ptr<ScalingPolicy> MakeTargetInFlight();

}  // namespace polycall::scheduler

#endif  // POLYCALL_SCHEDULER_SERVICE_SCALING_H_
