// The control API, as a PolyCall service.
#ifndef POLYCALL_SCHEDULER_CONTROL_CONTROL_H_
#define POLYCALL_SCHEDULER_CONTROL_CONTROL_H_

#include <functional>
#include <string>

#include "control/callers.h"
#include "control/meter.h"
#include "control/roles.h"
#include "polycall/scheduler/v1/scheduler.polycall.h"
#include "service/fleet.h"

namespace polycall::scheduler {

// What the control API says of its polycalld.
struct Identity {
  std::string manifests;  // the folder for an Apply that names none
  std::string page;       // the page's address, or empty
  EventLoop::Clock::time_point started = EventLoop::Clock::now();
};

// Handlers run on the runtime's threads and hand everything to the loop; no thread waits.
class Control final : public v1::Scheduler::CallbackService {
 public:
  // The first two are borrowed. `end` drains everything and ends polycalld.
  Control(Shared& shared, Fleet& fleet, Roles roles, Identity identity, std::function<void()> end);

  void Watch(ServerContext& context, const v1::WatchRequest& request,
             ServerWriter<v1::Resolution>& writer, Responder<void> done) override;
  void Report(ServerContext& context, const v1::ReportRequest& request,
              Responder<v1::ReportResponse> done) override;
  void List(ServerContext& context, const v1::ListRequest& request,
            Responder<v1::ListResponse> done) override;
  void Top(ServerContext& context, const v1::TopRequest& request,
           ServerWriter<v1::Snapshot>& writer, Responder<void> done) override;
  void Events(ServerContext& context, const v1::EventsRequest& request,
              ServerWriter<v1::Event>& writer, Responder<void> done) override;
  void Logs(ServerContext& context, const v1::LogsRequest& request,
            ServerWriter<v1::LogLine>& writer, Responder<void> done) override;
  void Introduce(ServerContext& context, const v1::IntroduceRequest& request,
                 Responder<v1::IntroduceResponse> done) override;
  void Apply(ServerContext& context, const v1::ApplyRequest& request,
             Responder<v1::ApplyResponse> done) override;
  void Scale(ServerContext& context, const v1::ScaleRequest& request,
             Responder<v1::ScaleResponse> done) override;
  void Stop(ServerContext& context, const v1::StopRequest& request,
            Responder<v1::StopResponse> done) override;
  void Start(ServerContext& context, const v1::StartRequest& request,
             Responder<v1::StartResponse> done) override;
  void Shutdown(ServerContext& context, const v1::ShutdownRequest& request,
                Responder<v1::ShutdownResponse> done) override;

  // What Top's callers and the page see. Loop thread only.
  v1::Snapshot Look();

 private:
  Status NoService(const std::string& name) const;

  Shared& shared_;
  Fleet& fleet_;
  const Roles roles_;
  const Identity identity_;
  const std::function<void()> end_;
  Callers callers_;
  Meter meter_;
};

}  // namespace polycall::scheduler

#endif  // POLYCALL_SCHEDULER_CONTROL_CONTROL_H_
