// The life of a call: making, ending, cancelling, and the cache of ended ones.
#include "call/call.h"

#include <algorithm>

namespace polycall::call {

thread_local bool t_defer_callbacks = false;
constinit thread_local PlainRun* PlainRun::t_current = nullptr;
constinit thread_local Call* Call::t_current = nullptr;

// Ended calls of this thread, ready for the next one: making a call costs no allocation.
class CallPool {
 public:
  static constexpr size_t kMost = 256;
  ~CallPool() {
    for (size_t i = 0; i < count_; ++i) delete calls_[i];
    closed_ = true;
  }
  Call* Take() { return count_ > 0 ? calls_[--count_] : new Call; }
  void Give(Call* call) {
    if (closed_ || count_ == kMost) {
      delete call;
      return;
    }
    calls_[count_++] = call;
  }

 private:
  size_t count_ = 0;
  bool closed_ = false;
  Call* calls_[kMost];
};

namespace {
// A pointer, because a thread_local object with a destructor costs a guard on each access.
thread_local CallPool* t_pool = nullptr;
struct PoolOwner {
  std::unique_ptr<CallPool> pool{new CallPool};
  PoolOwner() { t_pool = pool.get(); }
  ~PoolOwner() { t_pool = nullptr; }
};
CallPool* Pool() {
  if (t_pool == nullptr) {
    thread_local PoolOwner owner;
    if (t_pool == nullptr) return nullptr;  // this thread is ending
  }
  return t_pool;
}
}  // namespace

Call* Call::New(Role role, const MethodSpec* spec, CallOwner* owner,
                const InterceptorChain* interceptors) {
  CallPool* pool = Pool();
  Call* call = pool != nullptr ? pool->Take() : new Call;
  call->refs_.store(1, std::memory_order_relaxed);
  call->user_refs_.store(1, std::memory_order_relaxed);
  call->role_ = role;
  call->spec_ = spec;
  call->generation_ = base::ForkGeneration();
  call->owner_ = owner;
  call->interceptors_ = interceptors != nullptr && !interceptors->empty() ? interceptors : nullptr;
  return call;
}

Call* Call::NewInline(const MethodSpec* spec, const InterceptorChain* interceptors, Link* link,
                      InlineResult* result, const polycall_thread_hook* hook) {
  CallPool* pool = Pool();
  Call* call = pool != nullptr ? pool->Take() : new Call;
  call->refs_.store(2, std::memory_order_relaxed);
  call->user_refs_.store(1, std::memory_order_relaxed);
  call->role_ = Role::kHandler;
  call->spec_ = spec;
  call->generation_ = base::ForkGeneration();
  call->owner_ = nullptr;
  call->interceptors_ = interceptors;
  call->link_ptr_.store(link, std::memory_order_relaxed);
  call->inline_result = result;
  call->hook_ = hook;
  return call;
}

void Call::Destroy() NO_THREAD_SAFETY_ANALYSIS {
  if (charged_ > 0) ReturnCredit(UINT64_MAX);  // what nobody took
  Reset();
  if (CallPool* pool = Pool()) {
    pool->Give(this);
  } else {
    delete this;
  }
}

// Back to what the constructor made. Nobody else knows the call any more. Fields that a unary call
// never touches are reset only if they were used.
void Call::Reset() NO_THREAD_SAFETY_ANALYSIS {
  accepts_ = nullptr;
  hook_ = nullptr;
  reactor_ = nullptr;
  deadline_ = base::kNever;
  call_flags_ = 0;
  attempts_ = 0;
  dispatched_ = false;
  place_ = nullptr;
  place_type_ = nullptr;
  link_ptr_.store(nullptr, std::memory_order_relaxed);
  link_ = nullptr;
  if (!old_links_.empty()) old_links_.clear();
  request_metadata_.reset();
  interceptor_states_.clear();
  wire_id = 0;
  wire_unreturned = 0;
  peer = nullptr;
  inline_result = nullptr;
  plain_.store(true, std::memory_order_relaxed);
  polycall_message_release(&task_request);
  next_blocked = nullptr;
  wire_blocked = wire_async = queued = shared = false;
  moves = 0;
  async_.store(false, std::memory_order_relaxed);
  ended_.store(false, std::memory_order_relaxed);
  finished_.store(false, std::memory_order_relaxed);
  cancelled_.store(false, std::memory_order_relaxed);
  started_ = local_closed_ = remote_closed_ = sent_message_ = initial_sent_ = false;
  connection_blocked_ = has_initial_ = had_message_ = discard_ = opened_ = close_wanted_ = false;
  ending_.store(false, std::memory_order_relaxed);
  send_credit_ = 0;
  received_.Clear();
  status_ = base::Status();
  forced_ = base::Status();
  initial_metadata_.reset();
  trailing_metadata_.reset();
  if (has_kept_request_) {
    if (borrowed_request_) {
      kept_request_ = POLYCALL_MESSAGE_INIT;
    } else {
      polycall_message_release(&kept_request_);
    }
    has_kept_request_ = borrowed_request_ = false;
  }
  send_waiter_.TryTake();
  receive_waiter_.TryTake();
  receive_cb_ = nullptr;
  send_cb_ = nullptr;
  send_done_ = send_pending_ = false;
  polycall_message_release(&pending_message_);
  ended_cb_ = nullptr;
  unary_done_ = nullptr;
  cancel_cb_ = nullptr;
  cancel_running_ = draining_ = drain_posted_ = false;
  parent_ = nullptr;
  if (!children_.empty()) children_.clear();
}

// What a plain inline call leaves behind is little: everything else is as New found it.
void Call::EndInline() NO_THREAD_SAFETY_ANALYSIS {
  if (!plain() || is_async() || refs_.load(std::memory_order_acquire) != 1) {
    Release();
    return;
  }
  hook_ = nullptr;
  reactor_ = nullptr;
  deadline_ = base::kNever;
  place_ = nullptr;
  link_ptr_.store(nullptr, std::memory_order_relaxed);
  inline_result = nullptr;
  ended_.store(false, std::memory_order_relaxed);
  finished_.store(false, std::memory_order_relaxed);
  if (CallPool* pool = Pool()) {
    pool->Give(this);
  } else {
    delete this;
  }
}

void Call::EndPlain(uint32_t refs) NO_THREAD_SAFETY_ANALYSIS {
  if (!plain() || is_async() || cancelled_.load(std::memory_order_relaxed) ||
      refs_.load(std::memory_order_acquire) != refs) {
    if (refs_.fetch_sub(refs, std::memory_order_acq_rel) == refs) Destroy();
    return;
  }
  accepts_ = nullptr;
  hook_ = nullptr;
  reactor_ = nullptr;
  deadline_ = base::kNever;
  wire_id = 0;
  send_credit_ = 0;
  remote_closed_ = false;
  link_ptr_.store(nullptr, std::memory_order_relaxed);
  ended_.store(false, std::memory_order_relaxed);
  finished_.store(false, std::memory_order_relaxed);
  if (CallPool* pool = Pool()) {
    pool->Give(this);
  } else {
    delete this;
  }
}

void Call::ReleaseUser() {
  if (user_refs_.load(std::memory_order_acquire) != 1 &&
      user_refs_.fetch_sub(1, std::memory_order_acq_rel) != 1) {
    return;
  }
  user_refs_.store(0, std::memory_order_relaxed);
  if (role_ == Role::kCaller) {
    bool by_callback;
    {
      base::MutexLock lock(mutex_);
      by_callback = unary_done_ != nullptr;
    }
    if (!ended() && !by_callback && !borrowed_request_) {
      EndLocally({POLYCALL_CANCELLED, "the caller released the call before it ended"});
    }
  } else if (!finished()) {
    RetainUser();  // Finish takes one
    Finish({POLYCALL_INTERNAL, "the handler of " + spec_->path +
                                   " released the call without "
                                   "finishing it"},
           nullptr);
    return;
  }
  Release();
}

void Call::Inherit(Call* parent) {
  deadline_ = std::min(deadline_, parent->deadline_);
  parent->set_not_plain();
  set_not_plain();
  bool cancelled;
  {
    base::MutexLock lock(parent->mutex_);
    cancelled = parent->cancelled_.load(std::memory_order_relaxed);
    if (!cancelled) {
      parent->children_.push_back(this);
      parent->Retain();
      parent_.store(parent, std::memory_order_release);
    }
  }
  if (cancelled) EndWithParent(POLYCALL_CANCELLED);
}

void Call::EndWithParent(int32_t code) {
  if (role_ == Role::kHandler) {
    OnCancelled(code);  // it runs in its caller's frame
    return;
  }
  EndLocally({code, code == POLYCALL_DEADLINE_EXCEEDED
                        ? "the deadline of the call on whose behalf this one was made passed"
                        : "the call on whose behalf this one was made was cancelled"});
}

void Call::LeaveParent() {
  // Whoever takes the pointer has the reference: this, or the parent's CancelChildren.
  Call* parent = parent_.exchange(nullptr, std::memory_order_acq_rel);
  if (parent == nullptr) return;
  {
    base::MutexLock lock(parent->mutex_);
    auto& children = parent->children_;
    auto it = std::find(children.begin(), children.end(), this);
    if (it != children.end()) {  // else CancelChildren took us out
      *it = children.back();
      children.pop_back();
    }
  }
  parent->Release();
}

void Call::CancelChildren(int32_t code) {
  std::vector<Call*> children;
  {
    base::MutexLock lock(mutex_);
    children.swap(children_);
    for (Call* child : children) child->Retain();
  }
  for (Call* child : children) {
    child->EndWithParent(code);
    if (child->parent_.exchange(nullptr, std::memory_order_acq_rel) != nullptr) {
      Release();  // the child's reference to us
    }
    child->Release();
  }
}

void Call::ArmDeadline() {
  if (deadline_ == base::kNever || ended() || timer_armed_.exchange(true)) return;
  set_not_plain();
  Retain();
  timer_.fire = &Call::DeadlineFired;
  timer_.context = this;
  (reactor_ != nullptr ? *reactor_ : base::Reactor::Global()).Schedule(&timer_, deadline_);
  // The call may have ended meanwhile and found no timer to stop.
  if (ended() || finished()) DisarmDeadline();
}

void Call::DisarmDeadline() {
  if (!timer_armed_.load(std::memory_order_acquire)) return;
  base::Reactor& reactor = reactor_ != nullptr ? *reactor_ : base::Reactor::Global();
  if (reactor.Cancel(&timer_)) {
    timer_armed_.store(false);
    Release();
  }
}

void Call::DeadlineFired(base::Timer* timer) {
  auto* call = static_cast<Call*>(timer->context);
  call->timer_armed_.store(false);
  if (call->role_ == Role::kCaller) {
    call->EndLocally({POLYCALL_DEADLINE_EXCEEDED,
                      "the deadline of " + call->spec_->path + " passed before the call ended"});
  } else {
    call->OnCancelled(POLYCALL_DEADLINE_EXCEEDED);
  }
  call->Release();
}

void Call::CancelByUser(int32_t code, std::string_view message) {
  if (code == POLYCALL_OK) code = POLYCALL_CANCELLED;
  if (message.empty()) message = "the call was cancelled";
  if (role_ == Role::kCaller) {
    EndLocally({code, message});
    return;
  }
  set_not_plain();
  if (!finished()) Finish({code, message}, nullptr);
}

void Call::InterceptMessage(const polycall_message& message, bool sent) {
  if (interceptors_ != nullptr) {
    interceptors_->Message(abi(), message, sent, &interceptor_states_);
  }
}

}  // namespace polycall::call
