#include "negotiation/ranking.h"

#include <algorithm>

#include "transport/transport.h"

namespace polycall::negotiation {
namespace {

constexpr std::string_view kOrder[] = {"inproc", "shm", "unix", "tcp", "tls", "grpc", "grpcs"};

}  // namespace

size_t Rank(std::string_view transport, const std::vector<std::string>& allowed) {
  if (!allowed.empty()) {
    return static_cast<size_t>(std::find(allowed.begin(), allowed.end(), transport) -
                               allowed.begin());
  }
  return static_cast<size_t>(std::find(std::begin(kOrder), std::end(kOrder), transport) -
                             std::begin(kOrder));
}

bool IsAllowed(std::string_view transport, const std::vector<std::string>& allowed) {
  if (allowed.empty()) return true;
  // gRPC over TLS is both.
  if (transport == "grpcs") transport = "grpc";
  return std::find(allowed.begin(), allowed.end(), transport) != allowed.end();
}

bool MayDial(std::string_view transport, const std::vector<std::string>& allowed) {
  return IsAllowed(transport, allowed) || (transport == "unix" && IsAllowed("shm", allowed));
}

size_t BestRank(std::string_view dialed, const std::vector<std::string>& allowed) {
  const size_t own = Rank(dialed, allowed);
  return dialed == "unix" ? std::min(own, Rank("shm", allowed)) : own;
}

std::vector<std::string> AllowedTransports(const std::vector<std::string>& allowed) {
  std::vector<std::string> names;
  for (const std::string_view name : kOrder) {
    if (!IsAllowed(name, allowed)) continue;
    if (name == "shm" || transport::FindTransport(name) != nullptr) names.emplace_back(name);
  }
  return names;
}

bool MayBecomeBetter(const Target& target, const std::vector<std::string>& allowed,
                     std::string_view now, const Accept& accept) {
  if (target.transport == "unix") return now == "unix" && Rank("shm", allowed) < Rank(now, allowed);
  if (!target.transport.empty()) return false;
  // Between hosts there is nothing better than what the first handshake found.
  if (!IsSameHost(ThisHost(), accept.host)) return false;
  const size_t rank = Rank(now, allowed);
  // The same process would have been found at once: a server does not move into another.
  return Rank("shm", allowed) < rank || Rank("unix", allowed) < rank ||
         (Rank("inproc", allowed) < rank && IsSameProcess(ThisHost(), accept.host));
}

}  // namespace polycall::negotiation
