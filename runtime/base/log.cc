#include "base/log.h"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <list>
#include <string>

#include "base/mutex.h"

namespace polycall::base {
namespace {

struct Hook {
  void (*log)(void* arg, polycall_log_level level, const char* text);
  void* arg;
};

// Replaced hooks are never freed: another thread may be inside one. There are few.
std::atomic<const Hook*> g_hook{nullptr};

polycall_log_level LevelFromEnvironment() {
  const char* const names[] = {"debug", "info", "warning", "error", "none"};
  const char* value = getenv("POLYCALL_LOG");
  if (value != nullptr) {
    for (int i = 0; i < 5; ++i) {
      if (strcmp(value, names[i]) == 0) return static_cast<polycall_log_level>(i);
    }
  }
  return POLYCALL_LOG_WARNING;
}

std::atomic<int>& Level() {
  static std::atomic<int> level{LevelFromEnvironment()};
  return level;
}

}  // namespace

bool LogEnabled(polycall_log_level level) {
  return level >= Level().load(std::memory_order_relaxed);
}

void Log(polycall_log_level level, std::string_view text) {
  const std::string copy(text);
  const Hook* hook = g_hook.load(std::memory_order_acquire);
  if (hook != nullptr && hook->log != nullptr) {
    hook->log(hook->arg, level, copy.c_str());
    return;
  }
  static const char* const kNames[] = {"debug", "info", "warning", "error"};
  const std::string line = std::string("polycall ") + kNames[level & 3] + ": " + copy + "\n";
  // One write, so that lines of several threads do not mix. Nothing can be done if it fails.
  [[maybe_unused]] ssize_t written = write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace polycall::base

extern "C" void polycall_log_set(polycall_log_level level,
                                 void (*log)(void* arg, polycall_log_level level, const char* text),
                                 void* arg) {
  using polycall::base::g_hook;
  static polycall::base::Mutex mutex;
  polycall::base::MutexLock lock(mutex);
  const auto* current = g_hook.load(std::memory_order_relaxed);
  if (current == nullptr || current->log != log || current->arg != arg) {
    static auto* all = new std::list<polycall::base::Hook>;
    all->push_back({log, arg});
    g_hook.store(&all->back(), std::memory_order_release);
  }
  polycall::base::Level().store(level, std::memory_order_relaxed);
}
