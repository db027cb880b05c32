// Targets: what a caller names and a server listens on.
#ifndef POLYCALL_NEGOTIATION_TARGET_H_
#define POLYCALL_NEGOTIATION_TARGET_H_

#include <string>
#include <string_view>

#include "base/status.h"
#include "negotiation/handshake.h"
#include "transport/transport.h"

namespace polycall::negotiation {

struct Target {
  std::string transport;  // "inproc", "unix", "tcp"; empty: to be negotiated
  std::string address;    // the transport's part: a name, a path, host:port
};

// "inproc:calc", "unix:/run/calc.sock", "tcp://host:port", "host:port". INVALID_ARGUMENT with what
// is wrong and what would be right.
base::Status ParseTarget(std::string_view text, Target* out);

// Limits on the wire, and what two sides' limits agree on for the one that has `own`.
Limits ToWire(const transport::Limits& own);
transport::Agreed Agree(const transport::Limits& own, const Limits& peer);

}  // namespace polycall::negotiation

#endif  // POLYCALL_NEGOTIATION_TARGET_H_
