// The one list of policies.
#include "channel/balancer.h"

namespace polycall::channel {

std::unique_ptr<Balancer> MakeBalancer(polycall_balancing policy) {
  switch (policy) {
    case POLYCALL_BALANCING_DEFAULT:
    case POLYCALL_BALANCING_PICK_FIRST:
      return MakePickFirst();
    case POLYCALL_BALANCING_ROUND_ROBIN:
      return MakeRoundRobin();
    case POLYCALL_BALANCING_LEAST_IN_FLIGHT:
      return MakeLeastInFlight();
  }
  return MakePickFirst();
}

}  // namespace polycall::channel
