// Gate: what many threads pass without a locked instruction, until somebody closes it.
//
// Who passes writes to a place of its own (its lane) and then looks whether the gate is closed; who closes
// it says so and then looks at all places. Between its two steps each must be sure that the other sees the
// first: here only the closer pays for that, by making the kernel fence all threads (membarrier). Where the
// kernel does not, everybody pays with a locked instruction.
#ifndef POLYCALL_BASE_GATE_H_
#define POLYCALL_BASE_GATE_H_

#include <array>
#include <atomic>
#include <cstdint>

#include "base/lane.h"

namespace polycall::base {

// Thread-safe. A thread leaves where it entered: on the same thread.
class Gate {
 public:
  // `may_fence`: false is for tests, as if the kernel could not.
  explicit Gate(bool may_fence = true);
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  // False: it is closed. `lane` is the calling thread's.
  bool Enter(int lane = ThisLane()) { return Enter(kOneInside, lane); }
  void Leave(int lane = ThisLane()) { Leave(kOneInside, lane); }
  // The same, and counted.
  bool EnterCounted(int lane = ThisLane()) { return Enter(kOneInside + kOneCounted, lane); }
  // As if EnterCounted had not been.
  void LeaveUncounted(int lane = ThisLane()) { Leave(kOneInside + kOneCounted, lane); }

  // When it returns nobody comes in any more. Those who are inside may still be.
  void Close();
  bool closed() const { return closed_.load(std::memory_order_acquire); }
  // How many are inside. Once the gate is closed 0 is final, and what they did is visible.
  uint32_t inside() const;
  uint64_t counted() const;

 private:
  static constexpr uint64_t kOneInside = 1;
  static constexpr uint64_t kInsideMask = (1u << 24) - 1;
  static constexpr uint64_t kOneCounted = 1u << 24;
  struct alignas(64) Lane {
    std::atomic<uint64_t> state{0};
  };

  bool Enter(uint64_t what, int lane) {
    std::atomic<uint64_t>& mine = lanes_[static_cast<size_t>(lane)].state;
    if (lane == kSharedLane || !fences_) {
      mine.fetch_add(what);
    } else {
      mine.store(mine.load(std::memory_order_relaxed) + what, std::memory_order_relaxed);
      std::atomic_signal_fence(std::memory_order_seq_cst);  // Close does the rest
    }
    if (!closed_.load()) [[likely]]
      return true;
    Leave(what, lane);
    return false;
  }

  void Leave(uint64_t what, int lane) {
    std::atomic<uint64_t>& mine = lanes_[static_cast<size_t>(lane)].state;
    if (lane == kSharedLane) {
      mine.fetch_sub(what, std::memory_order_release);
    } else {
      mine.store(mine.load(std::memory_order_relaxed) - what, std::memory_order_release);
    }
  }

  const bool fences_;
  std::atomic<bool> closed_{false};
  std::array<Lane, kLanes> lanes_;
};

}  // namespace polycall::base

#endif  // POLYCALL_BASE_GATE_H_
