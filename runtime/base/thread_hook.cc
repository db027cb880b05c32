#include "base/thread_hook.h"

#include <atomic>

namespace polycall::base {

thread_local uint32_t t_attached_hooks = 0;

namespace {

constexpr uint32_t kMaxHooks = 32;
std::atomic<uint32_t> g_count{0};

// Runs the detaches when the thread ends, last attached first.
struct Attachments {
  const polycall_thread_hook* hooks[kMaxHooks];
  void* attached[kMaxHooks];
  uint32_t count = 0;
  ~Attachments() {
    while (count > 0) {
      --count;
      if (hooks[count]->detach != nullptr) {
        hooks[count]->detach(hooks[count]->arg, attached[count]);
      }
    }
    t_attached_hooks = 0;
  }
};

}  // namespace

void AttachThread(const polycall_thread_hook* hook) {
  thread_local Attachments attachments;
  t_attached_hooks |= 1u << hook->index;
  void* attached = hook->attach != nullptr ? hook->attach(hook->arg) : nullptr;
  attachments.hooks[attachments.count] = hook;
  attachments.attached[attachments.count] = attached;
  ++attachments.count;
}

}  // namespace polycall::base

extern "C" const polycall_thread_hook* polycall_thread_hook_new(
    void* (*attach)(void* arg), void (*detach)(void* arg, void* attached), void* arg) {
  const uint32_t index = polycall::base::g_count.fetch_add(1);
  if (index >= polycall::base::kMaxHooks) return nullptr;
  // Never freed: a thread that ends late may still need it.
  static polycall_thread_hook hooks[polycall::base::kMaxHooks];
  hooks[index] = {index, attach, detach, arg};
  return &hooks[index];
}
