#include "base/gate.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace polycall::base {
namespace {

bool Membarrier(int command) { return syscall(SYS_membarrier, command, 0, 0) == 0; }

bool CanFence() {
  static const bool can = Membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
  return can;
}

}  // namespace

Gate::Gate(bool may_fence) : fences_(may_fence && CanFence()) {}

void Gate::Close() {
  if (closed_.exchange(true) || !fences_) return;
  if (Membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED)) return;
  // Not registered any more, or forbidden since (a filter that was set later).
  if (Membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) &&
      Membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED)) {
    return;
  }
  usleep(10'000);  // no processor keeps a store to itself for so long
}

uint32_t Gate::inside() const {
  uint64_t sum = 0;
  for (const Lane& lane : lanes_) sum += lane.state.load(std::memory_order_acquire) & kInsideMask;
  return static_cast<uint32_t>(sum);
}

uint64_t Gate::counted() const {
  uint64_t sum = 0;
  for (const Lane& lane : lanes_) sum += lane.state.load(std::memory_order_relaxed) >> 24;
  return sum;
}

}  // namespace polycall::base
