// The messages of idl/polycall/scheduler/v1/scheduler.proto that a caller sends and takes.
#ifndef POLYCALL_NEGOTIATION_SCHEDULER_MESSAGES_H_
#define POLYCALL_NEGOTIATION_SCHEDULER_MESSAGES_H_

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "negotiation/resolver.h"

namespace polycall::negotiation {

// `channel`: the number of the channel, unique in this process.
std::string EncodeWatchRequest(std::string_view service, uint64_t channel,
                               std::string_view program);

// INTERNAL with what is malformed. Addresses that do not parse are skipped and logged.
base::Status DecodeResolution(std::string_view bytes, Resolution* out);

// One connection of a channel's.
struct Wiring {
  std::string instance;
  std::string target;
  std::string transport;

  friend bool operator==(const Wiring&, const Wiring&) = default;
};
std::string EncodeReportRequest(std::string_view service, uint64_t channel,
                                const std::vector<Wiring>& wirings);

}  // namespace polycall::negotiation

#endif  // POLYCALL_NEGOTIATION_SCHEDULER_MESSAGES_H_
