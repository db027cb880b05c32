#include "control/control.h"

#include <polycall/polycall.h>
#include <unistd.h>

namespace polycall::scheduler {

using std::chrono::nanoseconds;

Control::Control(Shared& shared, Fleet& fleet, Roles roles, Identity identity,
                 std::function<void()> end)
    : shared_(shared),
      fleet_(fleet),
      roles_(std::move(roles)),
      identity_(std::move(identity)),
      end_(std::move(end)),
      meter_(shared.loop, fleet, callers_) {}

Status Control::NoService(const std::string& name) const {
  std::string known;
  for (const auto& [other, service] : fleet_.services()) {
    known += (known.empty() ? "" : ", ") + other;
  }
  return NotFoundError("there is no service '" + name + "'; " +
                       (known.empty() ? "no manifest was read" : "there is " + known));
}

v1::Snapshot Control::Look() {
  v1::Snapshot snapshot = meter_.Look();
  snapshot.set_pid(getpid());
  snapshot.set_age((EventLoop::Clock::now() - identity_.started) / nanoseconds(1));
  snapshot.set_version(polycall_version());
  snapshot.set_manifests(identity_.manifests);
  return snapshot;
}

void Control::List(ServerContext& context, const v1::ListRequest& request,
                   Responder<v1::ListResponse> done) {
  if (Status status = roles_.Check(context.peer(), Role::kViewer, "List"); !status.ok()) {
    return done.Finish(status);
  }
  auto answer = std::make_shared<Responder<v1::ListResponse>>(std::move(done));
  shared_.loop.Post([this, answer, name = request.name()] {
    v1::ListResponse response;
    for (const auto& [other, service] : fleet_.services()) {
      if (name.empty() || name == other) {
        v1::Service& described = *response.add_services() = service->Describe();
        meter_.AddRates(&described);
      }
    }
    if (!name.empty() && response.services().empty()) {
      answer->Finish(NoService(name));
    } else {
      answer->Finish(response);
    }
  });
}

void Control::Introduce(ServerContext& context, const v1::IntroduceRequest&,
                        Responder<v1::IntroduceResponse> done) {
  const Peer peer = Peer::Of(context.peer());
  v1::IntroduceResponse response;
  response.set_role(RoleName(roles_.Of(peer)));
  response.set_peer(peer.text);
  response.set_version(polycall_version());
  response.set_pid(getpid());
  response.set_manifests(identity_.manifests);
  response.set_page(identity_.page);
  done.Finish(response);
}

void Control::Apply(ServerContext& context, const v1::ApplyRequest& request,
                    Responder<v1::ApplyResponse> done) {
  if (Status status = roles_.Check(context.peer(), Role::kAdmin, "Apply"); !status.ok()) {
    return done.Finish(status);
  }
  auto answer = std::make_shared<Responder<v1::ApplyResponse>>(std::move(done));
  shared_.loop.Post(
      [this, answer, folder = request.folder().empty() ? identity_.manifests : request.folder()] {
        answer->Finish(fleet_.Apply(LoadManifests(folder)));
      });
}

void Control::Scale(ServerContext& context, const v1::ScaleRequest& request,
                    Responder<v1::ScaleResponse> done) {
  if (Status status = roles_.Check(context.peer(), Role::kOperator, "Scale"); !status.ok()) {
    return done.Finish(status);
  }
  if (request.min() > request.max() || request.max() > 10'000) {
    return done.Finish(InvalidArgumentError("min may be at most max, and max at most 10,000"));
  }
  auto answer = std::make_shared<Responder<v1::ScaleResponse>>(std::move(done));
  shared_.loop.Post([this, answer, request] {
    ServiceController* const service = fleet_.Find(request.name());
    if (service == nullptr) {
      return answer->Finish(NoService(request.name()));
    }
    service->Scale(request.min(), request.max());
    answer->Finish(v1::ScaleResponse());
  });
}

void Control::Stop(ServerContext& context, const v1::StopRequest& request,
                   Responder<v1::StopResponse> done) {
  if (Status status = roles_.Check(context.peer(), Role::kOperator, "Stop"); !status.ok()) {
    return done.Finish(status);
  }
  auto answer = std::make_shared<Responder<v1::StopResponse>>(std::move(done));
  shared_.loop.Post([this, answer, name = request.name()] {
    if (ServiceController* const service = fleet_.Find(name)) {
      service->Stop();
    } else if (ServiceController* const owner = fleet_.FindOwner(name);
               owner == nullptr || !owner->StopInstance(name)) {
      return answer->Finish(NoService(name));
    }
    answer->Finish(v1::StopResponse());
  });
}

void Control::Start(ServerContext& context, const v1::StartRequest& request,
                    Responder<v1::StartResponse> done) {
  if (Status status = roles_.Check(context.peer(), Role::kOperator, "Start"); !status.ok()) {
    return done.Finish(status);
  }
  auto answer = std::make_shared<Responder<v1::StartResponse>>(std::move(done));
  shared_.loop.Post([this, answer, name = request.name()] {
    ServiceController* const service = fleet_.Find(name);
    if (service == nullptr) {
      return answer->Finish(NoService(name));
    }
    service->Start();
    answer->Finish(v1::StartResponse());
  });
}

void Control::Shutdown(ServerContext& context, const v1::ShutdownRequest&,
                       Responder<v1::ShutdownResponse> done) {
  if (Status status = roles_.Check(context.peer(), Role::kAdmin, "Shutdown"); !status.ok()) {
    return done.Finish(status);
  }
  done.Finish(v1::ShutdownResponse());
  shared_.loop.Post(end_);
}

}  // namespace polycall::scheduler
