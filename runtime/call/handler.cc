// The handler's side of a call.
#include "call/call.h"

#include "base/log.h"

namespace polycall::call {

void Call::set_borrowed_link(Link* link) { link_ptr_.store(link, std::memory_order_release); }

void Call::OwnLink() {
  base::MutexLock lock(mutex_);
  link_ = base::Ref<Link>::Share(link());
}

void Call::set_link(base::Ref<Link> link) NO_THREAD_SAFETY_ANALYSIS {
  link_ptr_.store(link.get(), std::memory_order_release);
  link_ = std::move(link);
}

base::Status Call::SendInitialMetadata(const Metadata& metadata) {
  set_not_plain();
  {
    base::MutexLock lock(mutex_);
    if (initial_sent_ || sent_message_) {
      return base::FailedPrecondition(
          "initial metadata goes once, ahead of the first message and of finish");
    }
    if (finished_.load(std::memory_order_relaxed)) {
      return base::FailedPrecondition("initial metadata after finish");
    }
    initial_sent_ = true;
  }
  link()->SendInitialMetadata(*this, metadata);
  return {};
}

base::Status Call::SetTrailingMetadata(const Metadata& metadata) {
  set_not_plain();
  auto copy = std::make_unique<Metadata>(metadata);
  base::MutexLock lock(mutex_);
  if (finished_.load(std::memory_order_relaxed)) {
    return base::FailedPrecondition("trailing metadata after finish");
  }
  trailing_metadata_ = std::move(copy);
  return {};
}

void Call::Finish(base::Status status, const polycall_message* response) {
  // What a handler makes of a call that was over before is not what became of it.
  if (deadline_ != base::kNever && base::NowNs() >= deadline_) {
    status = base::DeadlineExceeded("the deadline of " + spec_->path + " passed");
  } else if (status.ok() && cancelled_.load(std::memory_order_acquire)) {
    status = base::Status(POLYCALL_CANCELLED, spec_->path + " was cancelled");
  }
  if (status.ok() && response == nullptr && !spec_->handler_streams()) {
    status = base::Internal("the handler of " + spec_->path + " finished without a response");
  } else if (response != nullptr && (spec_->handler_streams() || !status.ok())) {
    response = nullptr;
  }
  if (inline_result != nullptr && plain() && interceptors_ == nullptr &&
      inline_result->thread == ThreadToken() && inline_result->TakeBack()) {
    // In the caller's frame, and nothing beside it: no other thread can know this call any more.
    if (finished_.load(std::memory_order_relaxed)) {
      LogFinishedTwice();
      return;
    }
    finished_.store(true, std::memory_order_relaxed);
    link()->Finish(*this, status, nullptr, response, false);
    user_refs_.store(0, std::memory_order_relaxed);
    refs_.store(1, std::memory_order_relaxed);  // the frame's
    return;
  }
  if (PlainRun* run = PlainRun::Of(this); run != nullptr && plain()) {
    FinishPlain(run, status, response);
    return;
  }
  if (response != nullptr) InterceptMessage(*response, true);
  if (interceptors_ != nullptr) {
    interceptors_->Finished(abi(), &status, &interceptor_states_);
    if (!status.ok()) response = nullptr;
  }
  const Metadata* trailing;
  bool cancel_runs;
  {
    base::MutexLock lock(mutex_);
    if (finished_.load(std::memory_order_relaxed)) {
      LogFinishedTwice();
      return;
    }
    finished_.store(true, std::memory_order_release);
    cancel_cb_ = nullptr;
    if (!forced_.ok() && status.code() != POLYCALL_DEADLINE_EXCEEDED) {
      status = std::move(forced_);
      response = nullptr;
    }
    ended_.store(true, std::memory_order_release);
    trailing = trailing_metadata_.get();
    cancel_runs = cancel_running_ && cancel_thread_ != std::this_thread::get_id();
  }
  // "Never runs after finish returned": wait for one that runs, unless it is what called us.
  while (cancel_runs) {
    std::this_thread::yield();
    base::MutexLock lock(mutex_);
    cancel_runs = cancel_running_;
  }
  DisarmDeadline();
  // Once the answer is out, an inline call's server may be gone, and with it the spec.
  const bool waits = spec_->kind != POLYCALL_UNARY || is_async();
  link()->Finish(*this, status, trailing, response, false);
  if (owner_ != nullptr) owner_->CallDone(*this, status.code());
  if (waits) {
    send_waiter_.Wake();
    receive_waiter_.Wake();
    Drain();
  }
  ReleaseUser();
}

bool Call::FinishInPlace(const polycall_message& response) {
  InlineResult* const result = inline_result;
  // What the handler's thread alone knows is looked at first, and nothing else if that says no.
  if (result == nullptr || place_ == nullptr || response.object != place_ || !IsTyped(response) ||
      !plain() || result->thread != ThreadToken() || result->handle != nullptr ||
      interceptors_ != nullptr || deadline_ != base::kNever ||
      finished_.load(std::memory_order_relaxed) || cancelled_.load(std::memory_order_relaxed)) {
    return false;
  }
  finished_.store(true, std::memory_order_relaxed);
  result->unary->response.object = response.object;
  result->in_place = true;
  result->done.store(true, std::memory_order_relaxed);
  user_refs_.store(0, std::memory_order_relaxed);
  refs_.store(1, std::memory_order_relaxed);  // the frame's
  return true;
}

void Call::LogFinishedTwice() const {
  base::Log(POLYCALL_LOG_ERROR, "the handler of " + spec_->path + " finished a call twice");
}

// Nobody waits for this call, nothing is to be told to anybody. Others may look at it (a cancellation
// that comes in): they hold references, and change nothing that matters now.
void Call::FinishPlain(PlainRun* run, const base::Status& status,
                       const polycall_message* response) {
  if (finished_.load(std::memory_order_relaxed)) {
    LogFinishedTwice();
    return;
  }
  finished_.store(true, std::memory_order_relaxed);
  ended_.store(true, std::memory_order_relaxed);
  user_refs_.store(0, std::memory_order_relaxed);
  run->finished = true;
  // Now, not after the answer was sent: a caller on the same core may run meanwhile, and ask again.
  run->ticks = base::Ticks() - began;
  if (run->ticks > kLongTicks) {
    run->others_waited = run->more_behind || base::Reactor::OthersWait(run->yielded);
  }
  run->code = status.code();
  run->in_table = link()->FinishPlain(*this, status, response);
}

bool Call::IsCancelled() {
  if (cancelled_.load(std::memory_order_acquire)) return true;
  if (role_ == Role::kCaller) return ended();
  if (deadline_ == base::kNever || base::NowNs() < deadline_) return false;
  set_not_plain();
  OnCancelled(POLYCALL_DEADLINE_EXCEEDED);
  return true;
}

void Call::OnCancel(void (*cancelled)(void* arg), void* arg) {
  bool now = false;
  set_not_plain();
  {
    base::MutexLock lock(mutex_);
    if (finished_.load(std::memory_order_relaxed)) return;
    if (cancelled_.load(std::memory_order_relaxed) && cancelled != nullptr) {
      now = true;
      cancel_running_ = true;
      cancel_thread_ = std::this_thread::get_id();
    } else {
      cancel_cb_ = cancelled;
      cancel_arg_ = arg;
    }
  }
  if (now) {
    cancelled(arg);
    base::MutexLock lock(mutex_);
    cancel_running_ = false;
  } else if (cancelled != nullptr) {
    ArmDeadline();
  }
}

void Call::OnCancelled(int32_t code) {
  base::Ref<Call> self = base::Ref<Call>::Share(this);
  void (*callback)(void* arg) = nullptr;
  void* arg = nullptr;
  {
    base::MutexLock lock(mutex_);
    if (cancelled_.load(std::memory_order_relaxed) || finished_.load(std::memory_order_relaxed)) {
      return;
    }
    cancelled_.store(true, std::memory_order_release);
    received_.Clear();
    callback = std::exchange(cancel_cb_, nullptr);
    arg = cancel_arg_;
    if (callback != nullptr) {
      cancel_running_ = true;
      cancel_thread_ = std::this_thread::get_id();
    }
  }
  ReturnCredit(UINT64_MAX);
  CancelChildren(code);
  send_waiter_.Wake();
  receive_waiter_.Wake();
  if (callback != nullptr) {
    base::ApplyThreadHook(hook_);
    {
      base::UserScope scope;
      callback(arg);
    }
    base::MutexLock lock(mutex_);
    cancel_running_ = false;
  }
  Drain();
}

}  // namespace polycall::call
