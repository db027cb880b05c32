// How much the services have to do: counters of instances, turned into rates.
#ifndef POLYCALL_SCHEDULER_CONTROL_METER_H_
#define POLYCALL_SCHEDULER_CONTROL_METER_H_

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "control/callers.h"
#include "loop/event_loop.h"
#include "service/fleet.h"

namespace polycall::scheduler {

// What an instance had done at some time.
struct Sample {
  EventLoop::Clock::time_point time;
  uint64_t calls = 0;
  uint64_t failed = 0;
  // Calls that took less than 2^i us and not less than 2^(i-1).
  std::vector<uint64_t> latencies;
};

// What was done from one sample to a later one. Counters that went back (a new process) count from 0.
v1::Rates RatesBetween(const Sample& earlier, const Sample& later);

// The sum of what instances do.
Sample SumOf(const Sample& a, const Sample& b);

// Samples every second; a few bytes and no system call for each instance. Loop thread only.
class Meter {
 public:
  // All are borrowed.
  Meter(EventLoop& loop, Fleet& fleet, const Callers& callers);
  ~Meter();

  // Everything at this moment, but for what polycalld says of itself.
  v1::Snapshot Look();

  // The rates of a service that was described, and of its instances.
  void AddRates(v1::Service* service);

 private:
  struct Processor {
    EventLoop::Clock::time_point time;
    int64_t used = 0;
    double cores = 0;
  };

  void Tick();

  EventLoop& loop_;
  Fleet& fleet_;
  const Callers& callers_;
  std::map<std::string, std::deque<Sample>> samples_;  // by instance, the oldest first
  std::map<std::string, Processor> processors_;        // by instance
  EventLoop::TimerId timer_ = 0;
};

}  // namespace polycall::scheduler

#endif  // POLYCALL_SCHEDULER_CONTROL_METER_H_
