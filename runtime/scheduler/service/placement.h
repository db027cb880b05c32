// Which of a service's instances a caller is sent to first, and which one goes when there are too many.
//
// To add a policy (docs/adding/policy.md):
//   1. one file <name>_placement.cc with a class that implements PlacementPolicy and a function that
//      makes it;
//   2. a value of Manifest.Placement (idl/polycall/scheduler/v1/manifest.proto) and one line in the list
//      of placements.cc;
//   3. a test in placement_test.cc.
#ifndef POLYCALL_SCHEDULER_SERVICE_PLACEMENT_H_
#define POLYCALL_SCHEDULER_SERVICE_PLACEMENT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <vector>

#include "polycall/scheduler/v1/manifest.pb.h"
#include "polycall/scheduler/v1/scheduler.pb.h"

namespace polycall::scheduler {

// What a policy sees of an instance that serves.
struct Place {
  size_t instance = 0;     // the asker's number for it
  uint64_t in_flight = 0;  // calls under way when it was last asked, up to some 40 ms ago when busy
  v1::Locality locality = v1::SAME_HOST;  // as the caller sees it
};

using Places = std::vector<Place>;

// Loop thread only.
class PlacementPolicy {
 public:
  virtual ~PlacementPolicy() = default;
  virtual const char* name() const = 0;  // static
  // How a channel then shares its calls among the connections that it has.
  virtual v1::Balancing balancing() const = 0;
  // Puts the places in the order in which one caller is told of them, the best first. Asked for each
  // caller anew.
  virtual void Order(Places* places) = 0;
  // Which of them is done without best: an index. There is at least one.
  virtual size_t Spare(const Places& places) = 0;
};

// The manifest's policy, by locality first.
std::unique_ptr<PlacementPolicy> MakePlacement(v1::Manifest::Placement policy);

// The policies that there are; placements.cc lists them.

// The least busy first, and the least busy to go; of those that are alike the last.
std::unique_ptr<PlacementPolicy> MakeLeastInFlightPlacement();

// Of two picked at random the less busy one first, and the others in a random row: callers that ask at
// the same moment, when all know the same old figures, do not all come to the same instance.
std::unique_ptr<PlacementPolicy> MakeTwoChoicesPlacement(uint64_t seed = std::random_device{}());

// The nearest first, and the farthest to go; those that are equally near by `inner`.
std::unique_ptr<PlacementPolicy> MakeLocalityFirst(std::unique_ptr<PlacementPolicy> inner);

}  // namespace polycall::scheduler

#endif  // POLYCALL_SCHEDULER_SERVICE_PLACEMENT_H_
