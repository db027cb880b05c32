// Lanes: small numbers of threads, so that a counter can be written without a locked instruction.
//
// Each thread has a lane to itself while it lives; when there are more threads than lanes, those that come
// late share the last one. A counter has a place for each lane; its value is their sum.
#ifndef POLYCALL_BASE_LANE_H_
#define POLYCALL_BASE_LANE_H_

#include <atomic>
#include <cstdint>

namespace polycall::base {

inline constexpr int kLanes = 32;
inline constexpr int kSharedLane = kLanes - 1;

namespace internal {
extern constinit thread_local int t_lane;  // -1: none yet
int TakeLane();
}  // namespace internal

// This thread's.
inline int ThisLane() {
  const int lane = internal::t_lane;
  return lane >= 0 ? lane : internal::TakeLane();
}

// Adds to the place of `lane`, which is the calling thread's.
inline void AddInLane(std::atomic<uint64_t>* place, uint64_t value, int lane) {
  if (lane == kSharedLane) {
    place->fetch_add(value, std::memory_order_relaxed);
  } else {
    place->store(place->load(std::memory_order_relaxed) + value, std::memory_order_relaxed);
  }
}

}  // namespace polycall::base

#endif  // POLYCALL_BASE_LANE_H_
