// Resumption: a coroutine that waits for a callback of the runtime's. For the binding's own headers.
#ifndef POLYCALL_RESUMPTION_H_
#define POLYCALL_RESUMPTION_H_

#include <polycall/callback.h>

#include <atomic>
#include <coroutine>
#include <optional>
#include <utility>

namespace polycall::internal {

// Part of an awaiter. The callback may run before the function that takes it has returned, on this
// thread or another: whichever of "suspended" and "completed" comes second goes on with the
// coroutine, and whichever comes first touches nothing any more, because the coroutine, and the
// awaiter in it, may be gone.
class Resumption {
 public:
  // For await_suspend: runs `start`, which leads to one Complete. False: it is completed already and
  // the coroutine goes on at once, so that a loop of immediate completions does not deepen the stack.
  template <typename Start>
  bool Suspend(std::coroutine_handle<> coroutine, Start&& start) {
    coroutine_ = coroutine;
    current_.emplace();
    std::forward<Start>(start)();
    return state_.exchange(kSuspended, std::memory_order_acq_rel) == kStarted;
  }

  void Complete() {
    if (state_.exchange(kCompleted, std::memory_order_acq_rel) == kStarted) return;
    const CallbackScope scope;
    // A reference of this function's own: the coroutine may end the awaiter, and its call with it.
    polycall_call* const call = current_->get();
    if (call != nullptr) polycall_call_retain(call);
    {
      const CurrentCallScope current(call);
      coroutine_.resume();
    }
    polycall_call_release(call);
  }

 private:
  enum State { kStarted, kSuspended, kCompleted };

  std::atomic<State> state_{kStarted};
  std::coroutine_handle<> coroutine_;
  std::optional<CurrentCall> current_;
};

}  // namespace polycall::internal

#endif  // POLYCALL_RESUMPTION_H_
