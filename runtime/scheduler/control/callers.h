// Who asked where a service is, and how they say they are wired to it.
#ifndef POLYCALL_SCHEDULER_CONTROL_CALLERS_H_
#define POLYCALL_SCHEDULER_CONTROL_CALLERS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "control/roles.h"
#include "polycall/scheduler/v1/scheduler.pb.h"

namespace polycall::scheduler {

// For pictures: nothing depends on what is in here, and what callers say of themselves is their own
// word (whose process says it is the kernel's). Loop thread only.
class Callers {
 public:
  // A watch has begun or ended.
  uint64_t Add(const Peer& peer, const v1::WatchRequest& request);
  void Remove(uint64_t id) { watches_.erase(id); }

  // Ignored if there is no such watch of the same process.
  void Report(const Peer& peer, const v1::ReportRequest& request);

  // What is alike is one entry with a count; in the order of the callers' names.
  std::vector<v1::Wire> Wires() const;

 private:
  struct Watching {
    Peer peer;
    std::string caller;
    std::string service;
    uint64_t channel = 0;
    std::vector<v1::Wiring> wiring;
  };

  std::map<uint64_t, Watching> watches_;
  uint64_t last_ = 0;
};

}  // namespace polycall::scheduler

#endif  // POLYCALL_SCHEDULER_CONTROL_CALLERS_H_
