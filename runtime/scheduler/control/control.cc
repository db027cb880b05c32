#include "control/control.h"

#include <charconv>

#include "control/feed.h"

namespace polycall::scheduler {
namespace {

constexpr size_t kWaitingEntries = 20'000;

Status NoService(const std::string& name, const Fleet& fleet) {
  std::string known;
  for (const auto& [other, service] : fleet.services()) {
    known += (known.empty() ? "" : ", ") + other;
  }
  return NotFoundError("there is no service '" + name + "'; " +
                       (known.empty() ? "no manifest was read" : "there is " + known));
}

Status Denied(const char* what, const char* role) {
  return PermissionDeniedError(std::string(what) + " needs the role of an " + role +
                               "; see `polycall explain` for who you are to polycalld");
}

bool Concerns(const v1::LogLine& line, const std::string& name) {
  return name.empty() || line.service() == name || line.instance() == name;
}

}  // namespace

Role Roles::Of(const std::string& peer) const {
  const size_t at = peer.rfind(",uid=");
  if (!peer.starts_with("unix:") || at == std::string::npos) {
    return Role::kViewer;
  }
  uint32_t uid = 0;
  const char* const begin = peer.data() + at + 5;
  if (std::from_chars(begin, peer.data() + peer.size(), uid).ec != std::errc()) {
    return Role::kViewer;
  }
  if (uid == 0 || uid == own_uid) {
    return Role::kAdmin;
  }
  return operators.contains(uid) ? Role::kOperator : Role::kViewer;
}

Control::Control(Shared& shared, Fleet& fleet, Roles roles, std::string manifests)
    : shared_(shared), fleet_(fleet), roles_(std::move(roles)), manifests_(std::move(manifests)) {}

void Control::Resolve(ServerContext& context, const v1::ResolveRequest& request,
                      ServerWriter<v1::Resolution>& writer, Responder<void> done) {
  auto feed = std::make_shared<Feed<v1::Resolution>>(shared_.loop, writer, std::move(done));
  context.OnCancel([&loop = shared_.loop, feed] {
    loop.Post([feed] { feed->End(CancelledError("the caller has gone")); });
  });
  shared_.loop.Post([this, feed, name = request.name()] {
    ServiceController* const service = fleet_.Find(name);
    if (service == nullptr) {
      feed->End(NoService(name, fleet_));
      return;
    }
    const auto changed = [this, feed, name] {
      if (ServiceController* const now = fleet_.Find(name)) {
        feed->SendLatest(now->Resolve());
      } else {
        feed->End(UnavailableError("the service '" + name + "' was taken away"));
      }
    };
    const uint64_t watch = service->Watch(changed);
    feed->ended = [this, name, watch] {
      if (ServiceController* const now = fleet_.Find(name)) {
        now->Unwatch(watch);
      }
    };
    changed();
  });
}

void Control::List(ServerContext&, const v1::ListRequest& request,
                   Responder<v1::ListResponse> done) {
  auto answer = std::make_shared<Responder<v1::ListResponse>>(std::move(done));
  shared_.loop.Post([this, answer, name = request.name()] {
    v1::ListResponse response;
    for (const auto& [other, service] : fleet_.services()) {
      if (name.empty() || name == other) {
        *response.add_services() = service->Describe();
      }
    }
    if (!name.empty() && response.services().empty()) {
      answer->Finish(NoService(name, fleet_));
    } else {
      answer->Finish(response);
    }
  });
}

void Control::Events(ServerContext& context, const v1::EventsRequest& request,
                     ServerWriter<v1::Event>& writer, Responder<void> done) {
  auto feed = std::make_shared<Feed<v1::Event>>(shared_.loop, writer, std::move(done));
  context.OnCancel([&loop = shared_.loop, feed] {
    loop.Post([feed] { feed->End(CancelledError("the caller has gone")); });
  });
  shared_.loop.Post([this, feed, follow = request.follow()] {
    for (const v1::Event& event : shared_.events.entries()) {
      feed->Send(event, kWaitingEntries);
    }
    if (!follow) {
      feed->EndAfterAll();
      return;
    }
    const uint64_t id = shared_.events.Follow(
        [feed](const v1::Event& event) { feed->Send(event, kWaitingEntries); });
    feed->ended = [this, id] { shared_.loop.Post([this, id] { shared_.events.Unfollow(id); }); };
  });
}

void Control::Logs(ServerContext& context, const v1::LogsRequest& request,
                   ServerWriter<v1::LogLine>& writer, Responder<void> done) {
  auto feed = std::make_shared<Feed<v1::LogLine>>(shared_.loop, writer, std::move(done));
  context.OnCancel([&loop = shared_.loop, feed] {
    loop.Post([feed] { feed->End(CancelledError("the caller has gone")); });
  });
  shared_.loop.Post([this, feed, follow = request.follow(), name = request.name()] {
    for (const v1::LogLine& line : shared_.logs.entries()) {
      if (Concerns(line, name)) {
        feed->Send(line, kWaitingEntries);
      }
    }
    if (!follow) {
      feed->EndAfterAll();
      return;
    }
    const uint64_t id = shared_.logs.Follow([feed, name](const v1::LogLine& line) {
      if (Concerns(line, name)) {
        feed->Send(line, kWaitingEntries);
      }
    });
    feed->ended = [this, id] { shared_.loop.Post([this, id] { shared_.logs.Unfollow(id); }); };
  });
}

void Control::Apply(ServerContext& context, const v1::ApplyRequest& request,
                    Responder<v1::ApplyResponse> done) {
  if (roles_.Of(context.peer()) != Role::kAdmin) {
    return done.Finish(Denied("Apply", "admin"));
  }
  auto answer = std::make_shared<Responder<v1::ApplyResponse>>(std::move(done));
  shared_.loop.Post(
      [this, answer, folder = request.folder().empty() ? manifests_ : request.folder()] {
        answer->Finish(fleet_.Apply(LoadManifests(folder)));
      });
}

void Control::Scale(ServerContext& context, const v1::ScaleRequest& request,
                    Responder<v1::ScaleResponse> done) {
  if (roles_.Of(context.peer()) == Role::kViewer) {
    return done.Finish(Denied("Scale", "operator"));
  }
  if (request.min() > request.max() || request.max() > 10'000) {
    return done.Finish(InvalidArgumentError("min may be at most max, and max at most 10,000"));
  }
  auto answer = std::make_shared<Responder<v1::ScaleResponse>>(std::move(done));
  shared_.loop.Post([this, answer, request] {
    ServiceController* const service = fleet_.Find(request.name());
    if (service == nullptr) {
      return answer->Finish(NoService(request.name(), fleet_));
    }
    service->Scale(request.min(), request.max());
    answer->Finish(v1::ScaleResponse());
  });
}

void Control::Stop(ServerContext& context, const v1::StopRequest& request,
                   Responder<v1::StopResponse> done) {
  if (roles_.Of(context.peer()) == Role::kViewer) {
    return done.Finish(Denied("Stop", "operator"));
  }
  auto answer = std::make_shared<Responder<v1::StopResponse>>(std::move(done));
  shared_.loop.Post([this, answer, name = request.name()] {
    if (ServiceController* const service = fleet_.Find(name)) {
      service->Stop();
    } else if (ServiceController* const owner = fleet_.FindOwner(name);
               owner == nullptr || !owner->StopInstance(name)) {
      return answer->Finish(NoService(name, fleet_));
    }
    answer->Finish(v1::StopResponse());
  });
}

void Control::Start(ServerContext& context, const v1::StartRequest& request,
                    Responder<v1::StartResponse> done) {
  if (roles_.Of(context.peer()) == Role::kViewer) {
    return done.Finish(Denied("Start", "operator"));
  }
  auto answer = std::make_shared<Responder<v1::StartResponse>>(std::move(done));
  shared_.loop.Post([this, answer, name = request.name()] {
    ServiceController* const service = fleet_.Find(name);
    if (service == nullptr) {
      return answer->Finish(NoService(name, fleet_));
    }
    service->Start();
    answer->Finish(v1::StartResponse());
  });
}

}  // namespace polycall::scheduler
