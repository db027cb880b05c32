// Connector: from a target to the best connection that there is.
#ifndef POLYCALL_NEGOTIATION_CONNECTOR_H_
#define POLYCALL_NEGOTIATION_CONNECTOR_H_

#include <memory>
#include <string>
#include <vector>

#include "negotiation/handshake.h"
#include "negotiation/target.h"
#include "transport/transport.h"

namespace polycall::negotiation {

// One way that was tried or could have been, for `explain`.
struct Attempt {
  std::string transport;
  std::string address;
  bool chosen = false;
  std::string reason;  // why chosen, or why not
  bool tried = false;  // it was dialed
};

struct Outcome {
  base::Status status;
  std::unique_ptr<transport::Dialed> dialed;
  std::string transport;
  std::string address;
  Accept accept;
  transport::Agreed agreed;
  std::vector<Attempt> attempts;
  std::string moved_to;      // "shm": where a unix connection moved to within the handshake
  std::string not_moved;     // why it did not, although it could have
  int64_t handshake_ns = 0;  // connect and handshake of the chosen one
};

// [blocks] until `deadline`. `allowed` names the transports that may be used, best first; empty: all,
// as ranking.h orders them. A target that names a transport gets that one (over unix the two ends may
// agree on shared memory). "host:port" is reached by TCP, or by TLS if `tls` is given, or by gRPC if
// its server speaks nothing else; what the server then offers and is preferred is tried, best first,
// and every failure leaves what worked before.
Outcome Connect(const Target& target, const std::vector<std::string>& allowed,
                const transport::Limits& limits, const transport::TlsOptions& tls,
                const std::string& user_agent, int64_t deadline);

}  // namespace polycall::negotiation

#endif  // POLYCALL_NEGOTIATION_CONNECTOR_H_
