// All services of one polycalld.
#ifndef POLYCALL_SCHEDULER_SERVICE_FLEET_H_
#define POLYCALL_SCHEDULER_SERVICE_FLEET_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "manifest/manifest.h"
#include "service/service.h"

namespace polycall::scheduler {

// Loop thread only.
class Fleet {
 public:
  explicit Fleet(Shared& shared) : shared_(shared) {}
  ~Fleet() { shared_.loop.Cancel(sweep_timer_); }
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  // Makes the services those of the manifests: new names are opened, changed manifests and images
  // replaced, names without a manifest drained and closed. With a mistake anywhere nothing is changed, and
  // INVALID_ARGUMENT lists them all.
  StatusOr<v1::ApplyResponse> Apply(const std::vector<ReadManifest>& manifests);

  // The service whose manifest has that name, or else the first one that lists a service of that name
  // ("symbolic.v1.Parser"). NULL: none.
  ServiceController* FindByAnyName(const std::string& name);
  // Before the first Apply: takes up what an earlier polycalld left running.
  Status Adopt();

  // The service, or NULL.
  ServiceController* Find(const std::string& name);
  // The service that an instance ("parser-3") belongs to, or NULL.
  ServiceController* FindOwner(const std::string& instance);

  const std::map<std::string, std::unique_ptr<ServiceController>>& services() const {
    return services_;
  }

  // Drains everything and calls `done`.
  void Shutdown(std::function<void()> done);

 private:
  void Close(const std::string& name);
  // Removes what is left of instances of before, now and again until nothing is.
  void Sweep();
  // Those of that name that drain.
  std::vector<ServiceController*> Closing(const std::string& name) const;

  Shared& shared_;
  std::map<std::string, std::unique_ptr<ServiceController>> services_;
  // Without a manifest any more, until their last instance has gone.
  std::map<ServiceController*, std::unique_ptr<ServiceController>> closing_;
  std::function<void()> done_;
  EventLoop::TimerId sweep_timer_ = 0;
};

}  // namespace polycall::scheduler

#endif  // POLYCALL_SCHEDULER_SERVICE_FLEET_H_
