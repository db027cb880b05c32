#include "service/fleet.h"

#include <google/protobuf/util/message_differencer.h>

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <algorithm>

#include <set>
#include <utility>

#include "service/state_file.h"

namespace polycall::scheduler {

using google::protobuf::util::MessageDifferencer;

StatusOr<v1::ApplyResponse> Fleet::Apply(const std::vector<ReadManifest>& manifests) {
  std::string mistakes;
  for (const ReadManifest& read : manifests) {
    for (const Mistake& mistake : read.mistakes) {
      mistakes += (mistakes.empty() ? "" : "\n") + mistake.ToString();
    }
  }
  if (!mistakes.empty()) {
    return InvalidArgumentError(mistakes);
  }
  v1::ApplyResponse response;
  std::set<std::string> names;
  for (const ReadManifest& read : manifests) {
    const std::string& name = read.manifest.name();
    names.insert(name);
    if (ServiceController* service = Find(name)) {
      if (!MessageDifferencer::Equals(service->manifest(), read.manifest) ||
          service->ImageChanged()) {
        service->Replace(read.manifest);
        response.add_replaced(name);
      }
      continue;
    }
    // One of that name may still be draining: what it and this one start must not share names, which
    // are those of sockets, logs and control groups.
    const std::vector<ServiceController*> before = Closing(name);
    uint64_t last = 0;
    for (const ServiceController* closing : before) {
      last = std::max(last, closing->last_instance());
    }
    auto service = std::make_unique<ServiceController>(shared_, read.manifest, last);
    if (Status status = service->Open(); !status.ok()) {
      return Status(status.code(), name + ": " + std::string(status.message()));
    }
    ServiceController* const opened = service.get();
    services_.emplace(name, std::move(service));
    for (ServiceController* closing : before) {
      opened->TakeOver(closing);
    }
    response.add_started(name);
  }
  std::vector<std::string> gone;
  for (const auto& [name, service] : services_) {
    if (!names.contains(name)) {
      gone.push_back(name);
    }
  }
  for (const std::string& name : gone) {
    Close(name);
    response.add_stopped(name);
  }
  return response;
}

Status Fleet::Adopt() {
  std::map<std::string, UniqueFd> kept;
  if (shared_.keeper != nullptr) {
    auto all = shared_.keeper->All();
    if (!all.ok()) {
      return std::move(all).status();
    }
    kept = *std::move(all);
  }
  for (const v1::SavedService& state : ReadStates(shared_.state_folder)) {
    auto service = std::make_unique<ServiceController>(shared_, state.manifest());
    if (service->Adopt(state, &kept).ok()) {
      services_.emplace(state.manifest().name(), std::move(service));
    }
  }
  // What was started and could not be written down any more: nobody would ever stop it.
  for (const auto& [name, fd] : kept) {
    if (fd && name.starts_with("pid/")) {
      syscall(SYS_pidfd_send_signal, fd.get(), SIGKILL, nullptr, 0);
      shared_.keeper->Drop(name);
    }
  }
  Sweep();
  return OkStatus();
}

void Fleet::Sweep() {
  constexpr std::chrono::seconds kPause(5);
  sweep_timer_ =
      shared_.launcher.RemoveLeftovers() ? 0 : shared_.loop.After(kPause, [this] { Sweep(); });
}

void Fleet::Close(const std::string& name) {
  const auto found = services_.find(name);
  ServiceController* const service = found->second.get();
  closing_.emplace(service, std::move(found->second));
  services_.erase(found);
  service->Shutdown([this, service] {
    // Not from within the service itself.
    shared_.loop.Post([this, service] {
      const std::string gone = service->manifest().name();
      closing_.erase(service);
      if (Find(gone) == nullptr) {
        if (!shared_.state_folder.empty()) RemoveState(shared_.state_folder, gone);
        if (shared_.keeper != nullptr) shared_.keeper->Drop("door/" + gone);
      }
      if (done_ && closing_.empty()) {
        std::exchange(done_, nullptr)();
      }
    });
  });
}

void Fleet::Shutdown(std::function<void()> done) {
  done_ = std::move(done);
  while (!services_.empty()) {
    Close(services_.begin()->first);
  }
  if (closing_.empty()) {
    std::exchange(done_, nullptr)();
  }
}

std::vector<ServiceController*> Fleet::Closing(const std::string& name) const {
  std::vector<ServiceController*> closing;
  for (const auto& [service, owned] : closing_) {
    if (service->manifest().name() == name) {
      closing.push_back(service);
    }
  }
  return closing;
}

ServiceController* Fleet::Find(const std::string& name) {
  const auto found = services_.find(name);
  return found == services_.end() ? nullptr : found->second.get();
}

ServiceController* Fleet::FindByAnyName(const std::string& name) {
  if (ServiceController* const service = Find(name)) {
    return service;
  }
  for (const auto& [other, service] : services_) {
    const auto& listed = service->manifest().services();
    if (std::find(listed.begin(), listed.end(), name) != listed.end()) {
      return service.get();
    }
  }
  return nullptr;
}

ServiceController* Fleet::FindOwner(const std::string& instance) {
  const size_t dash = instance.rfind('-');
  return dash == std::string::npos ? nullptr : Find(instance.substr(0, dash));
}

}  // namespace polycall::scheduler
