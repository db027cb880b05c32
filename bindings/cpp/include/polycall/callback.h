// What the binding knows about being called back by the runtime.
#ifndef POLYCALL_CALLBACK_H_
#define POLYCALL_CALLBACK_H_

#include <polycall/polycall.h>

#include <exception>

namespace polycall::internal {

inline thread_local int callback_depth = 0;

// Marks this thread as inside a callback of the runtime's, where a channel cannot be ended.
class CallbackScope {
 public:
  CallbackScope() { ++callback_depth; }
  CallbackScope(const CallbackScope&) = delete;
  CallbackScope& operator=(const CallbackScope&) = delete;
  ~CallbackScope() { --callback_depth; }
};

inline bool InCallback() { return callback_depth > 0; }

// The handler's call that this thread works for, carried along when the work goes on on another
// thread (a coroutine that was resumed): calls made there inherit its deadline and cancellation.
class CurrentCall {
 public:
  CurrentCall() : call_(polycall_call_current()) {
    if (call_ != nullptr) polycall_call_retain(call_);
  }
  CurrentCall(const CurrentCall&) = delete;
  CurrentCall& operator=(const CurrentCall&) = delete;
  ~CurrentCall() { polycall_call_release(call_); }

  polycall_call* get() const { return call_; }

 private:
  polycall_call* const call_;
};

// Makes `call` this thread's current one for the length of a scope.
class CurrentCallScope {
 public:
  explicit CurrentCallScope(polycall_call* call) : before_(polycall_call_set_current(call)) {}
  CurrentCallScope(const CurrentCallScope&) = delete;
  CurrentCallScope& operator=(const CurrentCallScope&) = delete;
  ~CurrentCallScope() { polycall_call_set_current(before_); }

 private:
  polycall_call* const before_;
};

}  // namespace polycall::internal

#endif  // POLYCALL_CALLBACK_H_
