#include "base/lane.h"

namespace polycall::base::internal {

constinit thread_local int t_lane = -1;

namespace {

static_assert(kLanes == 32);
// A bit per lane that is taken. The shared one is never free.
std::atomic<uint32_t> g_taken{1u << kSharedLane};

// Gives the lane back when the thread ends. Who comes later in that end shares.
struct LaneOwner {
  ~LaneOwner() {
    const int lane = t_lane;
    t_lane = kSharedLane;
    if (lane != kSharedLane) g_taken.fetch_and(~(1u << lane), std::memory_order_release);
  }
};

}  // namespace

int TakeLane() {
  int lane = kSharedLane;
  uint32_t taken = g_taken.load(std::memory_order_relaxed);
  while (taken != UINT32_MAX) {
    const int free = __builtin_ctz(~taken);
    if (g_taken.compare_exchange_weak(taken, taken | (1u << free), std::memory_order_acquire)) {
      lane = free;
      break;
    }
  }
  t_lane = lane;
  thread_local LaneOwner owner;
  return lane;
}

}  // namespace polycall::base::internal
