// Thread hooks: a language attaches a runtime thread once, not on every upcall.
#ifndef POLYCALL_BASE_THREAD_HOOK_H_
#define POLYCALL_BASE_THREAD_HOOK_H_

#include <cstdint>

#include "polycall/polycall.h"

struct polycall_thread_hook {
  uint32_t index;
  void* (*attach)(void* arg);
  void (*detach)(void* arg, void* attached);
  void* arg;
};

namespace polycall::base {

extern thread_local uint32_t t_attached_hooks;  // a bit per hook
void AttachThread(const polycall_thread_hook* hook);

// Makes sure that this thread is attached; one thread-local load when it is. Any thread: one that
// the language made itself must cope with being attached too (attach is then cheap and nested).
inline void ApplyThreadHook(const polycall_thread_hook* hook) {
  if (hook != nullptr && (t_attached_hooks & (1u << hook->index)) == 0) AttachThread(hook);
}

}  // namespace polycall::base

#endif  // POLYCALL_BASE_THREAD_HOOK_H_
