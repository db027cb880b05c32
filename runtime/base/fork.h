// What fork() needs: a generation that tells a child from its parent, and the descriptors that the
// child must close so that peers see the parent's end when the parent ends.
#ifndef POLYCALL_BASE_FORK_H_
#define POLYCALL_BASE_FORK_H_

#include <atomic>
#include <cstdint>

#include "base/mutex.h"

namespace polycall::base {

extern std::atomic<uint32_t> g_fork_generation;

// Grows by one in each child.
inline uint32_t ForkGeneration() { return g_fork_generation.load(std::memory_order_relaxed); }

// Installs the fork handlers, once: before the first thread could be at work during a fork.
void WatchForks();
// Registers a descriptor that a forked child must not keep.
void TrackFd(int fd);
// Forgets a descriptor that somebody else closes, in the child too.
void UntrackFd(int fd);
// Registers a lock of the process's that another thread may hold at a fork, so that the child finds it
// free and what it guards whole: fork() waits for it. Under it no other lock is taken but those below.
enum class ForkRank : uint8_t { kReactor, kNames, kBuffers };
void HoldOverFork(Mutex* mutex, ForkRank rank);
// Closes a descriptor and forgets it.
void CloseTracked(int fd);

}  // namespace polycall::base

#endif  // POLYCALL_BASE_FORK_H_
