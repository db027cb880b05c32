// The control API, as a PolyCall service.
#ifndef POLYCALL_SCHEDULER_CONTROL_CONTROL_H_
#define POLYCALL_SCHEDULER_CONTROL_CONTROL_H_

#include <string>

#include "polycall/scheduler/v1/scheduler.polycall.h"
#include "service/fleet.h"

namespace polycall::scheduler {

enum class Role { kViewer, kOperator, kAdmin };

// Whom a caller's user lets be what: see scheduler.proto.
struct Roles {
  uint32_t own_uid = 0;
  std::set<uint32_t> operators;  // uids of the operator group's members

  // The role of a peer as ServerContext::peer() names it. Who has no known user is a viewer.
  Role Of(const std::string& peer) const;
};

// Handlers run on the runtime's threads and hand everything to the loop; no thread waits.
class Control final : public v1::Scheduler::CallbackService {
 public:
  // All are borrowed. `manifests` is the folder for an Apply that names none.
  Control(Shared& shared, Fleet& fleet, Roles roles, std::string manifests);

  void Resolve(ServerContext& context, const v1::ResolveRequest& request,
               ServerWriter<v1::Resolution>& writer, Responder<void> done) override;
  void List(ServerContext& context, const v1::ListRequest& request,
            Responder<v1::ListResponse> done) override;
  void Events(ServerContext& context, const v1::EventsRequest& request,
              ServerWriter<v1::Event>& writer, Responder<void> done) override;
  void Logs(ServerContext& context, const v1::LogsRequest& request,
            ServerWriter<v1::LogLine>& writer, Responder<void> done) override;
  void Apply(ServerContext& context, const v1::ApplyRequest& request,
             Responder<v1::ApplyResponse> done) override;
  void Scale(ServerContext& context, const v1::ScaleRequest& request,
             Responder<v1::ScaleResponse> done) override;
  void Stop(ServerContext& context, const v1::StopRequest& request,
            Responder<v1::StopResponse> done) override;
  void Start(ServerContext& context, const v1::StartRequest& request,
             Responder<v1::StartResponse> done) override;

 private:
  Shared& shared_;
  Fleet& fleet_;
  const Roles roles_;
  const std::string manifests_;
};

}  // namespace polycall::scheduler

#endif  // POLYCALL_SCHEDULER_CONTROL_CONTROL_H_
