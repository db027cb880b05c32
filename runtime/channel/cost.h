// What a call costs on one way to a server, for `explain`.
#ifndef POLYCALL_CHANNEL_COST_H_
#define POLYCALL_CHANNEL_COST_H_

#include "negotiation/connector.h"
#include "transport/transport.h"

namespace polycall::channel {

// The shortest of a few pings' round trips on a connection of its own, made for this and closed again; -1:
// it cannot be told. [blocks] for at most a quarter of a second. The connection in use is left alone:
// a ping on it would take its reading away from the callers.
int64_t MeasureCost(const negotiation::Attempt& attempt, const transport::Limits& limits,
                    const transport::TlsOptions& tls);

}  // namespace polycall::channel

#endif  // POLYCALL_CHANNEL_COST_H_
