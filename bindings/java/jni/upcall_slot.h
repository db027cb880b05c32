// The buffers through which a thread's upcalls pass messages.
#ifndef POLYCALL_JAVA_UPCALL_SLOT_H_
#define POLYCALL_JAVA_UPCALL_SLOT_H_

#include <jni.h>

namespace polycall_java {

// An io.polycall.UpcallSlot and the memory below its two direct buffers.
struct SlotMemory {
  static constexpr jint kCapacity = 16 << 10;
  jobject java;  // global
  alignas(16) char in[kCapacity];
  alignas(16) char out[kCapacity];
};

// This thread's slot for the length of an upcall and of what the library does with its result. An
// upcall within an upcall (a handler that calls another within the process) gets another one.
class UpcallSlot {
 public:
  explicit UpcallSlot(JNIEnv* env);
  UpcallSlot(const UpcallSlot&) = delete;
  UpcallSlot& operator=(const UpcallSlot&) = delete;
  ~UpcallSlot();
  // Null when memory ran out.
  SlotMemory* get() const { return memory_; }
  SlotMemory* operator->() const { return memory_; }

 private:
  SlotMemory* memory_;
};

}  // namespace polycall_java

#endif  // POLYCALL_JAVA_UPCALL_SLOT_H_
