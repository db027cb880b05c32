#include "negotiation/connector.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "call/frame.h"

namespace polycall::negotiation {
namespace {

bool IsAllowed(const std::vector<std::string>& allowed, std::string_view transport) {
  return allowed.empty() || std::find(allowed.begin(), allowed.end(), transport) != allowed.end();
}

Hello MakeHello(const transport::Limits& limits, const std::vector<std::string>& allowed,
                const std::string& user_agent) {
  Hello hello;
  hello.min_version = hello.max_version = call::kProtocolVersion;
  hello.limits = ToWire(limits);
  hello.user_agent = user_agent;
  hello.host = ThisHost();
  for (transport::Transport* transport : transport::BuiltinTransports()) {
    if (IsAllowed(allowed, transport->name())) hello.transports.emplace_back(transport->name());
  }
  return hello;
}

struct Dialing {
  std::string hello;
  const transport::Limits& limits;
  const transport::TlsOptions& tls;
  int64_t deadline;
};

// Dials one address and reads the peer's ACCEPT.
base::Status DialOne(const std::string& name, const std::string& address, const Dialing& dialing,
                     Outcome* out) {
  transport::Transport* transport = transport::FindTransport(name);
  const int64_t begin = base::NowNs();
  std::unique_ptr<transport::Dialed> dialed;
  base::Status status =
      transport->Dial(address, {dialing.hello, dialing.deadline, dialing.tls}, &dialed);
  if (!status.ok()) return status;
  Accept accept;
  std::string error;
  if (!Decode(dialed->accept(), &accept, &error)) {
    return base::Internal("the peer's answer to the handshake is malformed: " + error);
  }
  if (accept.version != call::kProtocolVersion) {
    return base::FailedPrecondition("the peer chose protocol version " +
                                    std::to_string(accept.version) + ", which it was not offered");
  }
  out->dialed = std::move(dialed);
  out->agreed = Agree(dialing.limits, accept.limits);
  out->accept = std::move(accept);
  out->transport = name;
  out->address = name + (name == "inproc" || name == "unix" ? ":" : "://") + address;
  out->handshake_ns = base::NowNs() - begin;
  return {};
}

// Why an offer is out of the question, or empty.
std::string WhyNot(const std::string& transport, const std::vector<std::string>& allowed,
                   const HostIdentity& ours, const HostIdentity& theirs) {
  if (transport::FindTransport(transport) == nullptr) return "this library does not know it";
  if (!IsAllowed(allowed, transport)) return "not among the transports that the channel allows";
  if (transport == "inproc" && !IsSameProcess(ours, theirs)) return "the server is another process";
  if (transport == "unix" && !IsSameHost(ours, theirs)) return "the server is on another host";
  return "";
}

// Tries what the server offers beyond the transport that reached it.
void Upgrade(const std::vector<std::string>& allowed, const Dialing& dialing, Outcome* out) {
  const HostIdentity ours = ThisHost();
  const HostIdentity theirs = out->accept.host;
  std::vector<Offer> offers = out->accept.offers;
  for (transport::Transport* transport : transport::BuiltinTransports()) {
    const std::string name = transport->name();
    if (name == out->transport) break;  // the rest is no better
    for (const Offer& offer : offers) {
      if (offer.transport != name) continue;
      Attempt attempt{offer.transport, offer.address, false,
                      WhyNot(offer.transport, allowed, ours, theirs)};
      Target target;
      if (attempt.reason.empty() && !ParseTarget(offer.address, &target).ok()) {
        attempt.reason = "its address does not parse";
      }
      if (attempt.reason.empty()) {
        Outcome better;
        const base::Status status = DialOne(name, target.address, dialing, &better);
        if (!status.ok()) {
          attempt.reason = status.message();
        } else if (better.accept.host.process != theirs.process) {
          // The same path or name, but somebody else: another container or a successor.
          attempt.reason = "another process answers there";
        } else {
          attempt.chosen = true;
          attempt.reason =
              name == "inproc" ? "the server is this process" : "the server is on this host";
          out->attempts.back().chosen = false;
          out->attempts.back().reason = "reached the server, which offers better";
          out->dialed = std::move(better.dialed);
          out->agreed = better.agreed;
          out->accept = std::move(better.accept);
          out->transport = better.transport;
          out->address = better.address;
          out->handshake_ns += better.handshake_ns;
        }
      }
      const bool chosen = attempt.chosen;
      out->attempts.push_back(std::move(attempt));
      if (chosen) return;
    }
  }
}

}  // namespace

Outcome Connect(const Target& target, const std::vector<std::string>& allowed,
                const transport::Limits& limits, const transport::TlsOptions& tls,
                const std::string& user_agent, int64_t deadline) {
  Outcome out;
  const std::string name = target.transport.empty() ? "tcp" : target.transport;
  Attempt attempt{name, target.address, false, ""};
  if (!IsAllowed(allowed, name)) {
    out.status = base::FailedPrecondition("the channel does not allow the transport " + name +
                                          " that its target needs");
    attempt.reason = out.status.message();
    out.attempts.push_back(std::move(attempt));
    return out;
  }
  const Dialing dialing{Encode(MakeHello(limits, allowed, user_agent)), limits, tls, deadline};
  out.status = DialOne(name, target.address, dialing, &out);
  attempt.chosen = out.status.ok();
  attempt.reason = out.status.ok() ? (target.transport.empty() ? "the target is a host and a port"
                                                               : "the target names it")
                                   : std::string(out.status.message());
  if (out.status.ok()) attempt.address = out.address;
  out.attempts.push_back(std::move(attempt));
  if (!out.status.ok()) return out;
  if (target.transport.empty()) {
    Upgrade(allowed, dialing, &out);
    return out;
  }
  for (const Offer& offer : out.accept.offers) {
    if (offer.transport != name) {
      out.attempts.push_back({offer.transport, offer.address, false, "the target names " + name});
    }
  }
  return out;
}

}  // namespace polycall::negotiation
