// The calls of a connection that wait for its credit, first come, first served.
#ifndef POLYCALL_CALL_BLOCKED_QUEUE_H_
#define POLYCALL_CALL_BLOCKED_QUEUE_H_

#include <vector>

#include "call/call.h"

namespace polycall::call {

// Each is in it once, with a reference. Guarded by the connection's lock.
class BlockedQueue {
 public:
  void Push(Call* call) {
    if (call->wire_blocked) return;
    call->wire_blocked = true;
    call->Retain();
    call->next_blocked = nullptr;
    (last_ != nullptr ? last_->next_blocked : first_) = call;
    last_ = call;
  }

  // Takes all out. Each may be back in it before Wake has come to it.
  std::vector<base::Ref<Call>> TakeAll() {
    std::vector<base::Ref<Call>> all;
    for (Call* call = first_; call != nullptr; call = call->next_blocked) {
      call->wire_blocked = false;
      all.push_back(base::Ref<Call>::Adopt(call));
    }
    first_ = last_ = nullptr;
    return all;
  }

  // Lets those that TakeAll took out try again. With no lock held.
  static void Wake(const std::vector<base::Ref<Call>>& calls) {
    for (const base::Ref<Call>& call : calls) call->OnConnectionCredit();
  }

 private:
  Call* first_ = nullptr;
  Call* last_ = nullptr;
};

}  // namespace polycall::call

#endif  // POLYCALL_CALL_BLOCKED_QUEUE_H_
