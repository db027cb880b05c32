// SchedulerLink: how the channels of polycall:/// targets speak with the local polycalld, by a channel
// of the library itself.
#ifndef POLYCALL_CHANNEL_SCHEDULER_LINK_H_
#define POLYCALL_CHANNEL_SCHEDULER_LINK_H_

#include <memory>
#include <string>
#include <vector>

#include "negotiation/resolver.h"
#include "negotiation/scheduler_messages.h"

namespace polycall::channel {

// POLYCALL_SCHEDULER, else unix:$POLYCALL_RUN/polycalld.sock, else unix:/run/polycall/polycalld.sock.
std::string SchedulerTarget();

// Thread-safe. Outlives the watches that it made.
class SchedulerLink {
 public:
  explicit SchedulerLink(std::string user_agent);
  ~SchedulerLink();
  SchedulerLink(const SchedulerLink&) = delete;
  SchedulerLink& operator=(const SchedulerLink&) = delete;

  std::unique_ptr<negotiation::Watch> Watch(const std::string& service,
                                            negotiation::WatchListener* listener);
  // Tells to whom this channel is wired. What becomes of it does not matter.
  void Report(const std::string& service, const std::vector<negotiation::Wiring>& wirings);

 private:
  struct Core;
  const std::unique_ptr<Core> core_;
};

}  // namespace polycall::channel

#endif  // POLYCALL_CHANNEL_SCHEDULER_LINK_H_
