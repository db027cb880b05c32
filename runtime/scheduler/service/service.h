// A service: its instances, kept as many and as alive as the manifest says.
#ifndef POLYCALL_SCHEDULER_SERVICE_SERVICE_H_
#define POLYCALL_SCHEDULER_SERVICE_SERVICE_H_

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "instance/forker.h"
#include "instance/instance.h"
#include "instance/keeper.h"
#include "service/journal.h"
#include "service/placement.h"
#include "service/restarts.h"
#include "service/scaling.h"

namespace polycall::scheduler {

// What all services share. Loop thread only.
struct Shared {
  EventLoop& loop;
  Launcher& launcher;
  Journal<v1::Event> events{1 << 20};
  Journal<v1::LogLine> logs{2 << 20};
  // Taken by living instances; one that was forked shares its fork server's.
  std::multiset<uint32_t> numbers = {};
  Keeper* keeper = nullptr;       // borrowed; none: nothing outlives polycalld
  std::string state_folder = {};  // empty: nothing is written down

  uint32_t TakeNumber();
  void DropNumber(uint32_t number);
};

// What a fork server's name ends with: "parser-1-fork-server".
inline constexpr char kForkServer[] = "-fork-server";

// Loop thread only.
class ServiceController final : private Instance::Observer {
 public:
  // `last_instance`: instances of that number and below are, or were, somebody else's of that name.
  ServiceController(Shared& shared, v1::Manifest manifest, uint64_t last_instance = 0);
  ~ServiceController() override;

  // Opens the front door (the socket that callers may always use) and starts what is wanted.
  Status Open();

  // Instead: takes up what an earlier polycalld left, as it wrote it down; `kept` are the keeper's
  // descriptors.
  Status Adopt(const v1::SavedService& state, std::map<std::string, UniqueFd>* kept);

  // Another manifest of the same name: new instances are started, and the old ones drained as the new
  // ones serve.
  void Replace(v1::Manifest manifest);
  // Whether the manifest's image is another one now than the one that instances are started from.
  bool ImageChanged() const;

  // The watchers of one of the same name that is being closed are this one's from now on, and are told
  // where to call.
  void TakeOver(ServiceController* closing);

  // Operators' commands.
  void Stop();
  void Start();
  void Scale(uint32_t min, uint32_t max);
  // Drains one instance; another is started if it is still wanted. False: there is none of that name.
  bool StopInstance(const std::string& id);

  // Drains all and calls `done` when none is left. For the end of polycalld.
  void Shutdown(std::function<void()> done);

  // Where one caller can call the service now: at what serves, in the order of the manifest's placement,
  // or else at its front door.
  v1::Resolution Resolve() const;
  // Somebody is about to call: an instance is started if there is none.
  void Want();
  // Calls `changed` after every change of Resolve's answer.
  uint64_t Watch(std::function<void()> changed);
  void Unwatch(uint64_t id);

  const v1::Manifest& manifest() const { return *manifest_; }
  const std::map<std::string, std::unique_ptr<Instance>>& instances() const { return instances_; }
  std::string front_door() const;
  uint64_t last_instance() const { return last_instance_; }
  v1::Service Describe() const;

 private:
  void OnServing(Instance* instance) override;
  void OnEnded(Instance* instance, const InstanceEnd& end) override;
  void OnLog(Instance* instance, const std::string& line) override;
  void OnStats(Instance* instance) override;

  void Reconcile();
  void NoteImage();
  void StartOne();
  void DrainSurplus(uint32_t wanted);
  void DrainOld(uint32_t wanted);
  void DrainOne(Instance* instance, const std::string& why);
  // The one of them that is done without best: of those that do not serve yet any, else by the policy.
  Instance* Spare(const std::vector<Instance*>& instances) const;
  void KeepLog(const std::string& instance);
  // Finds those that ended while no polycalld was there.
  void FindLogs();
  void RetryLater();
  void Save();  // soon
  void SaveNow();
  // Whether an instance has to wait for the fork server, which is started if it has to be.
  bool ForkerMissing();
  void StartForker();
  void OnForker(const Status& status);
  void CloseForker();
  void AdoptInstance(const v1::LivingInstance& record, UniqueFd pidfd);
  void WatchFrontDoor();
  void Changed();
  void Say(const std::string& instance, const std::string& what, const std::string& detail = "");
  uint32_t Alive() const;  // of the present manifest, starting or serving
  uint32_t Serving() const;
  uint64_t InFlight() const;

  Shared& shared_;
  std::shared_ptr<const v1::Manifest> manifest_;
  v1::Scale scale_;  // the manifest's, or an operator's
  std::unique_ptr<ScalingPolicy> policy_ = MakeTargetInFlight();
  std::unique_ptr<PlacementPolicy> placement_;
  std::unique_ptr<Restarts> restarts_;
  std::map<std::string, std::unique_ptr<Instance>> instances_;
  std::unique_ptr<Forker> forker_;
  uint32_t forker_number_ = 0;
  EventLoop::TimerId forker_timer_ = 0;
  UniqueFd front_door_;
  bool door_watched_ = false;
  bool stopped_ = false;
  bool waiting_ = false;  // a caller waits at the front door, or asked where to call
  std::string trouble_;   // what the last start failed with
  EventLoop::TimerId retry_timer_ = 0;
  EventLoop::TimerId idle_timer_ = 0;
  EventLoop::TimerId roll_timer_ = 0;
  std::map<uint64_t, std::function<void()>> watchers_;
  uint64_t last_watcher_ = 0;
  uint64_t last_instance_;
  std::string image_version_;  // empty: there is no image, or it was not found
  std::function<void()> done_;
  bool succeeded_ = false;              // the file that is written down is another's
  std::deque<std::string> ended_logs_;  // files of the last instances that ended, oldest first
  EventLoop::TimerId save_timer_ = 0;
};

}  // namespace polycall::scheduler

#endif  // POLYCALL_SCHEDULER_SERVICE_SERVICE_H_
