// What the control API tells as it happens.
#include <algorithm>

#include "control/control.h"
#include "control/feed.h"

namespace polycall::scheduler {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// Of entries, in bytes: more than what is kept, which a caller that asks gets all at once.
constexpr size_t kMostWaiting = 8 << 20;
constexpr nanoseconds kTopInterval = std::chrono::seconds(1);
constexpr nanoseconds kShortestTopInterval = milliseconds(100);
constexpr nanoseconds kLongestTopInterval = std::chrono::hours(1);

template <typename Response>
std::shared_ptr<Feed<Response>> MakeFeed(EventLoop& loop, ServerContext& context,
                                         ServerWriter<Response>& writer, Responder<void> done) {
  auto feed = std::make_shared<Feed<Response>>(loop, writer, std::move(done));
  context.OnCancel(
      [&loop, feed] { loop.Post([feed] { feed->End(CancelledError("the caller has gone")); }); });
  return feed;
}

bool Concerns(const v1::LogLine& line, const std::string& name) {
  return name.empty() || line.service() == name || line.instance() == name;
}

// One caller of Top. Kept by its timer.
struct Looker : std::enable_shared_from_this<Looker> {
  EventLoop& loop;
  Control& control;
  std::shared_ptr<Feed<v1::Snapshot>> feed;
  nanoseconds interval;

  Looker(EventLoop& loop, Control& control, std::shared_ptr<Feed<v1::Snapshot>> feed,
         nanoseconds interval)
      : loop(loop), control(control), feed(std::move(feed)), interval(interval) {}

  void Tick() {
    if (feed->open()) {
      feed->SendLatest(control.Look());
      loop.After(interval, [self = shared_from_this()] { self->Tick(); });
    }
  }
};

}  // namespace

void Control::Watch(ServerContext& context, const v1::WatchRequest& request,
                    ServerWriter<v1::Resolution>& writer, Responder<void> done) {
  const Peer peer = Peer::Of(context.peer());
  if (Status status = roles_.Check(peer.text, Role::kViewer, "Watch"); !status.ok()) {
    return done.Finish(status);
  }
  auto feed = MakeFeed(shared_.loop, context, writer, std::move(done));
  shared_.loop.Post([this, feed, peer, request] {
    ServiceController* const service = fleet_.FindByAnyName(request.service());
    if (service == nullptr) {
      feed->End(NoService(request.service()));
      return;
    }
    const std::string name = service->manifest().name();
    const auto changed = [this, feed, name, last = std::make_shared<std::string>()] {
      const ServiceController* const now = fleet_.Find(name);
      if (now == nullptr) {
        feed->End(UnavailableError("the service '" + name + "' was taken away"));
        return;
      }
      const v1::Resolution resolution = now->Resolve();
      if (std::string text = resolution.SerializeAsString(); text != *last) {
        *last = std::move(text);
        feed->SendLatest(resolution);
      }
    };
    const uint64_t watch = service->Watch(changed);
    v1::WatchRequest known = request;
    known.set_service(name);
    const uint64_t caller = callers_.Add(peer, known);
    feed->ended = [this, name, watch, caller] {
      callers_.Remove(caller);
      if (ServiceController* const now = fleet_.Find(name)) {
        now->Unwatch(watch);
      }
    };
    service->Want();
    changed();
  });
}

void Control::Report(ServerContext& context, const v1::ReportRequest& request,
                     Responder<v1::ReportResponse> done) {
  const Peer peer = Peer::Of(context.peer());
  if (Status status = roles_.Check(peer.text, Role::kViewer, "Report"); !status.ok()) {
    return done.Finish(status);
  }
  shared_.loop.Post([this, peer, report = request]() mutable {
    if (const ServiceController* const service = fleet_.FindByAnyName(report.service())) {
      report.set_service(service->manifest().name());
      callers_.Report(peer, report);
    }
  });
  done.Finish(v1::ReportResponse());
}

void Control::Top(ServerContext& context, const v1::TopRequest& request,
                  ServerWriter<v1::Snapshot>& writer, Responder<void> done) {
  if (Status status = roles_.Check(context.peer(), Role::kViewer, "Top"); !status.ok()) {
    return done.Finish(status);
  }
  const nanoseconds interval =
      request.interval() == 0
          ? kTopInterval
          : std::clamp(nanoseconds(request.interval()), kShortestTopInterval, kLongestTopInterval);
  auto feed = MakeFeed(shared_.loop, context, writer, std::move(done));
  shared_.loop.Post([this, feed, interval, once = request.once()] {
    if (once) {
      feed->SendLatest(Look());
      feed->EndAfterAll();
    } else {
      std::make_shared<Looker>(shared_.loop, *this, feed, interval)->Tick();
    }
  });
}

void Control::Events(ServerContext& context, const v1::EventsRequest& request,
                     ServerWriter<v1::Event>& writer, Responder<void> done) {
  if (Status status = roles_.Check(context.peer(), Role::kViewer, "Events"); !status.ok()) {
    return done.Finish(status);
  }
  auto feed = MakeFeed(shared_.loop, context, writer, std::move(done));
  shared_.loop.Post([this, feed, follow = request.follow()] {
    shared_.events.ForEach([&](const v1::Event& event) { feed->Send(event, kMostWaiting); });
    if (!follow) {
      feed->EndAfterAll();
      return;
    }
    const uint64_t id =
        shared_.events.Follow([feed](const v1::Event& event) { feed->Send(event, kMostWaiting); });
    // Not at once: it may be the journal itself that found the caller too slow.
    feed->ended = [this, id] { shared_.loop.Post([this, id] { shared_.events.Unfollow(id); }); };
  });
}

void Control::Logs(ServerContext& context, const v1::LogsRequest& request,
                   ServerWriter<v1::LogLine>& writer, Responder<void> done) {
  if (Status status = roles_.Check(context.peer(), Role::kViewer, "Logs"); !status.ok()) {
    return done.Finish(status);
  }
  auto feed = MakeFeed(shared_.loop, context, writer, std::move(done));
  shared_.loop.Post([this, feed, follow = request.follow(), name = request.name()] {
    if (!name.empty() && fleet_.Find(name) == nullptr && fleet_.FindOwner(name) == nullptr) {
      feed->End(NoService(name));
      return;
    }
    shared_.logs.ForEach([&](const v1::LogLine& line) {
      if (Concerns(line, name)) {
        feed->Send(line, kMostWaiting);
      }
    });
    if (!follow) {
      feed->EndAfterAll();
      return;
    }
    const uint64_t id = shared_.logs.Follow([feed, name](const v1::LogLine& line) {
      if (Concerns(line, name)) {
        feed->Send(line, kMostWaiting);
      }
    });
    feed->ended = [this, id] { shared_.loop.Post([this, id] { shared_.logs.Unfollow(id); }); };
  });
}

}  // namespace polycall::scheduler
