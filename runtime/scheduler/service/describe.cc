// What a service looks like from outside: to callers, and to people.
#include <algorithm>

#include "service/service.h"

namespace polycall::scheduler {

v1::Resolution ServiceController::Resolve() const {
  std::vector<const Instance*> serving, sick;
  for (const auto& [id, instance] : instances_) {
    if (instance->state() == v1::SERVING) {
      (instance->breaker().out() ? sick : serving).push_back(instance.get());
    }
  }
  if (serving.empty()) {
    serving.swap(sick);  // rather those than none
  }
  Places places;
  for (const Instance* instance : serving) {
    places.push_back({.instance = places.size(), .in_flight = instance->in_flight()});
  }
  placement_->Order(&places);
  v1::Resolution resolution;
  resolution.set_policy(placement_->balancing());
  resolution.set_call_time_ns(manifest_->limits().call_time());
  if (manifest_->isolation() == v1::INPROC) {
    v1::InprocModule& module = *resolution.mutable_inproc();
    module.set_language(manifest_->host().language());
    module.set_module(manifest_->host().module());
    *module.mutable_services() = manifest_->services();
  }
  for (const Place& place : places) {
    v1::Endpoint& endpoint = *resolution.add_endpoints();
    endpoint.set_target(serving[place.instance]->target());
    endpoint.set_instance(serving[place.instance]->id());
    endpoint.set_ready(true);
    endpoint.set_locality(place.locality);
  }
  if (!serving.empty()) {
    return resolution;
  }
  if (stopped_) {
    resolution.set_unavailable("the service '" + manifest_->name() + "' is stopped");
  } else if (restarts_->crash_loop(EventLoop::Clock::now())) {
    resolution.set_unavailable("the service '" + manifest_->name() +
                               "' crashes again and again: " + trouble_);
  } else {
    v1::Endpoint& door = *resolution.add_endpoints();
    door.set_target("unix:" + front_door());
    door.set_locality(v1::SAME_HOST);
  }
  return resolution;
}

v1::Service ServiceController::Describe() const {
  v1::Service described;
  described.set_name(manifest_->name());
  described.set_language(manifest_->has_host() ? manifest_->host().language() : "");
  described.set_isolation(v1::Isolation_Name(manifest_->isolation()));
  described.set_min(scale_.min());
  described.set_max(scale_.max());
  *described.mutable_services() = manifest_->services();
  const bool starting = std::any_of(instances_.begin(), instances_.end(), [](const auto& entry) {
    return entry.second->state() == v1::STARTING;
  });
  described.set_state(Serving() > 0                                    ? v1::READY
                      : stopped_                                       ? v1::HALTED
                      : restarts_->crash_loop(EventLoop::Clock::now()) ? v1::CRASHING
                      : starting                                       ? v1::COMING
                      : !trouble_.empty()                              ? v1::FAILING
                      : scale_.min() > 0 || waiting_                   ? v1::COMING
                                                                       : v1::ASLEEP);
  described.set_front_door("unix:" + front_door());
  const v1::Limits& limits = manifest_->limits();
  v1::ServiceLimits& shown = *described.mutable_limits();
  shown.set_memory(limits.memory());
  shown.set_cpu(limits.cpu());
  shown.set_pids(limits.pids());
  shown.set_open_files(limits.open_files());
  shown.set_tmp(limits.tmp());
  shown.set_call_time(limits.call_time());
  if (stopped_) {
    described.set_note("stopped");
  } else if (restarts_->crash_loop(EventLoop::Clock::now())) {
    described.set_note("crash loop: " + trouble_);
  } else if (!trouble_.empty()) {
    described.set_note(trouble_);
  }
  for (const auto& [id, instance] : instances_) {
    *described.add_instances() = instance->Describe();
  }
  return described;
}

}  // namespace polycall::scheduler
