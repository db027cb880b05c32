// What a channel does in the background, on pool threads: reconnecting, looking for a better way, hosting
// modules, letting go of connections that were replaced. Callers' threads have no part in it: a move is
// one exchange of pointers under the lock that every call takes anyway.
#include <algorithm>
#include <cstring>
#include <utility>

#include "base/log.h"
#include "channel/channel.h"
#include "negotiation/ranking.h"

namespace polycall::channel {
namespace {

// How often an inproc connection that was left is asked whether its last call has ended.
constexpr int64_t kAskAgain = 20 * base::kMillisecond;

}  // namespace

// One piece of work on a pool thread. The channel waits for it.
struct Channel::Errand {
  Channel* channel;
  void (*run)(Errand& errand);
  SubchannelRef sub;
  negotiation::InprocModule module;
  base::Task task;
};

// Takes the errand.
void Channel::Send(Errand* errand) {
  ++errands_;
  errand->task.context = errand;
  errand->task.run = [](base::Task* task) {
    const std::unique_ptr<Errand> self(static_cast<Errand*>(task->context));
    Channel* channel = self->channel;
    self->run(*self);
    self->sub = nullptr;
    base::MutexLock lock(channel->mutex_);
    --channel->errands_;
    channel->changed_.notify_all();
  };
  base::Reactor::Global().Execute(&errand->task);
}

// An attempt is the channel's, not the call's: one for a call whose deadline may come first goes on
// without it.
void Channel::DialElsewhere(const SubchannelRef& sub) {
  sub->dialing = true;
  auto errand = std::make_unique<Errand>(Errand{this, nullptr, sub, {}, {}});
  errand->run = [](Errand& self) {
    base::Ref<transport::Connection> connection;
    [[maybe_unused]] const base::Status status =
        self.channel->Dial(self.sub, &connection);  // who waits looks himself
    self.channel->maintenance_.RunSoon();
  };
  Send(errand.release());
}

// Whether an address without a connection is to be connected now, though no call waits for it; if later,
// `next` says when.
bool Channel::Wanted(const Subchannel& sub, int64_t now, int64_t* next) {
  if (!sub.listed || sub.dialing || sub.connected()) return false;
  bool outlived = false;  // a connection is in use that the resolver names no more
  for (const SubchannelRef& other : subs_) {
    if (!other->connected()) continue;
    if (other->listed && other->hosted) return false;
    if (!other->listed) outlived = true;
    const bool spreads = balancer_->spreads() || options_.hedging_delay_ns > 0;
    if (other->listed && other->address.ready && !spreads && !sub.hosted) return false;
  }
  if (!sub.hosted && !outlived) {
    const bool spreads = balancer_->spreads() || options_.hedging_delay_ns > 0;
    // The front door is dialed for a call; and the first address that answers by who needs it.
    const bool replaces_door = sub.address.ready && !ready_.empty();
    if (!replaces_door && (!spreads || !sub.address.ready)) return false;
  }
  if (sub.next_attempt > now) {
    *next = std::min(*next, sub.next_attempt);
    return false;
  }
  return true;
}

// Whether a new handshake could lead to a better transport than the one in use.
bool Channel::MayBecomeBetter(const Subchannel& sub) {
  if (!sub.connected() || !sub.listed || sub.hosted) return false;
  return negotiation::MayBecomeBetter(sub.address.target, options_.transports,
                                      sub.connection->transport(), sub.last.accept);
}

int64_t Channel::Maintain() {
  std::vector<base::Ref<transport::Connection>> drains;
  std::vector<negotiation::Wiring> wirings;
  bool report = false;
  int64_t next = base::kNever;
  {
    base::MutexLock lock(mutex_);
    if (closing_) return base::kNever;
    const int64_t now = base::NowNs();
    for (Leaving& entry : leaving_) {
      if (entry.drain_at <= now) {
        drains.push_back(entry.connection);
        const bool inproc = std::string_view(entry.connection->transport()) == "inproc";
        entry.drain_at = inproc ? now + kAskAgain : base::kNever;
      }
      next = std::min(next, entry.drain_at);
    }
    const std::vector<SubchannelRef> subs = subs_;
    const bool spreads = balancer_->spreads() || options_.hedging_delay_ns > 0;
    for (const SubchannelRef& sub : subs) {
      if (!spreads && !sub->hosted && AnyDialing()) break;  // one after the other
      if (Wanted(*sub, now, &next)) DialElsewhere(sub);
    }
    if (options_.rewire_interval_ns > 0 && next_probe_ != 0) {
      const bool due = next_probe_ <= now;
      const uint64_t count = live_.load(std::memory_order_relaxed);
      const bool used = count / kBegun != begun_at_probe_ || LiveOf(count) > 0;
      bool any = false;
      for (const SubchannelRef& sub : subs) {
        const bool better = MayBecomeBetter(*sub);
        // With pick-first every address before the one in use is preferred to it.
        const bool preferred = !spreads && sub->listed && sub->address.ready && !sub->hosted &&
                               !sub->connection && !ready_.empty() && !ConnectedBefore(*sub);
        any = any || better || preferred || sub->dialing;
        if (!due || !used || sub->dialing) continue;
        if (better) {
          sub->dialing = true;
          auto errand = std::make_unique<Errand>(Errand{this, nullptr, sub, {}, {}});
          errand->run = [](Errand& self) { self.channel->Probe(self.sub); };
          Send(errand.release());
        } else if (preferred && sub->next_attempt <= now) {
          DialElsewhere(sub);
        }
      }
      if (due) {
        begun_at_probe_ = count / kBegun;
        next_probe_ = now + options_.rewire_interval_ns;
      }
      if (any) next = std::min(next, next_probe_);
    }
    if (options_.host_module != nullptr && !resolution_.inproc.empty() && !hosting_ &&
        !(resolution_.inproc == hosted_module_)) {
      hosting_ = true;
      hosted_module_ = resolution_.inproc;
      auto errand = std::make_unique<Errand>(Errand{this, nullptr, nullptr, hosted_module_, {}});
      errand->run = [](Errand& self) { self.channel->HostModule(self.module); };
      Send(errand.release());
    }
    if (scheduler_) {
      wirings = Wirings();
      report = !(wirings == reported_);
      if (report) reported_ = wirings;
    }
  }
  for (auto& connection : drains) connection->Drain();
  if (report) scheduler_->Report(options_.target_text.substr(strlen("polycall:///")), wirings);
  return next;
}

// Whether an address before `sub` takes calls.
bool Channel::ConnectedBefore(const Subchannel& sub) {
  for (const SubchannelRef& other : subs_) {
    if (other.get() == &sub) return false;
    if (other->connected() && other->listed) return true;
  }
  return false;
}

// Looks for a better way to an address that has one, and takes it. What fails leaves all as it was.
void Channel::Probe(const SubchannelRef& sub) {
  base::Ref<transport::Connection> connection;
  negotiation::Outcome outcome = Negotiate(sub, &connection);
  bool better = false;
  {
    base::MutexLock lock(mutex_);
    sub->dialing = false;
    changed_.notify_all();
    if (connection && sub->connection) {
      better = negotiation::Rank(connection->transport(), options_.transports) <
               negotiation::Rank(sub->connection->transport(), options_.transports);
    }
    if (!better && sub->connection && outcome.transport == sub->connection->transport()) {
      sub->last.attempts = outcome.attempts;  // what `explain` tells is of now
    }
  }
  if (!connection) return;
  const std::string address = outcome.address;
  if (better) {
    if (Install(sub, connection, &outcome)) {
      POLYCALL_LOG(POLYCALL_LOG_INFO, "rewired " + options_.target_text + " to " + address);
    }
    return;
  }
  connection->ForgetObserver();
  connection->Close(base::Status(POLYCALL_CANCELLED, "no better than what is in use"));
}

// Hosts the module that the resolver offers, and makes it the address that is preferred to all others.
void Channel::HostModule(const negotiation::InprocModule& module) {
  std::string text;
  base::Status status = options_.host_module(module, &text);
  negotiation::Address address;
  if (status.ok()) {
    address.text = text;
    status = negotiation::ParseTarget(text, &address.target);
  }
  if (!status.ok()) {
    POLYCALL_LOG(POLYCALL_LOG_WARNING, "cannot host " + module.module +
                                           " in this process: " + std::string(status.message()));
  }
  base::MutexLock lock(mutex_);
  hosting_ = false;
  if (closing_ || !status.ok()) return;
  auto sub = std::make_shared<Subchannel>(std::move(address));
  sub->hosted = true;
  sub->listed = resolution_.inproc == module;
  subs_.insert(subs_.begin(), sub);
  DialElsewhere(sub);
}

}  // namespace polycall::channel
