#include "service/service.h"

#include <google/protobuf/util/message_differencer.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "sandbox/oci.h"

namespace polycall::scheduler {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

int64_t WallTime() { return std::chrono::system_clock::now().time_since_epoch() / nanoseconds(1); }

uint32_t Shared::TakeNumber() {
  uint32_t number = 1;
  while (numbers.contains(number)) {
    ++number;
  }
  numbers.insert(number);
  return number;
}

void Shared::DropNumber(uint32_t number) {
  if (const auto found = numbers.find(number); found != numbers.end()) {
    numbers.erase(found);
  }
}

ServiceController::ServiceController(Shared& shared, v1::Manifest manifest, uint64_t last_instance)
    : shared_(shared),
      manifest_(std::make_shared<const v1::Manifest>(std::move(manifest))),
      scale_(manifest_->scale()),
      placement_(MakePlacement(manifest_->placement())),
      restarts_(std::make_unique<Restarts>(manifest_->restart())),
      last_instance_(last_instance) {}

ServiceController::~ServiceController() {
  shared_.loop.Cancel(retry_timer_);
  shared_.loop.Cancel(idle_timer_);
  shared_.loop.Cancel(roll_timer_);
  shared_.loop.Cancel(save_timer_);
  if (door_watched_) {
    shared_.loop.Forget(front_door_.get());
  }
  for (const auto& [id, instance] : instances_) {
    shared_.DropNumber(instance->number());
  }
  CloseForker();
}

std::string ServiceController::front_door() const {
  return shared_.launcher.SocketPath(manifest_->name());
}

Status ServiceController::Open() {
  auto socket = shared_.launcher.MakeSocket(front_door(), manifest_->callers());
  if (!socket.ok()) {
    return std::move(socket).status();
  }
  front_door_ = *std::move(socket);
  if (shared_.keeper != nullptr) {
    shared_.keeper->Put("door/" + manifest_->name(), front_door_.get());
  }
  if (image_version_.empty()) {
    NoteImage();
  }
  Reconcile();
  Save();
  return OkStatus();
}

void ServiceController::Say(const std::string& instance, const std::string& what,
                            const std::string& detail) {
  v1::Event event;
  event.set_time(WallTime());
  event.set_service(manifest_->name());
  event.set_instance(instance);
  event.set_what(what);
  event.set_detail(detail);
  shared_.events.Add(event);
}

uint32_t ServiceController::Alive() const {
  return static_cast<uint32_t>(
      std::count_if(instances_.begin(), instances_.end(), [this](const auto& entry) {
        const Instance& instance = *entry.second;
        return instance.manifest() == manifest_ &&
               (instance.state() == v1::STARTING || instance.state() == v1::SERVING);
      }));
}

uint32_t ServiceController::Serving() const {
  return static_cast<uint32_t>(
      std::count_if(instances_.begin(), instances_.end(),
                    [](const auto& entry) { return entry.second->state() == v1::SERVING; }));
}

uint64_t ServiceController::InFlight() const {
  uint64_t sum = 0;
  for (const auto& [id, instance] : instances_) {
    if (instance->state() == v1::SERVING) {
      sum += instance->in_flight();
    }
  }
  return sum;
}

void ServiceController::Reconcile() {
  if (stopped_ || done_) {
    return;
  }
  const Demand demand{EventLoop::Clock::now(), InFlight(), Alive(), waiting_};
  const uint32_t wanted = policy_->Wanted(scale_, demand);
  const bool ready = !ForkerMissing();
  for (uint32_t alive = demand.instances; ready && alive < wanted && retry_timer_ == 0; ++alive) {
    StartOne();
  }
  DrainOld(wanted);
  DrainSurplus(wanted);
  WatchFrontDoor();
  // Going down is a matter of time, not of events.
  shared_.loop.Cancel(idle_timer_);
  idle_timer_ = 0;
  if (Alive() > scale_.min()) {
    idle_timer_ = shared_.loop.After(
        std::max<nanoseconds>(nanoseconds(scale_.idle_time() / 4), milliseconds(50)),
        [this] { Reconcile(); });
  }
}

void ServiceController::StartOne() {
  const std::string id = manifest_->name() + "-" + std::to_string(++last_instance_);
  const uint32_t number = forker_ ? *shared_.numbers.insert(forker_number_) : shared_.TakeNumber();
  auto instance = std::make_unique<Instance>(shared_.loop, shared_.launcher, manifest_, id, number,
                                             static_cast<Instance::Observer&>(*this));
  const Status status = instance->Start(front_door_.get(), forker_.get());
  if (!status.ok()) {
    shared_.DropNumber(number);
    trouble_ = status.ToString();
    Say(id, "cannot start", trouble_);
    RetryLater();
    return;
  }
  Say(id, "started", "pid " + std::to_string(instance->Describe().pid()));
  if (shared_.keeper != nullptr) {
    shared_.keeper->Put("pid/" + id, instance->pidfd());
  }
  instances_.emplace(id, std::move(instance));
  SaveNow();
}

// While nothing lives, a caller who connects waits in the front door's backlog, and is the reason to
// start something.
void ServiceController::WatchFrontDoor() {
  const bool coming = forker_ != nullptr && !forker_->ready();
  const bool watch = !stopped_ && !done_ && Alive() == 0 && retry_timer_ == 0 && !coming;
  if (watch && !door_watched_) {
    shared_.loop.Watch(front_door_.get(), [this] {
      waiting_ = true;
      Reconcile();
    });
  } else if (!watch && door_watched_) {
    shared_.loop.Forget(front_door_.get());
  }
  door_watched_ = watch;
}

void ServiceController::RetryLater() {
  const auto now = EventLoop::Clock::now();
  const nanoseconds pause = restarts_->Ended(now);
  if (restarts_->crash_loop(now)) {
    Say("", "crash loop", trouble_);
    Changed();
  }
  shared_.loop.Cancel(retry_timer_);
  retry_timer_ = shared_.loop.After(pause, [this] {
    retry_timer_ = 0;
    Reconcile();
  });
}

void ServiceController::OnServing(Instance* instance) {
  waiting_ = false;
  trouble_.clear();
  const auto took = milliseconds(instance->Describe().start_time() / 1'000'000);
  Say(instance->id(), "serving", "after " + std::to_string(took.count()) + " ms");
  Changed();
  Reconcile();
}

void ServiceController::OnEnded(Instance* instance, const InstanceEnd& end) {
  Say(instance->id(), "ended", end.reason);
  // The end of one that is being replaced anyway says nothing about its successors.
  const bool wanted = end.wanted || instance->manifest() != manifest_;
  const v1::RestartPolicy policy = manifest_->restart().policy();
  const bool again = policy == v1::ALWAYS || (policy == v1::ON_FAILURE && end.failed);
  shared_.DropNumber(instance->number());
  if (shared_.keeper != nullptr) {
    shared_.keeper->Drop("pid/" + instance->id());
  }
  KeepLog(instance->id());
  instances_.erase(instance->id());  // `instance` is gone
  Changed();
  if (done_) {
    if (instances_.empty()) {
      std::exchange(done_, nullptr)();
    }
    return;
  }
  if (!wanted && !stopped_) {
    trouble_ = end.reason;
    if (again) {
      RetryLater();
    } else if (instances_.empty()) {
      stopped_ = true;
      CloseForker();
      Say("", "stopped", "the restart policy asks for no other instance");
    }
  }
  Reconcile();
}

// A service that crashes all night leaves the logs of its last instances, not thousands of files.
void ServiceController::KeepLog(const std::string& instance) {
  constexpr size_t kKept = 8;
  ended_logs_.push_back(shared_.launcher.LogPath(instance));
  if (ended_logs_.size() > kKept) {
    unlink(ended_logs_.front().c_str());
    ended_logs_.pop_front();
  }
}

void ServiceController::OnLog(Instance* instance, const std::string& text) {
  v1::LogLine line;
  line.set_time(WallTime());
  line.set_service(manifest_->name());
  line.set_instance(instance->id());
  line.set_text(text);
  shared_.logs.Add(line);
}

void ServiceController::OnStats(Instance* instance) {
  Breaker& breaker = instance->breaker();
  const auto now = EventLoop::Clock::now();
  const bool back = breaker.Elapsed(now);
  if (breaker.Observe(now, instance->calls_ended(), instance->stats().calls_failed()) || back) {
    Say(instance->id(), breaker.out() ? "left out" : "let in again",
        breaker.out() ? std::to_string(breaker.failures()) + " calls failed and none went well"
                      : "");
    Changed();
  }
  Reconcile();
}

void ServiceController::Changed() {
  Save();
  // A watcher may take itself off the list.
  const auto watchers = watchers_;
  for (const auto& [id, changed] : watchers) {
    changed();
  }
}

void ServiceController::Want() {
  if (Serving() == 0) {
    waiting_ = true;
    Reconcile();
  }
}

uint64_t ServiceController::Watch(std::function<void()> changed) {
  watchers_.emplace(++last_watcher_, std::move(changed));
  return last_watcher_;
}

void ServiceController::Unwatch(uint64_t id) { watchers_.erase(id); }

void ServiceController::NoteImage() {
  image_version_.clear();
  if (manifest_->isolation() == v1::OCI) {
    image_version_ = ImageVersion(manifest_->image()).value_or("");
  }
}

bool ServiceController::ImageChanged() const {
  if (manifest_->isolation() != v1::OCI) {
    return false;
  }
  // One that is not there now has not become another.
  auto now = ImageVersion(manifest_->image());
  return now.ok() && *now != image_version_;
}

void ServiceController::Replace(v1::Manifest manifest) {
  const bool same = google::protobuf::util::MessageDifferencer::Equals(*manifest_, manifest);
  manifest_ = std::make_shared<const v1::Manifest>(std::move(manifest));
  scale_ = manifest_->scale();
  placement_ = MakePlacement(manifest_->placement());
  restarts_ = std::make_unique<Restarts>(manifest_->restart());
  CloseForker();
  shared_.loop.Cancel(std::exchange(retry_timer_, 0));
  NoteImage();
  Say("", "replaced", same ? "another image" : "another manifest");
  Save();
  // What serves now is wanted of the new manifest too, so that there is never less.
  waiting_ = waiting_ || Serving() > 0;
  Reconcile();
}

void ServiceController::TakeOver(ServiceController* closing) {
  closing->succeeded_ = true;
  last_watcher_ = std::max(last_watcher_, closing->last_watcher_);
  watchers_.merge(closing->watchers_);
  Changed();
}

void ServiceController::Stop() {
  stopped_ = true;
  CloseForker();
  shared_.loop.Cancel(std::exchange(retry_timer_, 0));
  Say("", "stopped", "as asked");
  for (const auto& [id, instance] : instances_) {
    instance->Drain();
  }
  WatchFrontDoor();
  Changed();
}

void ServiceController::Start() {
  stopped_ = false;
  restarts_->Reset();
  trouble_.clear();
  shared_.loop.Cancel(std::exchange(retry_timer_, 0));
  waiting_ = true;
  Reconcile();
  Changed();
}

void ServiceController::Scale(uint32_t min, uint32_t max) {
  scale_.set_min(min);
  scale_.set_max(max);
  Say("", "scaled", std::to_string(min) + " to " + std::to_string(max) + " instances");
  Reconcile();
}

bool ServiceController::StopInstance(const std::string& id) {
  const auto found = instances_.find(id);
  if (found == instances_.end()) {
    return false;
  }
  found->second->Drain();
  Changed();
  Reconcile();
  return true;
}

void ServiceController::Shutdown(std::function<void()> done) {
  shared_.loop.Cancel(std::exchange(retry_timer_, 0));
  shared_.loop.Cancel(std::exchange(idle_timer_, 0));
  shared_.loop.Cancel(std::exchange(roll_timer_, 0));
  CloseForker();
  unlink(front_door().c_str());
  if (instances_.empty()) {
    done();
    return;
  }
  done_ = std::move(done);
  WatchFrontDoor();
  for (const auto& [id, instance] : instances_) {
    instance->Drain();
  }
}

}  // namespace polycall::scheduler
