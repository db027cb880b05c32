// What fork() needs: a generation that tells a child from its parent, and the descriptors that the
// child must close so that peers see the parent's end when the parent ends.
#ifndef POLYCALL_BASE_FORK_H_
#define POLYCALL_BASE_FORK_H_

#include <atomic>
#include <cstdint>

namespace polycall::base {

extern std::atomic<uint32_t> g_fork_generation;

// Grows by one in each child.
inline uint32_t ForkGeneration() { return g_fork_generation.load(std::memory_order_relaxed); }

// Registers a descriptor that a forked child must not keep. Installs the fork handlers on first use.
void TrackFd(int fd);
// Closes a descriptor and forgets it.
void CloseTracked(int fd);

}  // namespace polycall::base

#endif  // POLYCALL_BASE_FORK_H_
