// Connecting, back-off, waiting for a connection, closing.
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/give_way.h"
#include "base/log.h"
#include "channel/channel.h"
#include "negotiation/ranking.h"

namespace polycall::channel {

using call::Call;

Channel::Channel(const Options& options, MethodTable* methods)
    : options_(options),
      methods_(methods),
      balancer_(MakeBalancer(options.balancing)),
      backoff_(options.initial_backoff_ns, options.max_backoff_ns,
               static_cast<uint64_t>(base::NowNs()) ^ (static_cast<uint64_t>(getpid()) << 32)),
      maintenance_([this] { return Maintain(); }) {
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
  if (!options_.resolver) {
    negotiation::Address address;
    address.text = options_.target_text;
    address.target = options_.target;
    subs_.push_back(std::make_shared<Subchannel>(std::move(address)));
    return;
  }
  negotiation::ResolverContext context;
  context.watch = [this](const std::string& service, negotiation::WatchListener* listener) {
    return scheduler_->Watch(service, listener);
  };
  // That it can be made was found out when the options were read.
  [[maybe_unused]] const base::Status made =
      negotiation::MakeResolver(options_.target_text, context, &resolver_);
  if (options_.target_text.starts_with("polycall:")) {
    scheduler_ = std::make_unique<SchedulerLink>(options_.user_agent);
  }
}

Channel::~Channel() {
  std::vector<base::Ref<transport::Connection>> connections;
  std::deque<Pending> pending;
  {
    base::MutexLock lock(mutex_);
    closing_ = true;
    for (const SubchannelRef& sub : subs_) {
      if (sub->connection) connections.push_back(sub->connection);
    }
    for (Leaving& entry : leaving_) connections.push_back(entry.connection);
    pending.swap(pending_);
    changed_.notify_all();
  }
  if (resolver_) resolver_->Stop();
  const base::Status why(POLYCALL_CANCELLED, "the channel was freed");
  for (Pending& entry : pending) entry.call->EndLocally(why);
  for (auto& connection : connections) connection->Close(why);
  inline_.store(nullptr);
  maintenance_.StopAndWait();
  if (base::Reactor::Global().Cancel(&pending_timer_)) {
    base::MutexLock lock(mutex_);
    timer_set_ = false;
  }
  base::MutexLock lock(mutex_);
  const auto connected = [this]() NO_THREAD_SAFETY_ANALYSIS {
    for (const SubchannelRef& sub : subs_) {
      if (sub->connection) return true;
    }
    return !leaving_.empty();
  };
  // Another thread may be closing a connection: it tells us last of all.
  while (LiveOf(live_.load()) > 0 || connected() || errands_ > 0 || serving_pending_ ||
         timer_set_) {
    changed_.wait_for(mutex_, std::chrono::milliseconds(1));
  }
}

base::Ref<transport::Connection> Channel::Current() {
  base::MutexLock lock(mutex_);
  return PickLocked();
}

int64_t Channel::WaitAfter(uint32_t failures) {
  base::MutexLock lock(mutex_);
  return backoff_.After(failures);
}

// Numbers of the peer's methods, in the order of its table.
void Channel::MapMethods(const negotiation::Accept& accept, transport::Connection& connection) {
  for (const polycall_method* method : methods_->All()) {
    uint16_t number = 0;
    for (const negotiation::ServiceInfo& service : accept.services) {
      for (const negotiation::MethodInfo& info : service.methods) {
        if (service.name == method->service && info.name == method->method) {
          connection.MapMethod(method->index, number);
        }
        ++number;
      }
    }
  }
}

void Channel::MapMethod(const polycall_method& method) {
  base::MutexLock lock(mutex_);
  for (const SubchannelRef& sub : subs_) {
    if (!sub->connection) continue;
    uint16_t number = 0;
    for (const negotiation::ServiceInfo& service : sub->last.accept.services) {
      for (const negotiation::MethodInfo& info : service.methods) {
        if (service.name == method.service && info.name == method.method) {
          sub->connection->MapMethod(method.index, number);
        }
        ++number;
      }
    }
  }
}

// One attempt at one address: dials, upgrades, opens. `connection` is empty if it failed.
negotiation::Outcome Channel::Negotiate(const SubchannelRef& sub,
                                        base::Ref<transport::Connection>* connection) {
  negotiation::Target target;
  bool connected;  // calls have a way already
  {
    base::MutexLock lock(mutex_);
    target = sub->address.target;
    connected = HasConnection();
  }
  const base::Aside aside(connected);
  base::GiveWay();
  const int64_t deadline = base::DeadlineAfter(options_.connect_timeout_ns);
  negotiation::Outcome outcome = negotiation::Connect(target, options_.transports, options_.limits,
                                                      options_.tls, options_.user_agent, deadline);
  if (!outcome.status.ok()) return outcome;
  base::GiveWay();
  *connection = outcome.dialed->Open(outcome.agreed, this);
  outcome.dialed.reset();
  // Two ends that met over unix may have agreed on shared memory.
  outcome.transport = (*connection)->transport();
  if (!negotiation::IsAllowed(outcome.transport, options_.transports)) {
    outcome.status = base::FailedPrecondition(
        "the peer refused the transports that the channel allows, and left " + outcome.transport +
        "; add it to the channel's transports, or let the server speak what the channel wants");
    (*connection)->ForgetObserver();
    (*connection)->Close(outcome.status);
    *connection = nullptr;
    return outcome;
  }
  for (negotiation::Attempt& attempt : outcome.attempts) {
    if (attempt.chosen) attempt.transport = outcome.transport;
  }
  return outcome;
}

// The same, and puts the connection to use. The caller holds the right to (sub->dialing).
base::Status Channel::Dial(const SubchannelRef& sub, base::Ref<transport::Connection>* out) {
  base::Ref<transport::Connection> connection;
  negotiation::Outcome outcome = Negotiate(sub, &connection);
  const bool installed = connection && Install(sub, connection, &outcome);
  const int64_t backoff = installed ? 0 : WaitAfter(sub->failures);
  base::MutexLock lock(mutex_);
  sub->dialing = false;
  changed_.notify_all();
  if (installed) {
    *out = std::move(connection);
    return {};
  }
  base::Status status = outcome.status;
  ++sub->failures;
  sub->next_attempt = base::DeadlineAfter(backoff);
  sub->last_error = last_error_ = status;
  sub->last = std::move(outcome);
  POLYCALL_LOG(POLYCALL_LOG_INFO,
               "cannot connect to " + sub->address.text + ": " + std::string(status.message()));
  if (resolver_ && !closing_) resolver_->Refresh();
  // Nobody else comes back to an address that could not be reached, unless a call needs it.
  if (!closing_ && subs_.size() > 1) maintenance_.RunSoon();
  return status;
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
    if ((*out = PickLocked())) {
      mutex_.Unlock();
      return {};
    }
    if (resolver_ && !resolving_) {
      resolving_ = true;
      mutex_.Unlock();
      resolver_->Start(this);  // not under the lock: it may tell us at once
      mutex_.Lock();
      continue;
    }
    const int64_t now = base::NowNs();
    if (now >= deadline) {
      const std::string last(last_error_.message());
      mutex_.Unlock();
      return base::DeadlineExceeded("no connection to " + options_.target_text +
                                    " before the deadline" +
                                    (last.empty() ? "" : "; the last attempt: " + last));
    }
    int64_t next = base::kNever;
    if (const SubchannelRef sub = Dialable(now, &next)) {
      sub->dialing = true;
      // Nor can a thread that connects hear that its call was cancelled.
      if (deadline < now + options_.connect_timeout_ns || (call != nullptr && call->shared)) {
        DialElsewhere(sub);
        continue;
      }
      mutex_.Unlock();
      base::Reactor::YieldIfLeading();
      base::Status status = Dial(sub, out);
      if (status.ok()) return status;
      mutex_.Lock();
      // Another thread may have reached another address meanwhile.
      const bool others =
          Dialable(base::NowNs(), &next) != nullptr || AnyDialing() || !ready_.empty();
      if (!others && (!wait_for_ready || (status.code() != POLYCALL_UNAVAILABLE &&
                                          status.code() != POLYCALL_DEADLINE_EXCEEDED))) {
        mutex_.Unlock();
        return status;
      }
      continue;
    }
    if (!wait_for_ready && !AnyDialing()) {
      // In back-off after a failure: the failure is the answer.
      base::Status status;
      if (!subs_.empty()) {
        status = last_error_;
      } else if (resolved_) {
        status = base::Unavailable(resolution_.unavailable.empty()
                                       ? options_.target_text + " stands for no address now"
                                       : resolution_.unavailable);
      } else {
        status = resolve_error_;
      }
      if (!status.ok()) {
        mutex_.Unlock();
        return status;
      }
    }
    changed_.wait_for(mutex_, std::chrono::nanoseconds(std::min(std::min(deadline, next) - now,
                                                                50 * base::kMillisecond)));
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
    waiter.Wait(std::min(deadline, base::DeadlineAfter(WaitAfter(call.attempts() - 2))));
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
        base::Ref<transport::Connection> own = Current();  // each by the policy
        AttachNow(*call, own ? std::move(own) : connection);
      } else {
        call->EndLocally(status);
      }
    }
  }
}

polycall_channel_state Channel::state() {
  base::MutexLock lock(mutex_);
  for (const auto& connection : ready_) {
    if (connection->usable()) return POLYCALL_CHANNEL_READY;
  }
  if (AnyDialing()) return POLYCALL_CHANNEL_CONNECTING;
  for (const SubchannelRef& sub : subs_) {
    if (sub->failures > 0) return POLYCALL_CHANNEL_TRANSIENT_FAILURE;
  }
  if (!resolving_) return POLYCALL_CHANNEL_IDLE;
  if (!resolved_ && resolve_error_.ok()) return POLYCALL_CHANNEL_CONNECTING;
  return subs_.empty() ? POLYCALL_CHANNEL_TRANSIENT_FAILURE : POLYCALL_CHANNEL_IDLE;
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
