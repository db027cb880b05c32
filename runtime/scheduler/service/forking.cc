// The fork server of a service that wants one.
#include "service/service.h"

namespace polycall::scheduler {

bool ServiceController::ForkerMissing() {
  if (!manifest_->host().fork_server()) {
    return false;
  }
  if (forker_ == nullptr && retry_timer_ == 0) {
    StartForker();
  }
  return forker_ == nullptr || !forker_->ready();
}

void ServiceController::StartForker() {
  const std::string id = manifest_->name() + "-" + std::to_string(++last_instance_) + kForkServer;
  forker_number_ = shared_.TakeNumber();
  auto started = Forker::Start(shared_.loop, shared_.launcher, manifest_, id, forker_number_,
                               {.changed = [this](const Status& status) { OnForker(status); },
                                .log =
                                    [this, id](const std::string& text) {
                                      v1::LogLine line;
                                      line.set_time(WallTime());
                                      line.set_service(manifest_->name());
                                      line.set_instance(id);
                                      line.set_text(text);
                                      shared_.logs.Add(line);
                                    }});
  if (!started.ok()) {
    shared_.DropNumber(forker_number_);
    trouble_ = started.status().ToString();
    Say("", "cannot start the fork server", trouble_);
    RetryLater();
    return;
  }
  forker_ = *std::move(started);
  SaveNow();  // its name is taken, whoever comes after us
}

void ServiceController::OnForker(const Status& status) {
  if (status.ok()) {
    Say("", "fork server ready", "pid " + std::to_string(forker_->pid()));
    Reconcile();
    return;
  }
  trouble_ = status.ToString();
  Say("", "fork server ended", trouble_);
  // It is its own callback that we are in.
  shared_.loop.Cancel(forker_timer_);
  forker_timer_ = shared_.loop.After(std::chrono::nanoseconds(0), [this] {
    forker_timer_ = 0;
    CloseForker();
    RetryLater();
    Changed();
  });
}

void ServiceController::CloseForker() {
  shared_.loop.Cancel(std::exchange(forker_timer_, 0));
  if (forker_ != nullptr) {
    forker_.reset();
    shared_.DropNumber(forker_number_);
  }
}

}  // namespace polycall::scheduler
