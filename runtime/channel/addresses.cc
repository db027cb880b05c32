// What a channel's target stands for, and which of its connections take calls.
#include <algorithm>
#include <string>
#include <utility>

#include "base/log.h"
#include "channel/channel.h"

namespace polycall::channel {
namespace {

// So long a connection that was replaced stays open for calls that have just picked it.
constexpr int64_t kLinger = 20 * base::kMillisecond;

}  // namespace

// The next call's connection. With one candidate, which is the common case, nobody is asked.
base::Ref<transport::Connection> Channel::PickLocked(const transport::Connection* other_than) {
  const size_t count = ready_.size();
  if (count == 0) return nullptr;
  const size_t first = count == 1 ? 0 : balancer_->Pick(ready_);
  for (size_t i = 0; i < count; ++i) {
    const auto& candidate = ready_[first + i < count ? first + i : first + i - count];
    if (candidate.get() != other_than && candidate->usable()) return candidate;
  }
  return nullptr;
}

// An address to dial for a call that waits; `next`: when there will be one.
SubchannelRef Channel::Dialable(int64_t now, int64_t* next) {
  *next = base::kNever;
  for (const bool ready : {true, false}) {
    for (const SubchannelRef& sub : subs_) {
      if (sub->address.ready != ready || sub->dialing || !sub->listed) continue;
      if (sub->connected()) continue;
      if (sub->next_attempt <= now) return sub;
      *next = std::min(*next, sub->next_attempt);
    }
  }
  return nullptr;
}

bool Channel::AnyDialing() {
  return std::any_of(subs_.begin(), subs_.end(),
                     [](const SubchannelRef& sub) { return sub->dialing; });
}

bool Channel::HasConnection() {
  return std::any_of(subs_.begin(), subs_.end(),
                     [](const SubchannelRef& sub) { return sub->connected(); });
}

// After every change: which connections take calls from now on, and which leave.
void Channel::Rebuild() {
  const bool any_listed = std::any_of(subs_.begin(), subs_.end(), [&](const SubchannelRef& sub) {
    return sub->listed && sub->connected();
  });
  const bool hosted = std::any_of(subs_.begin(), subs_.end(), [&](const SubchannelRef& sub) {
    return sub->hosted && sub->listed && sub->connected();
  });
  // A front door is for the time until somebody serves.
  const bool any_serving = std::any_of(subs_.begin(), subs_.end(), [&](const SubchannelRef& sub) {
    return sub->listed && sub->address.ready && sub->connected();
  });
  const bool spreads = balancer_->spreads() || options_.hedging_delay_ns > 0;
  // An address that is listed no more serves until one that is takes over; when none is to come, it
  // goes.
  const bool none_to_come = resolved_ && !resolution_.unavailable.empty();
  Candidates ready;
  std::vector<SubchannelRef> kept;
  for (SubchannelRef& sub : subs_) {
    const bool superseded = (!sub->listed && (any_listed || none_to_come)) ||
                            (hosted && !sub->hosted) || (any_serving && !sub->address.ready) ||
                            (!spreads && !ready.empty());
    if (sub->connected()) {
      if (superseded) {
        Leave(std::exchange(sub->connection, nullptr), false);
      } else {
        ready.push_back(sub->connection);
      }
    }
    if (sub->listed || sub->connection || sub->dialing) kept.push_back(std::move(sub));
  }
  subs_.swap(kept);
  ready_.swap(ready);
  const bool inline_now =
      ready_.size() == 1 && std::string_view(ready_[0]->transport()) == "inproc";
  inline_.store(inline_now ? ready_[0].get() : nullptr, std::memory_order_release);
  changed_.notify_all();
}

// `drains`: it does so by itself.
void Channel::Leave(base::Ref<transport::Connection> connection, bool drains) {
  if (std::string_view(connection->transport()) == "inproc") retired_.push_back(connection);
  const int64_t at = drains ? base::kNever : base::DeadlineAfter(kLinger);
  leaving_.push_back({std::move(connection), at});
  if (!drains) maintenance_.RunAt(at);
}

// Takes a connection out of everything that knows it. Returns the address that had it, or NULL.
SubchannelRef Channel::Forget(transport::Connection* connection) {
  SubchannelRef owner;
  for (const SubchannelRef& sub : subs_) {
    if (sub->connection.get() == connection) owner = sub;
  }
  const bool inproc = std::string_view(connection->transport()) == "inproc";
  if (owner) {
    if (inproc) retired_.push_back(owner->connection);
    owner->connection = nullptr;
  }
  std::erase_if(leaving_,
                [&](const Leaving& entry) { return entry.connection.get() == connection; });
  return owner;
}

// Puts a connection to use. False: the channel closes, or it has ended meanwhile; `outcome` then says so.
bool Channel::Install(const SubchannelRef& sub, const base::Ref<transport::Connection>& connection,
                      negotiation::Outcome* outcome) {
  bool closing;
  {
    base::MutexLock lock(mutex_);
    closing = closing_;
    // One that ended while we opened it has told so already, when we did not know it.
    if (!closing && connection->usable()) {
      if (sub->connection) {
        Leave(std::exchange(sub->connection, nullptr), false);
        ++rewired_;
      }
      // Under the lock, so that no method that is just being added is missed.
      MapMethods(outcome->accept, *connection);
      sub->connection = connection;
      sub->failures = 0;
      sub->next_attempt = 0;
      sub->last_error = last_error_ = base::Status();
      sub->last = std::move(*outcome);
      Rebuild();
      if (options_.rewire_interval_ns > 0) {
        if (next_probe_ == 0) next_probe_ = base::DeadlineAfter(options_.rewire_interval_ns);
        if (subs_.size() > 1 || MayBecomeBetter(*sub)) maintenance_.RunAt(next_probe_);
      }
      if (scheduler_) maintenance_.RunSoon();
      return true;
    }
  }
  outcome->status =
      closing ? base::Status(POLYCALL_CANCELLED, "the channel was freed")
              : base::Unavailable("the peer ended the connection right after the handshake");
  connection->Close(outcome->status);
  // Another thread may be closing it too, and has not told us yet: we need not wait for that.
  connection->ForgetObserver();
  return false;
}

void Channel::OnResolution(negotiation::Resolution resolution) {
  {
    base::MutexLock lock(mutex_);
    if (closing_) return;
    std::vector<SubchannelRef> next;
    for (negotiation::Address& address : resolution.addresses) {
      const auto same = [&](const SubchannelRef& sub) {
        return sub && !sub->hosted && sub->address.text == address.text;
      };
      auto it = std::find_if(subs_.begin(), subs_.end(), same);
      if (it == subs_.end()) {
        next.push_back(std::make_shared<Subchannel>(address));
        continue;
      }
      // News of an address is a reason to try it at once.
      if (address.ready && !(*it)->address.ready) (*it)->next_attempt = 0;
      (*it)->address = address;
      (*it)->listed = true;
      next.push_back(std::move(*it));
    }
    for (SubchannelRef& sub : subs_) {
      if (!sub) continue;
      if (sub->hosted) {
        sub->listed = !resolution.inproc.empty();
        next.insert(next.begin(), std::move(sub));
      } else {
        sub->listed = false;
        next.push_back(std::move(sub));
      }
    }
    subs_.swap(next);
    const polycall_balancing policy = options_.balancing != POLYCALL_BALANCING_DEFAULT
                                          ? options_.balancing
                                          : resolution.balancing;
    if (!resolved_ || resolution.balancing != resolution_.balancing) {
      balancer_ = MakeBalancer(policy);
    }
    const bool hosted =
        std::any_of(subs_.begin(), subs_.end(), [](const auto& sub) { return sub->hosted; });
    if (!hosted && !hosting_) hosted_module_ = {};  // it may be tried again
    call_time_ns_.store(resolution.call_time_ns, std::memory_order_relaxed);
    resolution_ = std::move(resolution);
    resolved_ = true;
    resolve_error_ = base::Status();
    Rebuild();
  }
  maintenance_.RunSoon();
  SchedulePending(0);
}

void Channel::OnResolveError(const base::Status& status) {
  base::MutexLock lock(mutex_);
  resolve_error_ = status;
  changed_.notify_all();
}

void Channel::OnDraining(transport::Connection* connection) {
  base::MutexLock lock(mutex_);
  SubchannelRef sub;
  for (const SubchannelRef& each : subs_) {
    if (each->connection.get() == connection) sub = each;
  }
  if (!sub) return;
  Leave(std::exchange(sub->connection, nullptr), true);
  Rebuild();
  if (!closing_ && (subs_.size() > 1 || resolver_ != nullptr)) maintenance_.RunSoon();
}

void Channel::OnClosed(transport::Connection* connection, const base::Status& why) {
  // The lock is the last that is touched: the destructor waits for this.
  base::MutexLock lock(mutex_);
  if (const SubchannelRef sub = Forget(connection)) sub->last_error = last_error_ = why;
  Rebuild();
  if (!closing_ && (subs_.size() > 1 || resolver_ != nullptr)) maintenance_.RunSoon();
}

std::vector<negotiation::Wiring> Channel::Wirings() {
  std::vector<negotiation::Wiring> wirings;
  for (const SubchannelRef& sub : subs_) {
    if (!sub->connected()) continue;
    if (sub->hosted) {
      wirings.push_back({"", "", "inproc"});
    } else {
      wirings.push_back({sub->address.instance, sub->address.text, sub->connection->transport()});
    }
  }
  return wirings;
}

}  // namespace polycall::channel
