// What is written down of a service, and how the next polycalld takes it up.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <filesystem>
#include <string_view>

#include "service/service.h"
#include "service/state_file.h"

namespace polycall::scheduler {
namespace {

// A service of many instances changes often while they start: written once for all of a moment. What is
// started is written at once.
constexpr std::chrono::milliseconds kSavePause(20);

// Every instance has the front door as its second descriptor.
constexpr int kDoorInside = 4;

UniqueFd DoorOf(int pidfd) {
  return UniqueFd(static_cast<int>(syscall(SYS_pidfd_getfd, pidfd, kDoorInside, 0)));
}

}  // namespace

void ServiceController::SaveNow() {
  if (shared_.state_folder.empty() || succeeded_) {
    return;
  }
  v1::SavedService state;
  *state.mutable_manifest() = *manifest_;
  *state.mutable_scale() = scale_;
  state.set_stopped(stopped_);
  state.set_last_instance(last_instance_);
  state.set_image_version(image_version_);
  for (const auto& [id, instance] : instances_) {
    v1::LivingInstance& record = *state.add_instances();
    record = instance->Record();
    if (instance->manifest() != manifest_) {
      *record.mutable_manifest() = *instance->manifest();
    }
  }
  if (Status status = WriteState(shared_.state_folder, state); !status.ok()) {
    Say("", "cannot save", std::string(status.message()));
  }
}

void ServiceController::Save() {
  if (shared_.state_folder.empty() || save_timer_ != 0) {
    return;
  }
  save_timer_ = shared_.loop.After(kSavePause, [this] {
    save_timer_ = 0;
    SaveNow();
  });
}

void ServiceController::AdoptInstance(const v1::LivingInstance& record, UniqueFd pidfd) {
  const auto manifest =
      record.has_manifest() ? std::make_shared<const v1::Manifest>(record.manifest()) : manifest_;
  auto instance =
      std::make_unique<Instance>(shared_.loop, shared_.launcher, manifest, record.id(),
                                 record.number(), static_cast<Instance::Observer&>(*this));
  if (!instance->Adopt(record, std::move(pidfd))) {
    Say(record.id(), "ended", "while polycalld was away");
    if (shared_.keeper != nullptr) {
      shared_.keeper->Drop("pid/" + record.id());
    }
    return;
  }
  shared_.numbers.insert(record.number());
  if (!front_door_) {
    front_door_ = DoorOf(instance->pidfd());
  }
  if (shared_.keeper != nullptr) {
    shared_.keeper->Put("pid/" + record.id(), instance->pidfd());
  }
  Say(record.id(), "adopted", "pid " + std::to_string(record.pid()));
  instances_.emplace(record.id(), std::move(instance));
}

void ServiceController::FindLogs() {
  const std::string prefix = manifest_->name() + "-";
  std::map<uint64_t, std::string> ended;
  std::error_code error;
  const std::filesystem::path folder =
      std::filesystem::path(shared_.launcher.LogPath("any")).parent_path();
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string name = entry.path().stem();
    if (entry.path().extension() != ".log" || !name.starts_with(prefix)) {
      continue;
    }
    // Of "parser-3", and of no service "parser-a".
    uint64_t number = 0;
    const char* const end = name.data() + name.size();
    const auto [rest, bad] = std::from_chars(name.data() + prefix.size(), end, number);
    if (bad != std::errc()) {
      continue;
    }
    if (rest == end && !instances_.contains(name)) {
      ended.emplace(number, name);
    } else if (std::string_view(rest, static_cast<size_t>(end - rest)) == kForkServer) {
      unlink(entry.path().c_str());  // ours has none yet
    }
  }
  for (const auto& [number, name] : ended) {
    KeepLog(name);
  }
}

Status ServiceController::Adopt(const v1::SavedService& state,
                                std::map<std::string, UniqueFd>* kept) {
  scale_ = state.scale();
  stopped_ = state.stopped();
  last_instance_ = state.last_instance();
  image_version_ = state.image_version();
  // The socket has to be the one that the file names: a file that somebody removed leads nobody here.
  if (access(front_door().c_str(), F_OK) == 0) {
    front_door_ = std::move((*kept)["door/" + manifest_->name()]);
  }
  for (const v1::LivingInstance& record : state.instances()) {
    AdoptInstance(record, std::move((*kept)["pid/" + record.id()]));
  }
  FindLogs();
  if (!front_door_) {
    return Open();
  }
  if (shared_.keeper != nullptr) {
    shared_.keeper->Put("door/" + manifest_->name(), front_door_.get());
  }
  Reconcile();
  Save();
  return OkStatus();
}

}  // namespace polycall::scheduler
