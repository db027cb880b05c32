// Who has to go: instances of an older manifest, and those that nobody needs.
#include <algorithm>
#include <chrono>

#include "service/service.h"

namespace polycall::scheduler {
namespace {

// Between one old instance's farewell and the next one's: a call that meets one that shuts down is
// made again elsewhere, and is not to meet the next one there.
constexpr std::chrono::milliseconds kRollingPause(250);

}  // namespace

void ServiceController::DrainOne(Instance* instance, const std::string& why) {
  Say(instance->id(), "draining", why);
  instance->Drain();
  Changed();
}

Instance* ServiceController::Spare(const std::vector<Instance*>& instances) const {
  Places serving;
  for (size_t i = 0; i < instances.size(); ++i) {
    if (instances[i]->state() != v1::SERVING) {
      return instances[i];
    }
    serving.push_back({.instance = i, .in_flight = instances[i]->in_flight()});
  }
  return instances[serving[placement_->Spare(serving)].instance];
}

// One at a time, and only as far as instances of the present manifest serve in their place: there is
// always somebody to take the calls, and a manifest that does not work replaces nothing.
void ServiceController::DrainOld(uint32_t wanted) {
  if (roll_timer_ != 0) {
    return;
  }
  std::vector<Instance*> old;
  uint32_t present = 0;
  for (const auto& [id, instance] : instances_) {
    if (instance->manifest() == manifest_) {
      present += instance->state() == v1::SERVING ? 1 : 0;
    } else if (instance->state() == v1::SERVING || instance->state() == v1::STARTING) {
      old.push_back(instance.get());
    }
  }
  const uint32_t kept = wanted - std::min(wanted, present);
  if (old.size() <= kept) {
    return;
  }
  DrainOne(Spare(old), "replaced");
  roll_timer_ = shared_.loop.After(kRollingPause, [this] {
    roll_timer_ = 0;
    Reconcile();
  });
}

void ServiceController::DrainSurplus(uint32_t wanted) {
  std::vector<Instance*> present;
  for (const auto& [id, instance] : instances_) {
    if (instance->manifest() == manifest_ &&
        (instance->state() == v1::SERVING || instance->state() == v1::STARTING)) {
      present.push_back(instance.get());
    }
  }
  while (present.size() > wanted) {
    Instance* const spare = Spare(present);
    std::erase(present, spare);
    DrainOne(spare, "no longer needed");
  }
}

}  // namespace polycall::scheduler
