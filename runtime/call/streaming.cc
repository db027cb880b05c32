// Sending and receiving, blocking and by callback, for both sides of a call.
#include <algorithm>

#include "call/call.h"

namespace polycall::call {

// Whether a send may go out now. False with an OK error: wait for credit or a connection.
bool Call::MaySendLocked(base::Status* error) {
  if (role_ == Role::kCaller && local_closed_ && !spec_->request_first()) {
    *error = base::FailedPrecondition("send after the half-close of " + spec_->path);
    return false;
  }
  if (ended_.load(std::memory_order_relaxed)) {
    *error = EndedStatusLocked();
    return false;
  }
  if (role_ == Role::kCaller) {
    if (spec_->request_first() && sent_message_) {
      *error = base::FailedPrecondition(spec_->path + " takes one request message");
      return false;
    }
    if (link() == nullptr) return false;
    if (spec_->request_first()) return true;  // the request itself needs no credit
  } else {
    if (!spec_->handler_streams()) {
      *error = base::FailedPrecondition("the handler of " + spec_->path +
                                        " answers with finish, it has no stream to send on");
      return false;
    }
    if (cancelled_.load(std::memory_order_relaxed)) {
      *error = base::Status(POLYCALL_CANCELLED, "the caller of " + spec_->path + " is gone");
      return false;
    }
  }
  return send_credit_ > 0 && !connection_blocked_;
}

base::Status Call::EndedStatusLocked() {
  if (role_ == Role::kHandler || status_.ok()) {
    return base::FailedPrecondition(spec_->path + " has ended already");
  }
  return status_;
}

// The send itself, after MaySendLocked. Sends of one call do not overlap.
base::Status Call::SendNow(const polycall_message& message, uint32_t flags) {
  const bool one_request = role_ == Role::kCaller && spec_->request_first();
  const bool end = role_ == Role::kCaller && (one_request || (flags & POLYCALL_SEND_HALF_CLOSE));
  InterceptMessage(message, true);
  Link* to = link();
  if (one_request) {
    // Kept for a retry: the whole of it is known.
    if (base::Status kept =
            KeepBytes(message, request_place_, sizeof(request_place_), &kept_request_);
        !kept.ok()) {
      return kept;
    }
    {
      base::MutexLock lock(mutex_);
      has_kept_request_ = started_ = sent_message_ = local_closed_ = true;
    }
    to->Start(*this, &kept_request_, true);
    return {};
  }
  uint64_t cost = 0;
  base::Status sent = to->Send(*this, message, end, (flags & POLYCALL_SEND_BUFFERED) != 0, &cost);
  if (!sent.ok() && role_ == Role::kCaller) {
    EndLocally(sent);  // a stream with a message missing is no stream
    return sent;
  }
  base::MutexLock lock(mutex_);
  if (!sent.ok()) {
    if (sent.code() != POLYCALL_CANCELLED) forced_ = sent;
    return sent;
  }
  send_credit_ -= static_cast<int64_t>(cost);
  sent_message_ = true;
  if (end) local_closed_ = true;
  return {};
}

base::Status Call::Send(const polycall_message& message, uint32_t flags) {
  for (;;) {
    base::Status error;
    bool may_send;
    {
      base::MutexLock lock(mutex_);
      may_send = MaySendLocked(&error);
    }
    if (!error.ok()) return error;
    Link* to = link();
    if (may_send && (role_ == Role::kCaller && spec_->request_first())) break;
    if (may_send) {
      if (to->HasCredit(*this)) break;
      base::MutexLock lock(mutex_);
      connection_blocked_ = wire_blocked;
      if (!connection_blocked_) continue;
    }
    base::Reactor::YieldIfLeading();
    bool opened;
    {
      base::MutexLock lock(mutex_);
      opened = opened_ || role_ == Role::kHandler;
    }
    if (to != nullptr && !opened) {
      // Being attached by another thread, which wakes us: nothing is there to be read yet.
      if (!send_waiter_.Wait(deadline_) && base::NowNs() >= deadline_) {
        EndLocally(base::DeadlineExceeded("the deadline of " + spec_->path +
                                          " passed before it was started"));
      }
      continue;
    }
    if (to != nullptr) to->Flush();
    const bool woken = to != nullptr ? to->WaitFor(send_waiter_, deadline_)
                                     : owner_->WaitAttached(*this, send_waiter_, deadline_);
    if (!woken && base::NowNs() >= deadline_) {
      if (role_ == Role::kCaller) {
        EndLocally(base::DeadlineExceeded("the deadline of " + spec_->path +
                                          " passed while a send waited for credit"));
      } else {
        OnCancelled(POLYCALL_DEADLINE_EXCEEDED);
      }
    }
  }
  return SendNow(message, flags);
}

void Call::SendAsync(const polycall_message& message, uint32_t flags, polycall_done_fn done,
                     void* arg) {
  base::Status error;
  bool may_send;
  {
    base::MutexLock lock(mutex_);
    if (role_ == Role::kHandler) async_.store(true, std::memory_order_release);
    if (send_cb_ != nullptr || send_pending_) {
      error = base::FailedPrecondition("a send of " + spec_->path + " is pending already");
      may_send = false;
    } else {
      may_send = MaySendLocked(&error);
    }
  }
  if (!error.ok()) {
    if (error.code() == POLYCALL_FAILED_PRECONDITION && send_cb_ != nullptr) {
      done(arg, POLYCALL_FAILED_PRECONDITION);
      return;
    }
  } else if (may_send &&
             ((role_ == Role::kCaller && spec_->request_first()) || link()->HasCredit(*this))) {
    error = SendNow(message, flags);
  } else {
    // Keeps what the link would take, and sends it from OnCredit.
    polycall_message kept;
    error = KeepMessage(message, accepts_ != nullptr ? accepts_ : message.type, &kept);
    if (error.ok()) {
      bool due;
      {
        base::MutexLock lock(mutex_);
        pending_message_ = kept;
        pending_flags_ = flags;
        send_pending_ = true;
        send_cb_ = done;
        send_arg_ = arg;
        connection_blocked_ = wire_blocked;
        base::Status ignored;
        // Credit, an end or a connection may have come since we looked.
        due = MaySendLocked(&ignored) || !ignored.ok();
      }
      NoteAsync();
      if (Link* to = link()) to->Flush();
      if (due) Drain();
      return;
    }
  }
  // The only message of a call that went at once is nothing to be called back for later: who then blocks
  // for the answers reads them itself, as if it had sent so. What else is done by callback will tell.
  const bool here =
      role_ == Role::kCaller && spec_->request_first() && !is_async() && !t_defer_callbacks;
  if (!here) NoteAsync();
  {
    base::MutexLock lock(mutex_);
    send_cb_ = done;
    send_arg_ = arg;
    send_done_ = true;
    send_code_ = error.code();
  }
  if (here) {
    DrainHere();
  } else {
    Drain();
  }
}

// Gives back at most `bytes` of the credit that messages of this call have cost. Also when the call
// has ended: the connection's part must come back, or the connection runs dry.
void Call::ReturnCredit(uint64_t bytes) {
  {
    base::MutexLock lock(mutex_);
    bytes = std::min(bytes, charged_);
    charged_ -= bytes;
  }
  if (bytes == 0) return;
  if (Link* to = link()) to->ReturnCredit(*this, bytes);
}

bool Call::Receive(polycall_message* out) {
  *out = POLYCALL_MESSAGE_INIT;
  for (;;) {
    {
      base::MutexLock lock(mutex_);
      if (!received_.empty()) {
        *out = received_.Pop();
      } else if (ended_.load(std::memory_order_relaxed) || remote_closed_ ||
                 cancelled_.load(std::memory_order_relaxed)) {
        return false;
      }
    }
    if (out->data != nullptr || out->type != nullptr || out->buffer != nullptr) break;
    Link* to = link();
    base::Reactor::YieldIfLeading();
    if (to != nullptr) to->Flush();
    const bool woken = to != nullptr ? to->WaitFor(receive_waiter_, deadline_)
                                     : owner_->WaitAttached(*this, receive_waiter_, deadline_);
    if (!woken && base::NowNs() >= deadline_) {
      if (role_ == Role::kCaller) {
        EndLocally(base::DeadlineExceeded("the deadline of " + spec_->path +
                                          " passed while it waited for a message"));
      } else {
        OnCancelled(POLYCALL_DEADLINE_EXCEEDED);
      }
    }
  }
  InterceptReceived(*out);
  ReturnCredit(MessageCost(*out));
  return true;
}

void Call::ReceiveAsync(polycall_receive_fn received, void* arg) {
  NoteAsync();
  {
    base::MutexLock lock(mutex_);
    if (role_ == Role::kHandler) async_.store(true, std::memory_order_release);
    receive_cb_ = received;
    receive_arg_ = arg;
  }
  Drain();
}

void Call::OnMessage(polycall_message owned, bool charged) {
  const uint64_t cost = charged ? MessageCost(owned) : 0;
  if (role_ == Role::kCaller) InterceptMessage(owned, false);
  bool dropped = false;
  bool callback = false;
  {
    base::MutexLock lock(mutex_);
    charged_ += cost;
    had_message_ = true;
    if (discard_ || ended_.load(std::memory_order_relaxed) ||
        cancelled_.load(std::memory_order_relaxed)) {
      dropped = true;
    } else {
      // An empty message is told from none by its (empty, but not NULL) data.
      if (owned.data == nullptr && owned.type == nullptr) owned.data = "";
      received_.Push(owned);
      callback = receive_cb_ != nullptr;
    }
  }
  if (dropped) {
    ReturnCredit(cost);
    polycall_message_release(&owned);
    return;
  }
  if (callback) {
    Drain();
  } else {
    receive_waiter_.Wake();
  }
}

void Call::OnHalfClose() {
  {
    base::MutexLock lock(mutex_);
    remote_closed_ = true;
  }
  receive_waiter_.Wake();
  Drain();
}

void Call::OnCredit(int64_t bytes) {
  bool callback;
  {
    base::MutexLock lock(mutex_);
    send_credit_ += bytes;
    if (send_credit_ <= 0) return;
    callback = send_pending_;
  }
  if (callback) {
    Drain();
  } else {
    send_waiter_.Wake();
  }
}

void Call::OnConnectionCredit() {
  {
    base::MutexLock lock(mutex_);
    connection_blocked_ = false;
  }
  send_waiter_.Wake();
  Drain();
}

void Call::PostDrain() {
  {
    base::MutexLock lock(mutex_);
    if (drain_posted_) return;
    drain_posted_ = true;
  }
  Retain();
  drain_task_.context = this;
  drain_task_.run = [](base::Task* task) {
    auto* call = static_cast<Call*>(task->context);
    {
      base::MutexLock lock(call->mutex_);
      call->drain_posted_ = false;
    }
    call->DrainHere();
    call->Release();
  };
  (reactor_ != nullptr ? *reactor_ : base::Reactor::Global()).Execute(&drain_task_);
}

void Call::Drain() {
  if (!is_async()) return;
  {
    base::MutexLock lock(mutex_);
    // Nothing that could be due: a blocking call, or a unary one by callback that has not ended.
    if (receive_cb_ == nullptr && send_cb_ == nullptr && ended_cb_ == nullptr &&
        (unary_done_ == nullptr || !ended_.load(std::memory_order_relaxed))) {
      return;
    }
  }
  if (t_defer_callbacks) {
    PostDrain();
  } else {
    DrainHere();
  }
}

// Runs what is due, one after the other; whatever comes due meanwhile, on this thread or another, is
// run by this loop too. So callbacks of one call never overlap, and chains do not deepen the stack.
void Call::DrainHere() {
  base::Ref<Call> self = base::Ref<Call>::Share(this);
  mutex_.Lock();
  if (draining_) {
    mutex_.Unlock();
    return;
  }
  draining_ = true;
  for (;;) {
    const bool over = ended_.load(std::memory_order_relaxed) || remote_closed_ ||
                      cancelled_.load(std::memory_order_relaxed);
    if (send_pending_) {
      base::Status error;
      const bool may_send = MaySendLocked(&error);
      if (may_send || !error.ok()) {
        polycall_message message =
            std::exchange(pending_message_, polycall_message POLYCALL_MESSAGE_INIT);
        const uint32_t flags = pending_flags_;
        mutex_.Unlock();
        bool wait = false;
        if (may_send) {
          if ((role_ == Role::kCaller && spec_->request_first()) || link()->HasCredit(*this)) {
            error = SendNow(message, flags);
          } else {
            wait = true;
          }
        }
        mutex_.Lock();
        if (wait) {
          pending_message_ = message;
          connection_blocked_ = wire_blocked;
          if (!connection_blocked_) continue;
        } else {
          send_pending_ = false;
          send_done_ = true;
          send_code_ = error.code();
          mutex_.Unlock();
          polycall_message_release(&message);
          mutex_.Lock();
        }
      }
    }
    if (send_done_ && send_cb_ != nullptr) {
      polycall_done_fn done = std::exchange(send_cb_, nullptr);
      void* arg = send_arg_;
      const auto code = static_cast<polycall_code>(send_code_);
      send_done_ = false;
      mutex_.Unlock();
      {
        base::ApplyThreadHook(hook_);
        base::UserScope scope;
        done(arg, code);
      }
      mutex_.Lock();
      continue;
    }
    if (receive_cb_ != nullptr && (!received_.empty() || over)) {
      polycall_receive_fn received = std::exchange(receive_cb_, nullptr);
      void* arg = receive_arg_;
      if (!received_.empty()) {
        polycall_message message = received_.Pop();
        mutex_.Unlock();
        ReturnCredit(MessageCost(message));
        base::ApplyThreadHook(hook_);
        base::UserScope scope;
        InterceptReceived(message);
        received(arg, &message);
        scope.Leave();
        polycall_message_release(&message);
      } else {
        mutex_.Unlock();
        base::ApplyThreadHook(hook_);
        base::UserScope scope;
        received(arg, nullptr);
      }
      mutex_.Lock();
      continue;
    }
    if (role_ == Role::kCaller && ended_.load(std::memory_order_relaxed)) {
      if (unary_done_ != nullptr) {
        const UnaryDone done = std::exchange(unary_done_, nullptr);
        void* arg = unary_arg_;
        polycall_message response =
            received_.empty() ? polycall_message POLYCALL_MESSAGE_INIT : received_.Pop();
        const base::Status status = status_;
        mutex_.Unlock();
        base::ApplyThreadHook(hook_);
        base::UserScope scope;
        done(*this, arg, status, &response);
        scope.Leave();
        polycall_message_release(&response);
        mutex_.Lock();
        continue;
      }
      if (ended_cb_ != nullptr && received_.empty()) {
        polycall_ended_fn ended = std::exchange(ended_cb_, nullptr);
        void* arg = ended_arg_;
        polycall_status status;
        status_.ToAbi(&status);
        const Metadata* trailing = trailing_metadata_ ? trailing_metadata_.get() : &EmptyMetadata();
        mutex_.Unlock();
        base::ApplyThreadHook(hook_);
        base::UserScope scope;
        ended(arg, &status, trailing);
        scope.Leave();
        mutex_.Lock();
        continue;
      }
    }
    break;
  }
  draining_ = false;
  mutex_.Unlock();
}

}  // namespace polycall::call
