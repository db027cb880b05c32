#include "base/fork.h"

#include <pthread.h>
#include <unistd.h>

#include <vector>

#include "base/mutex.h"

namespace polycall::base {

std::atomic<uint32_t> g_fork_generation{0};

namespace {

// Held over fork(), so that the child finds the list whole.
Mutex g_mutex;
// Those of HoldOverFork, by rank. Few, and never taken out.
constexpr int kMostHeld = 16;
struct Held {
  Mutex* mutex;
  ForkRank rank;
};
Held g_held[kMostHeld];
std::atomic<int> g_held_count{0};
int g_held_now = 0;  // during a fork: how many were taken

// A bit per descriptor. Never destroyed.
std::vector<bool>& Tracked() {
  static auto* tracked = new std::vector<bool>();
  return *tracked;
}

void TakeHeld() NO_THREAD_SAFETY_ANALYSIS {
  g_held_now = g_held_count.load(std::memory_order_acquire);
  for (const ForkRank rank : {ForkRank::kReactor, ForkRank::kNames, ForkRank::kBuffers}) {
    for (int i = 0; i < g_held_now; ++i) {
      if (g_held[i].rank == rank) g_held[i].mutex->Lock();
    }
  }
}
void FreeHeld() NO_THREAD_SAFETY_ANALYSIS {
  for (int i = 0; i < g_held_now; ++i) g_held[i].mutex->Unlock();
}

void BeforeFork() NO_THREAD_SAFETY_ANALYSIS {
  TakeHeld();
  g_mutex.Lock();
}
void InParent() NO_THREAD_SAFETY_ANALYSIS {
  g_mutex.Unlock();
  FreeHeld();
}
void InChild() NO_THREAD_SAFETY_ANALYSIS {
  g_fork_generation.fetch_add(1, std::memory_order_relaxed);
  std::vector<bool>& tracked = Tracked();
  for (size_t fd = 0; fd < tracked.size(); ++fd) {
    if (tracked[fd]) close(static_cast<int>(fd));
  }
  tracked.clear();
  g_mutex.Unlock();
  FreeHeld();
}

}  // namespace

void WatchForks() {
  [[maybe_unused]] static const int installed = pthread_atfork(BeforeFork, InParent, InChild);
}

void TrackFd(int fd) {
  WatchForks();
  if (fd < 0) return;
  MutexLock lock(g_mutex);
  std::vector<bool>& tracked = Tracked();
  if (tracked.size() <= static_cast<size_t>(fd)) tracked.resize(static_cast<size_t>(fd) + 1);
  tracked[static_cast<size_t>(fd)] = true;
}

void UntrackFd(int fd) {
  if (fd < 0) return;
  MutexLock lock(g_mutex);
  std::vector<bool>& tracked = Tracked();
  if (tracked.size() > static_cast<size_t>(fd)) tracked[static_cast<size_t>(fd)] = false;
}

void HoldOverFork(Mutex* mutex, ForkRank rank) {
  MutexLock lock(g_mutex);
  const int count = g_held_count.load(std::memory_order_relaxed);
  if (count == kMostHeld) return;
  g_held[count] = {mutex, rank};
  g_held_count.store(count + 1, std::memory_order_release);
}

void CloseTracked(int fd) {
  if (fd < 0) return;
  MutexLock lock(g_mutex);
  std::vector<bool>& tracked = Tracked();
  // A child that runs the parent's destructors must not close what is now somebody else's number.
  if (tracked.size() <= static_cast<size_t>(fd) || !tracked[static_cast<size_t>(fd)]) return;
  tracked[static_cast<size_t>(fd)] = false;
  close(fd);
}

}  // namespace polycall::base
