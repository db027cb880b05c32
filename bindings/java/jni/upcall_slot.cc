#include "upcall_slot.h"

#include <mutex>
#include <new>
#include <vector>

#include "env.h"

namespace polycall_java {
namespace {

// Slots of threads that ended. They cannot be freed there, where the thread is no longer Java's.
std::mutex g_mutex;
std::vector<SlotMemory*>* g_free = new std::vector<SlotMemory*>;  // guarded by g_mutex; never freed

SlotMemory* Make(JNIEnv* env) {
  {
    const std::lock_guard lock(g_mutex);
    if (!g_free->empty()) {
      SlotMemory* memory = g_free->back();
      g_free->pop_back();
      return memory;
    }
  }
  auto* memory = new (std::nothrow) SlotMemory;
  if (memory == nullptr) return nullptr;
  const Local in(env, env->NewDirectByteBuffer(memory->in, SlotMemory::kCapacity));
  const Local out(env, in ? env->NewDirectByteBuffer(memory->out, SlotMemory::kCapacity) : nullptr);
  jobject java = nullptr;
  if (out) {
    const Local made(
        env, env->CallStaticObjectMethod(g_java.upcalls, g_java.new_slot, in.get(), out.get()));
    if (!ClearException(env) && made) java = env->NewGlobalRef(made.get());
  }
  ClearException(env);
  if (java == nullptr) {
    delete memory;
    return nullptr;
  }
  memory->java = java;
  return memory;
}

struct Slots {
  ~Slots() {
    const std::lock_guard lock(g_mutex);
    g_free->insert(g_free->end(), all.begin(), all.end());
  }
  std::vector<SlotMemory*> all;
  size_t used = 0;
};
thread_local Slots t_slots;

}  // namespace

UpcallSlot::UpcallSlot(JNIEnv* env) {
  Slots& slots = t_slots;
  if (slots.used == slots.all.size()) {
    memory_ = Make(env);
    if (memory_ == nullptr) return;
    slots.all.push_back(memory_);
  }
  memory_ = slots.all[slots.used++];
}

UpcallSlot::~UpcallSlot() {
  if (memory_ != nullptr) --t_slots.used;
}

}  // namespace polycall_java
