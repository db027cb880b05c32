// Which transports a channel may use, and which it prefers.
#ifndef POLYCALL_NEGOTIATION_RANKING_H_
#define POLYCALL_NEGOTIATION_RANKING_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "negotiation/handshake.h"
#include "negotiation/target.h"

namespace polycall::negotiation {

// `allowed` is the channel's option: names, best first; empty: all, in the library's order, which is
// inproc, shm, unix, tcp, tls, grpc. A lesser rank is preferred; what is not allowed ranks last.
size_t Rank(std::string_view transport, const std::vector<std::string>& allowed);
bool IsAllowed(std::string_view transport, const std::vector<std::string>& allowed);

// A unix socket is also the door to shared memory.
bool MayDial(std::string_view transport, const std::vector<std::string>& allowed);
size_t BestRank(std::string_view dialed, const std::vector<std::string>& allowed);

// What a HELLO says we would take.
std::vector<std::string> AllowedTransports(const std::vector<std::string>& allowed);

// Whether a new handshake at `target`, whose server said `accept` last time, could lead to something
// that is preferred to `now`.
bool MayBecomeBetter(const Target& target, const std::vector<std::string>& allowed,
                     std::string_view now, const Accept& accept);

}  // namespace polycall::negotiation

#endif  // POLYCALL_NEGOTIATION_RANKING_H_
