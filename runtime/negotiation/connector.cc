#include "negotiation/connector.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/give_way.h"
#include "call/frame.h"
#include "negotiation/ranking.h"

namespace polycall::negotiation {
namespace {

// A server that drains may accept a connection and close it before it answers: another one listens on
// the same socket, or will soon. So often a dial is made again for that.
constexpr int kDialsAgain = 3;

// Whether a unix connection should move to shared memory.
bool WantsShm(const std::vector<std::string>& allowed) {
  return IsAllowed("shm", allowed) && Rank("shm", allowed) < Rank("unix", allowed);
}

Hello MakeHello(const transport::Limits& limits, const std::vector<std::string>& allowed,
                const std::string& user_agent) {
  Hello hello;
  hello.min_version = hello.max_version = call::kProtocolVersion;
  hello.limits = ToWire(limits);
  if (WantsShm(allowed)) hello.features.emplace_back("shm");
  hello.user_agent = user_agent;
  hello.host = ThisHost();
  hello.transports = AllowedTransports(allowed);
  return hello;
}

struct Dialing {
  std::string hello;
  const transport::Limits& limits;
  const transport::TlsOptions& tls;
  int64_t deadline;
  bool shm;
};

bool ClosedInHandshake(const base::Status& status) {
  return status.message().find("closed the connection in the handshake") != std::string_view::npos;
}

// Somebody answered, in another language than ours: what gRPC servers do when they meet our preface
// is one of these. A refused or timed out connect is none.
bool MetAnotherProtocol(const base::Status& status) {
  if (status.ok()) return false;
  const std::string_view text = status.message();
  return ClosedInHandshake(status) || text.find("does not speak") != std::string_view::npos ||
         text.find("broke in the handshake") != std::string_view::npos ||
         text.find("answered the handshake with") != std::string_view::npos;
}

// Dials one address and reads the peer's ACCEPT.
base::Status DialOne(const std::string& name, const std::string& address, const Dialing& dialing,
                     Outcome* out) {
  transport::Transport* transport = transport::FindTransport(name);
  if (transport == nullptr) {
    return base::FailedPrecondition("this library does not know the transport " + name);
  }
  const int64_t begin = base::NowNs();
  std::unique_ptr<transport::Dialed> dialed;
  base::Status status;
  for (int i = 0; i < kDialsAgain; ++i) {
    status = transport->Dial(
        address, {dialing.hello, dialing.deadline, dialing.tls, dialing.limits, dialing.shm},
        &dialed);
    if (!ClosedInHandshake(status) || base::NowNs() >= dialing.deadline) break;
  }
  if (!status.ok()) return status;
  base::GiveWay();
  Accept accept;
  std::string error;
  // A peer of another protocol gives no ACCEPT: nothing is known of it, and nothing was agreed.
  if (!dialed->accept().empty()) {
    if (!Decode(dialed->accept(), &accept, &error)) {
      return base::Internal("the peer's answer to the handshake is malformed: " + error);
    }
    if (accept.version != call::kProtocolVersion) {
      return base::FailedPrecondition("the peer chose protocol version " +
                                      std::to_string(accept.version) +
                                      ", which it was not offered");
    }
  }
  out->moved_to = dialed->moved_to() != nullptr ? dialed->moved_to() : "";
  out->not_moved = dialed->not_moved();
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
  if (!MayDial(transport, allowed)) return "not among the transports that the channel allows";
  if (transport == "inproc" && !IsSameProcess(ours, theirs)) return "the server is another process";
  if (transport == "unix" && !IsSameHost(ours, theirs)) return "the server is on another host";
  return "";
}

// Tries what the server offers and is preferred to what reached it, best first.
void Upgrade(const std::vector<std::string>& allowed, const Dialing& dialing, Outcome* out) {
  const HostIdentity ours = ThisHost();
  const HostIdentity theirs = out->accept.host;
  std::vector<Offer> offers = out->accept.offers;
  std::stable_sort(offers.begin(), offers.end(), [&](const Offer& a, const Offer& b) {
    return BestRank(a.transport, allowed) < BestRank(b.transport, allowed);
  });
  const size_t reached = Rank(out->transport, allowed);
  for (const Offer& offer : offers) {
    if (offer.transport == out->transport) continue;
    Attempt attempt{offer.transport, offer.address, false,
                    WhyNot(offer.transport, allowed, ours, theirs)};
    if (attempt.reason.empty() && BestRank(offer.transport, allowed) >= reached) {
      attempt.reason = "not preferred to " + out->transport;
    }
    Target target;
    if (attempt.reason.empty() && !ParseTarget(offer.address, &target).ok()) {
      attempt.reason = "its address does not parse";
    }
    if (!attempt.reason.empty()) {
      out->attempts.push_back(std::move(attempt));
      continue;
    }
    Outcome better;
    const base::Status status = DialOne(offer.transport, target.address, dialing, &better);
    attempt.tried = true;
    if (!status.ok()) {
      attempt.reason = status.message();
    } else if (better.accept.host.process != theirs.process) {
      // The same path or name, but somebody else: another container or a successor.
      attempt.reason = "another process answers there";
    } else {
      attempt.chosen = true;
      attempt.reason =
          offer.transport == "inproc" ? "the server is this process" : "the server is on this host";
      for (Attempt& before : out->attempts) {
        if (std::exchange(before.chosen, false)) {
          before.reason = "reached the server, which offers better";
        }
      }
      out->dialed = std::move(better.dialed);
      out->agreed = better.agreed;
      out->accept = std::move(better.accept);
      out->transport = better.transport;
      out->address = better.address;
      out->handshake_ns += better.handshake_ns;
      out->moved_to = better.moved_to;
      out->not_moved = better.not_moved;
    }
    const bool chosen = attempt.chosen;
    out->attempts.push_back(std::move(attempt));
    if (chosen) return;
  }
}

// The first ways to try at a target, in order.
std::vector<std::string> FirstWays(const Target& target, const std::vector<std::string>& allowed,
                                   const transport::TlsOptions& tls) {
  if (!target.transport.empty()) return {target.transport};
  if (allowed.empty()) {
    // Whoever gives certificates wants them used: nothing of his goes over the wire in the clear.
    if (tls.given) return {"tls"};
    return {"tcp", "grpc"};
  }
  std::vector<std::string> ways;
  for (const std::string& name : allowed) {
    if (name == "tcp" || name == "tls" || name == "grpc") ways.push_back(name);
  }
  return ways;
}

// What became of a unix connection's way to shared memory.
void TellOfShm(const std::vector<std::string>& allowed, Outcome* out) {
  if (!out->status.ok() || out->transport != "unix") return;
  Attempt attempt{"shm", out->address, !out->moved_to.empty(), ""};
  attempt.tried = attempt.chosen || !out->not_moved.empty();
  if (attempt.chosen) {
    out->transport = out->moved_to;
    attempt.reason = "the server is on this host and shares memory";
    for (Attempt& other : out->attempts) {
      if (std::exchange(other.chosen, false)) {
        other.reason = "reached the server, which offers better";
      }
    }
  } else if (!WantsShm(allowed)) {
    attempt.reason = IsAllowed("shm", allowed) ? "not preferred to unix"
                                               : "not among the transports that the channel allows";
  } else {
    attempt.reason = out->not_moved.empty() ? "the server does not offer it" : out->not_moved;
  }
  if (!attempt.chosen && !IsAllowed("unix", allowed)) {
    out->status =
        base::FailedPrecondition("the channel allows shm but not unix, and the server at " +
                                 out->address + " does not share memory: " + attempt.reason);
    out->dialed.reset();
    for (Attempt& other : out->attempts) other.chosen = false;
  }
  out->attempts.push_back(std::move(attempt));
}

Outcome ConnectStream(const Target& target, const std::vector<std::string>& allowed,
                      const transport::Limits& limits, const transport::TlsOptions& tls,
                      const std::string& user_agent, int64_t deadline) {
  Outcome out;
  const bool negotiated = target.transport.empty();
  std::vector<std::string> ways = FirstWays(target, allowed, tls);
  if (!negotiated && !MayDial(target.transport, allowed)) ways.clear();
  if (ways.empty()) {
    const std::string name = negotiated ? "tcp" : target.transport;
    out.status = base::FailedPrecondition("the channel does not allow the transport " + name +
                                          " that its target needs");
    out.attempts.push_back({name, target.address, false, std::string(out.status.message())});
    return out;
  }
  const Dialing dialing{Encode(MakeHello(limits, allowed, user_agent)), limits, tls, deadline,
                        WantsShm(allowed)};
  base::Status first;
  for (const std::string& name : ways) {
    Attempt attempt{name, target.address, false, ""};
    attempt.tried = true;
    out.status = DialOne(name, target.address, dialing, &out);
    attempt.chosen = out.status.ok();
    attempt.reason = out.status.message();
    if (attempt.chosen) {
      attempt.reason = !negotiated  ? "the target names it"
                       : first.ok() ? "the target is a host and a port"
                                    : "what was tried before met another protocol";
      attempt.address = out.address;
    }
    out.attempts.push_back(std::move(attempt));
    if (out.status.ok()) break;
    const bool other = MetAnotherProtocol(out.status);
    if (first.ok()) first = out.status;
    if (!other || base::NowNs() >= deadline) break;
  }
  if (!out.status.ok()) {
    // What the first way met says more than what the others did.
    out.status = first;
    return out;
  }
  if (negotiated) {
    Upgrade(allowed, dialing, &out);
    return out;
  }
  for (const Offer& offer : out.accept.offers) {
    if (offer.transport != target.transport) {
      out.attempts.push_back(
          {offer.transport, offer.address, false, "the target names " + target.transport});
    }
  }
  return out;
}

}  // namespace

Outcome Connect(const Target& target, const std::vector<std::string>& allowed,
                const transport::Limits& limits, const transport::TlsOptions& tls,
                const std::string& user_agent, int64_t deadline) {
  Outcome out = ConnectStream(target, allowed, limits, tls, user_agent, deadline);
  TellOfShm(allowed, &out);
  return out;
}

}  // namespace polycall::negotiation
