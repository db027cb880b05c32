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
// A bit per descriptor. Never destroyed.
std::vector<bool>& Tracked() {
  static auto* tracked = new std::vector<bool>();
  return *tracked;
}

void BeforeFork() NO_THREAD_SAFETY_ANALYSIS { g_mutex.Lock(); }
void InParent() NO_THREAD_SAFETY_ANALYSIS { g_mutex.Unlock(); }
void InChild() NO_THREAD_SAFETY_ANALYSIS {
  g_fork_generation.fetch_add(1, std::memory_order_relaxed);
  std::vector<bool>& tracked = Tracked();
  for (size_t fd = 0; fd < tracked.size(); ++fd) {
    if (tracked[fd]) close(static_cast<int>(fd));
  }
  tracked.clear();
  g_mutex.Unlock();
}

}  // namespace

void TrackFd(int fd) {
  static const int installed = pthread_atfork(BeforeFork, InParent, InChild);
  (void)installed;
  if (fd < 0) return;
  MutexLock lock(g_mutex);
  std::vector<bool>& tracked = Tracked();
  if (tracked.size() <= static_cast<size_t>(fd)) tracked.resize(static_cast<size_t>(fd) + 1);
  tracked[static_cast<size_t>(fd)] = true;
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
