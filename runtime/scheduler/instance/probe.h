// Asks an instance how it is, over PolyCall's own built-in services.
#ifndef POLYCALL_SCHEDULER_INSTANCE_PROBE_H_
#define POLYCALL_SCHEDULER_INSTANCE_PROBE_H_

#include <polycall/cpp.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "grpc/health/v1/health.polycall.h"
#include "loop/event_loop.h"
#include "polycall/v1/description.polycall.h"

namespace polycall::scheduler {

// Made and used in the loop; answers come back there, and never after the probe has gone.
class Probe {
 public:
  Probe(EventLoop& loop, const std::string& target);

  // Whether the instance serves. Waits for it to come up, up to `timeout`.
  void Check(std::chrono::nanoseconds timeout, std::function<void(const Status&)> answer);

  // How many calls it has made so far: counters of the instance's count them, too.
  uint64_t calls() const { return calls_; }

  // Its counters.
  void Stats(std::chrono::nanoseconds timeout,
             std::function<void(const StatusOr<polycall::v1::Stats>&)> answer);

 private:
  EventLoop& loop_;
  uint64_t calls_ = 0;
  // What callbacks of calls under way look at, in the loop: gone with the probe.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::shared_ptr<Channel> channel_;
  grpc::health::v1::Health::Client health_;
  polycall::v1::Description::Client description_;
};

}  // namespace polycall::scheduler

#endif  // POLYCALL_SCHEDULER_INSTANCE_PROBE_H_
