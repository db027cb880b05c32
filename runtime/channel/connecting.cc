// Connecting, back-off, waiting for a connection, closing.
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/log.h"
#include "channel/channel.h"

namespace polycall::channel {

using call::Call;

Channel::Channel(const Options& options, MethodTable* methods)
    : options_(options),
      methods_(methods),
      random_(static_cast<uint64_t>(base::NowNs()) ^ (static_cast<uint64_t>(getpid()) << 32)) {
  pending_timer_.context = pending_task_.context = this;
  pending_timer_.fire = [](base::Timer* timer) {
    auto* self = static_cast<Channel*>(timer->context);
    {
      base::MutexLock lock(self->mutex_);
      self->timer_set_ = false;
    }
    self->SchedulePending(0);
  };
  pending_task_.run = [](base::Task* task) {
    static_cast<Channel*>(task->context)->ServePending();
  };
}

Channel::~Channel() {
  std::vector<base::Ref<transport::Connection>> connections;
  std::deque<Pending> pending;
  {
    base::MutexLock lock(mutex_);
    closing_ = true;
    if (current_) connections.push_back(current_);
    for (auto& other : others_) connections.push_back(other);
    pending.swap(pending_);
    changed_.notify_all();
  }
  const base::Status why(POLYCALL_CANCELLED, "the channel was freed");
  for (Pending& entry : pending) entry.call->EndLocally(why);
  for (auto& connection : connections) connection->Close(why);
  inline_.store(nullptr);
  if (base::Reactor::Global().Cancel(&pending_timer_)) {
    base::MutexLock lock(mutex_);
    timer_set_ = false;
  }
  base::MutexLock lock(mutex_);
  // Another thread may be closing a connection: it tells us last of all.
  while (live_.load() > 0 || current_ || !others_.empty() || connecting_ || serving_pending_ ||
         timer_set_) {
    changed_.wait_for(mutex_, std::chrono::milliseconds(1));
  }
}

base::Ref<transport::Connection> Channel::Current() {
  base::MutexLock lock(mutex_);
  if (current_ && current_->usable()) return current_;
  return nullptr;
}

int64_t Channel::Backoff(uint32_t attempt) {
  const double grown = static_cast<double>(options_.initial_backoff_ns) *
                       std::pow(1.6, std::min<uint32_t>(attempt, 40));
  const double bounded = std::min(grown, static_cast<double>(options_.max_backoff_ns));
  base::MutexLock lock(mutex_);
  // xorshift64: jitter needs no better.
  random_ ^= random_ << 13;
  random_ ^= random_ >> 7;
  random_ ^= random_ << 17;
  const double jitter = 0.8 + 0.4 * static_cast<double>(random_ % 1024) / 1024;
  return static_cast<int64_t>(bounded * jitter);
}

// Connects and makes the connection current. The caller holds the right to (connecting_).
base::Status Channel::ConnectOnce(base::Ref<transport::Connection>* out) {
  const int64_t deadline = base::DeadlineAfter(options_.connect_timeout_ns);
  negotiation::Outcome outcome =
      negotiation::Connect(options_.target, options_.transports, options_.limits, options_.tls,
                           options_.user_agent, deadline);
  base::Ref<transport::Connection> connection;
  if (outcome.status.ok()) {
    connection = outcome.dialed->Open(outcome.agreed, this);
    outcome.dialed.reset();
    // Numbers of the peer's methods, in the order of its table.
    for (const polycall_method* method : methods_->All()) {
      uint16_t number = 0;
      for (const negotiation::ServiceInfo& service : outcome.accept.services) {
        for (const negotiation::MethodInfo& info : service.methods) {
          if (service.name == method->service && info.name == method->method) {
            connection->MapMethod(method->index, number);
          }
          ++number;
        }
      }
    }
  }
  if (connection) {
    mutex_.Lock();
    const bool closing = closing_;
    // The destructor waits for connecting_, and for what it finds here. A connection that ended while
    // we opened it has told so already, when we did not know it.
    const bool usable = connection->usable();
    if (!closing && usable) {
      if (current_) Retire(std::move(current_));
      current_ = connection;
    }
    mutex_.Unlock();
    if (closing || !usable) {
      outcome.status =
          closing ? base::Status(POLYCALL_CANCELLED, "the channel was freed")
                  : base::Unavailable("the peer ended the connection right after the handshake");
      connection->Close(outcome.status);
      // Another thread may be closing it too, and has not told us yet: we need not wait for that.
      connection->ForgetObserver();
      connection = nullptr;
    }
  }
  const int64_t backoff = outcome.status.ok() ? 0 : Backoff(failures_);
  base::MutexLock lock(mutex_);
  connecting_ = false;
  if (outcome.status.ok()) {
    failures_ = 0;
    next_attempt_ = 0;
    last_error_ = base::Status();
    *out = connection;
    if (outcome.transport == "inproc" && current_.get() == connection.get()) {
      inline_.store(connection.get(), std::memory_order_release);
    }
  } else {
    ++failures_;
    next_attempt_ = base::DeadlineAfter(backoff);
    last_error_ = outcome.status;
    POLYCALL_LOG(POLYCALL_LOG_INFO, "cannot connect to " + options_.target_text + ": " +
                                        std::string(outcome.status.message()));
  }
  base::Status status = outcome.status;
  last_ = std::move(outcome);
  changed_.notify_all();
  return status;
}

void Channel::Retire(base::Ref<transport::Connection> connection) {
  if (std::string_view(connection->transport()) == "inproc") {
    retired_.push_back(std::move(connection));
  }
}

// An attempt is the channel's, not the call's: one for a call whose deadline may come first goes on
// without it.
void Channel::ConnectElsewhere() {
  connect_task_.context = this;
  connect_task_.run = [](base::Task* task) {
    base::Ref<transport::Connection> connection;
    [[maybe_unused]] const base::Status status =
        static_cast<Channel*>(task->context)->ConnectOnce(&connection);  // who waits looks himself
  };
  base::Reactor::Global().Execute(&connect_task_);
}

// [blocks] until there is a usable connection. `call` (may be NULL) ends the wait when it ends.
base::Status Channel::Connect(bool wait_for_ready, int64_t deadline, Call* call,
                              base::Ref<transport::Connection>* out) {
  mutex_.Lock();
  for (;;) {
    if (closing_) {
      mutex_.Unlock();
      return {POLYCALL_CANCELLED, "the channel was freed"};
    }
    if (call != nullptr && call->ended()) {
      mutex_.Unlock();
      return {POLYCALL_CANCELLED, "the call ended"};
    }
    if (current_ && current_->usable()) {
      *out = current_;
      mutex_.Unlock();
      return {};
    }
    const int64_t now = base::NowNs();
    if (now >= deadline) {
      const std::string last(last_error_.message());
      mutex_.Unlock();
      return base::DeadlineExceeded("no connection to " + options_.target_text +
                                    " before the deadline" +
                                    (last.empty() ? "" : "; the last attempt: " + last));
    }
    if (!connecting_ && now >= next_attempt_) {
      connecting_ = true;
      mutex_.Unlock();
      base::Reactor::YieldIfLeading();
      // Nor can a thread that connects hear that its call was cancelled.
      if (deadline < now + options_.connect_timeout_ns || (call != nullptr && call->shared)) {
        ConnectElsewhere();
        mutex_.Lock();
        continue;
      }
      base::Status status = ConnectOnce(out);
      if (status.ok()) return {};
      if (!wait_for_ready ||
          (status.code() != POLYCALL_UNAVAILABLE && status.code() != POLYCALL_DEADLINE_EXCEEDED)) {
        return status;
      }
      mutex_.Lock();
      continue;
    }
    if (!connecting_ && !wait_for_ready) {
      // In back-off after a failure: the failure is the answer.
      base::Status status = last_error_;
      mutex_.Unlock();
      return status;
    }
    int64_t until = deadline;
    if (!connecting_) until = std::min(until, next_attempt_);
    changed_.wait_for(mutex_,
                      std::chrono::nanoseconds(std::min(until - now, 50 * base::kMillisecond)));
  }
}

bool Channel::WaitAttached(Call& call, base::Waiter& waiter, int64_t deadline) {
  if (call.is_async() || (!TakePending(call) && call.queued) || call.link() != nullptr ||
      call.ended()) {
    // Somebody else attaches it, or has.
    base::Reactor::YieldIfLeading();
    return waiter.Wait(deadline);
  }
  if (call.attempts() > 1) {
    // The back-off of a retry, on the thread that waits anyway.
    waiter.Wait(std::min(deadline, base::DeadlineAfter(Backoff(call.attempts() - 2))));
    if (call.ended()) return true;
  }
  base::Ref<transport::Connection> connection;
  base::Status status = Connect((call.call_flags() & POLYCALL_CALL_WAIT_FOR_READY) != 0, deadline,
                                &call, &connection);
  if (!status.ok() && deadline != base::kNever && base::NowNs() >= deadline) {
    status = base::DeadlineExceeded("the deadline of " + call.spec().path +
                                    " passed while connecting to " + options_.target_text + ": " +
                                    std::string(status.message()));
  }
  if (status.ok()) {
    AttachNow(call, std::move(connection));
    return true;
  }
  call.EndLocally(status);
  return true;
}

// Sees to it that the calls that wait by callback get a connection, at `when` (0: now).
void Channel::SchedulePending(int64_t when) {
  base::Reactor& reactor = base::Reactor::Global();
  base::MutexLock lock(mutex_);
  if (closing_) {
    changed_.notify_all();
    return;
  }
  if (when > base::NowNs()) {
    if (!timer_set_ || pending_timer_.when > when) {
      timer_set_ = true;
      reactor.Schedule(&pending_timer_, when);
    }
    return;
  }
  if (serving_pending_) return;
  serving_pending_ = true;
  reactor.Execute(&pending_task_);
}

void Channel::ServePending() {
  for (;;) {
    bool wait_for_ready = true;
    int64_t next = 0;
    {
      base::MutexLock lock(mutex_);
      const int64_t now = base::NowNs();
      bool due = false;
      for (const Pending& entry : pending_) {
        if (entry.blocking) continue;
        if (entry.not_before <= now) {
          due = true;
          if ((entry.call->call_flags() & POLYCALL_CALL_WAIT_FOR_READY) == 0) {
            wait_for_ready = false;
          }
        } else if (next == 0 || entry.not_before < next) {
          next = entry.not_before;
        }
      }
      if (!due || closing_) {
        serving_pending_ = false;
        changed_.notify_all();
        if (next == 0 || closing_) return;
        if (!timer_set_ || pending_timer_.when > next) {
          timer_set_ = true;
          base::Reactor::Global().Schedule(&pending_timer_, next);
        }
        return;
      }
    }
    base::Ref<transport::Connection> connection;
    // In slices, so that a call without wait-for-ready that comes meanwhile is answered soon.
    const base::Status status =
        Connect(wait_for_ready,
                base::DeadlineAfter(wait_for_ready ? base::kSecond : options_.connect_timeout_ns),
                nullptr, &connection);
    std::vector<base::Ref<Call>> due;
    {
      base::MutexLock lock(mutex_);
      const int64_t now = base::NowNs();
      std::erase_if(pending_, [&](Pending& entry) {
        if (entry.call->ended()) return true;
        if (entry.not_before > now || entry.blocking) return false;
        const bool waits = (entry.call->call_flags() & POLYCALL_CALL_WAIT_FOR_READY) != 0;
        if (!status.ok() && waits) return false;
        due.push_back(std::move(entry.call));
        return true;
      });
    }
    for (auto& call : due) {
      if (status.ok()) {
        AttachNow(*call, connection);
      } else {
        call->EndLocally(status);
      }
    }
  }
}

void Channel::OnDraining(transport::Connection* connection) {
  base::MutexLock lock(mutex_);
  if (current_.get() != connection) return;
  others_.push_back(current_);
  if (inline_.load() == connection) inline_.store(nullptr);
  current_ = nullptr;
}

void Channel::OnClosed(transport::Connection* connection, const base::Status& why) {
  base::MutexLock lock(mutex_);
  if (inline_.load() == connection) inline_.store(nullptr);
  if (current_.get() == connection) {
    last_error_ = why;
    Retire(std::move(current_));
    current_ = nullptr;
  }
  for (auto it = others_.begin(); it != others_.end(); ++it) {
    if (it->get() == connection) {
      Retire(std::move(*it));
      others_.erase(it);
      break;
    }
  }
  changed_.notify_all();
}

void Channel::MapMethod(const polycall_method& method) {
  base::MutexLock lock(mutex_);
  if (!current_) return;
  uint16_t number = 0;
  for (const negotiation::ServiceInfo& service : last_.accept.services) {
    for (const negotiation::MethodInfo& info : service.methods) {
      if (service.name == method.service && info.name == method.method) {
        current_->MapMethod(method.index, number);
      }
      ++number;
    }
  }
}

polycall_channel_state Channel::state() {
  base::MutexLock lock(mutex_);
  if (current_ && current_->usable()) return POLYCALL_CHANNEL_READY;
  if (connecting_) return POLYCALL_CHANNEL_CONNECTING;
  return failures_ > 0 ? POLYCALL_CHANNEL_TRANSIENT_FAILURE : POLYCALL_CHANNEL_IDLE;
}

base::Status Channel::WaitReady(int64_t deadline) {
  base::Ref<transport::Connection> connection;
  return Connect(true, deadline, nullptr, &connection);
}

const char* Channel::transport() {
  base::Ref<transport::Connection> connection = Current();
  return connection ? connection->transport() : nullptr;
}

base::Status Channel::Ping(int64_t deadline, int64_t* round_trip_ns) {
  base::Ref<transport::Connection> connection;
  if (base::Status status = Connect(false, deadline, nullptr, &connection); !status.ok()) {
    return status;
  }
  return connection->Ping(deadline, round_trip_ns);
}

}  // namespace polycall::channel
