// The caller's side of a call.
#include "call/call.h"

namespace polycall::call {

base::Status Call::StartWithRequest(const polycall_message& request) {
  if (base::Status kept =
          KeepBytes(request, request_place_, sizeof(request_place_), &kept_request_);
      !kept.ok()) {
    return kept;
  }
  has_kept_request_ = true;
  return {};
}

void Call::Attach(base::Ref<Link> link, int64_t send_credit) {
  Link* to = link.get();
  bool start_now = false;
  {
    base::MutexLock lock(mutex_);
    if (ended_.load(std::memory_order_relaxed)) return;
    if (link_) old_links_.push_back(std::move(link_));
    link_ = std::move(link);
    connection_blocked_ = false;
    // A call whose first message is still to come is started by that message.
    start_now = !started_ && (!spec_->request_first() || has_kept_request_);
    if (start_now) {
      started_ = true;
      if (has_kept_request_) local_closed_ = sent_message_ = true;
    }
    link_ptr_.store(to, std::memory_order_release);
  }
  if (start_now) to->Start(*this, has_kept_request_ ? &kept_request_ : nullptr, has_kept_request_);
  bool close = false;
  {
    // Only now, so that no message overtakes the start.
    base::MutexLock lock(mutex_);
    send_credit_ += send_credit;
    opened_ = true;
    close = close_wanted_ && !send_pending_;
  }
  // Ended while it was started: the link did not know of it yet when it ended.
  if (ended()) {
    to->Cancel(*this, POLYCALL_CANCELLED);
    return;
  }
  send_waiter_.Wake();
  receive_waiter_.Wake();
  Drain();
  if (close) HalfClose();
}

Call* Call::NewHandle(const MethodSpec* spec, Call* handler) {
  Call* handle = New(Role::kCaller, spec, nullptr, nullptr);
  handle->inline_handler_.store(handler, std::memory_order_relaxed);
  handle->Retain();  // the user's, beside the frame's
  return handle;
}

void Call::EndHandle() {
  ending_.store(true, std::memory_order_release);
  ended_.store(true, std::memory_order_release);
}

bool Call::End(base::Status status, std::unique_ptr<Metadata> trailing) {
  if (ending_.exchange(true, std::memory_order_acq_rel)) return false;
  if (interceptors_ != nullptr) {
    interceptors_->Finished(abi(), &status, &interceptor_states_);
  }
  const int32_t code = status.code();
  {
    base::MutexLock lock(mutex_);
    status_ = std::move(status);
    trailing_metadata_ = std::move(trailing);
    ended_.store(true, std::memory_order_release);
  }
  DisarmDeadline();
  LeaveParent();
  if (owner_ != nullptr) owner_->CallDone(*this, code);
  return true;
}

void Call::EndLocally(const base::Status& status) {
  base::Ref<Call> self = base::Ref<Call>::Share(this);
  if (!End(status, nullptr)) return;
  // Woken before the link kicks a thread that reads for it: it then finds the wake.
  receive_waiter_.Wake();
  send_waiter_.Wake();
  if (Link* to = link()) to->Cancel(*this, status.code());
  if (Call* handler = inline_handler_.exchange(nullptr, std::memory_order_acq_rel)) {
    handler->OnCancelled(status.code());
    handler->Release();
  }
  {
    base::MutexLock lock(mutex_);
    received_.Clear();
  }
  ReturnCredit(UINT64_MAX);
  Drain();
}

void Call::OnStatus(base::Status status, std::unique_ptr<Metadata> trailing,
                    polycall_message* response, bool not_started) {
  base::Ref<Call> self = base::Ref<Call>::Share(this);
  if (deadline_ != base::kNever && base::NowNs() >= deadline_ &&
      status.code() != POLYCALL_DEADLINE_EXCEEDED) {
    // The answer came too late, whatever it is.
    status =
        base::DeadlineExceeded("the deadline of " + spec_->path + " passed before the call ended");
    if (response != nullptr) polycall_message_release(response);
    response = nullptr;
  }
  if (!status.ok() && owner_ != nullptr && (not_started || status.code() == POLYCALL_UNAVAILABLE) &&
      !ended()) {
    bool untouched;
    {
      base::MutexLock lock(mutex_);
      // What the user was shown or has sent cannot be taken back.
      untouched = !has_initial_ && !had_message_ && (has_kept_request_ || !sent_message_);
      if (untouched) {
        link_ptr_.store(nullptr, std::memory_order_release);
        if (link_) old_links_.push_back(std::move(link_));
        started_ = opened_ = false;
        if (has_kept_request_) local_closed_ = sent_message_ = false;
        send_credit_ = 0;
      }
    }
    if (untouched) {
      if (owner_->Retry(*this, status, not_started)) {
        receive_waiter_.Wake();
        return;
      }
      base::MutexLock lock(mutex_);
      if (!old_links_.empty()) link_ptr_.store(old_links_.back().get(), std::memory_order_release);
    }
  }
  if (response != nullptr) {
    InterceptMessage(*response, false);
    base::MutexLock lock(mutex_);
    if (ended_.load(std::memory_order_relaxed)) {
      polycall_message_release(response);
    } else {
      received_.Push(*response);
    }
  } else if (status.ok() && !spec_->handler_streams()) {
    status = base::Internal("the peer ended " + spec_->path + " with OK but without a response");
  }
  if (!End(std::move(status), std::move(trailing))) return;
  send_waiter_.Wake();
  receive_waiter_.Wake();
  Drain();
}

void Call::OnInitialMetadata(std::unique_ptr<Metadata> metadata) {
  base::MutexLock lock(mutex_);
  if (has_initial_) return;
  has_initial_ = true;
  initial_metadata_ = std::move(metadata);
  receive_waiter_.Wake();
}

void Call::HalfClose() {
  if (role_ == Role::kHandler) return;  // its end is Finish
  bool start;
  {
    base::MutexLock lock(mutex_);
    if (local_closed_ || ended_.load(std::memory_order_relaxed)) return;
    if (!opened_) {
      close_wanted_ = true;
      return;
    }
    local_closed_ = true;
    start = !started_;
    started_ = true;
  }
  if (start) {
    link()->Start(*this, nullptr, true);
  } else {
    link()->HalfClose(*this);
  }
}

const Metadata& Call::WaitInitialMetadata() {
  for (;;) {
    {
      base::MutexLock lock(mutex_);
      if (has_initial_ || !received_.empty() || ended_.load(std::memory_order_relaxed)) {
        if (!received_.empty()) receive_waiter_.Wake();  // for the Receive that follows
        return initial_metadata_ ? *initial_metadata_ : EmptyMetadata();
      }
    }
    Link* to = link();
    const bool woken = to != nullptr ? to->WaitFor(receive_waiter_, deadline_)
                                     : owner_->WaitAttached(*this, receive_waiter_, deadline_);
    if (!woken && base::NowNs() >= deadline_) {
      EndLocally(base::DeadlineExceeded("the deadline of " + spec_->path +
                                        " passed before its initial metadata came"));
    }
  }
}

base::Status Call::WaitEnd(const Metadata** trailing) {
  if (spec_->handler_streams()) {
    {
      base::MutexLock lock(mutex_);
      discard_ = true;
      received_.Clear();
    }
    ReturnCredit(UINT64_MAX);
  }
  while (!ended()) {
    Link* to = link();
    const bool woken = to != nullptr ? to->WaitFor(receive_waiter_, deadline_)
                                     : owner_->WaitAttached(*this, receive_waiter_, deadline_);
    if (!woken && base::NowNs() >= deadline_) {
      EndLocally(base::DeadlineExceeded("the deadline of " + spec_->path +
                                        " passed before the call ended"));
    }
  }
  base::MutexLock lock(mutex_);
  if (trailing != nullptr) {
    *trailing = trailing_metadata_ ? trailing_metadata_.get() : &EmptyMetadata();
  }
  return status_;
}

void Call::WaitEndAsync(polycall_ended_fn ended, void* arg) {
  NoteAsync();
  {
    base::MutexLock lock(mutex_);
    ended_cb_ = ended;
    ended_arg_ = arg;
  }
  Drain();
}

void Call::SetUnaryDone(UnaryDone done, void* arg) {
  async_.store(true, std::memory_order_release);  // before it has a link, which will ask
  base::MutexLock lock(mutex_);
  unary_done_ = done;
  unary_arg_ = arg;
}

// From the first operation by callback on, deadline and reading are the runtime's business.
void Call::NoteAsync() {
  if (role_ != Role::kCaller || async_.exchange(true, std::memory_order_acq_rel)) return;
  ArmDeadline();
  if (Link* to = link(); to != nullptr && !ended()) to->SetAsync(*this);
}

polycall_message Call::TakeResponse() {
  base::MutexLock lock(mutex_);
  if (received_.empty()) return POLYCALL_MESSAGE_INIT;
  return received_.Pop();
}

std::unique_ptr<Metadata> Call::TakeInitialMetadata() {
  base::MutexLock lock(mutex_);
  return std::move(initial_metadata_);
}

std::unique_ptr<Metadata> Call::TakeTrailingMetadata() {
  base::MutexLock lock(mutex_);
  return std::move(trailing_metadata_);
}

}  // namespace polycall::call
