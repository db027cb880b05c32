// dns:///host:port: every address that the name has, looked up again now and then.
#include <arpa/inet.h>
#include <netdb.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "base/clock.h"
#include "base/log.h"
#include "negotiation/background.h"
#include "negotiation/resolvers.h"
#include "negotiation/teller.h"

namespace polycall::negotiation {
namespace {

constexpr int64_t kInterval = 30 * base::kSecond;
constexpr int64_t kAfterFailure = 2 * base::kSecond;
constexpr int64_t kLeastInterval = base::kSecond;

std::string NumericHostPort(const addrinfo& entry) {
  char text[INET6_ADDRSTRLEN] = "";
  if (entry.ai_family == AF_INET) {
    sockaddr_in address;
    memcpy(&address, entry.ai_addr, sizeof(address));
    inet_ntop(AF_INET, &address.sin_addr, text, sizeof(text));
    return std::string(text) + ":" + std::to_string(ntohs(address.sin_port));
  }
  sockaddr_in6 address;
  memcpy(&address, entry.ai_addr, sizeof(address));
  inet_ntop(AF_INET6, &address.sin6_addr, text, sizeof(text));
  return "[" + std::string(text) + "]:" + std::to_string(ntohs(address.sin6_port));
}

// What a lookup uses, also one that outlives the resolver: getaddrinfo cannot be interrupted.
struct State {
  std::string host;
  std::string port;
  Teller teller;
  std::atomic<int64_t> looked_up{0};

  bool LookUp() {
    looked_up = base::NowNs();
    addrinfo hints = {};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int error = getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
    if (error != 0) {
      const base::Status status =
          base::Unavailable("cannot look up the host \"" + host + "\": " +
                            (error == EAI_SYSTEM ? base::ErrnoText("the system's resolver", errno)
                                                 : gai_strerror(error)));
      POLYCALL_LOG(POLYCALL_LOG_INFO, status.message());
      teller.TellError(status);
      return false;
    }
    Resolution resolution;
    for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
      if (entry->ai_family != AF_INET && entry->ai_family != AF_INET6) continue;
      Address address;
      if (!MakeAddress(NumericHostPort(*entry), &address).ok()) continue;
      const auto same = [&](const Address& other) { return other.text == address.text; };
      if (std::none_of(resolution.addresses.begin(), resolution.addresses.end(), same)) {
        resolution.addresses.push_back(std::move(address));
      }
    }
    freeaddrinfo(found);
    teller.Tell(std::move(resolution));
    return true;
  }
};

class DnsResolver final : public Resolver {
 public:
  explicit DnsResolver(std::shared_ptr<State> state)
      : state_(std::move(state)), work_([state = state_] {
          return base::DeadlineAfter(state->LookUp() ? kInterval : kAfterFailure);
        }) {}
  ~DnsResolver() override { DnsResolver::Stop(); }

  void Start(Listener* listener) override {
    state_->teller.Start(listener);
    work_.RunSoon();
  }
  void Stop() override {
    state_->teller.Stop();
    work_.Stop();
  }
  void Refresh() override {
    work_.RunAt(std::max(base::NowNs(), state_->looked_up.load() + kLeastInterval));
  }

 private:
  const std::shared_ptr<State> state_;
  Background work_;
};

}  // namespace

base::Status MakeDnsResolver(std::string_view rest, const ResolverContext&,
                             std::unique_ptr<Resolver>* out) {
  // The same rules as for tcp://, and a name to look up.
  Target target;
  auto state = std::make_shared<State>();
  base::Status status = ParseTarget("tcp://" + std::string(rest), &target);
  if (status.ok()) {
    const size_t colon = rest.rfind(':');
    state->host = rest.substr(0, colon);
    state->port = rest.substr(colon + 1);
    if (state->host.starts_with('[')) state->host = state->host.substr(1, state->host.size() - 2);
  }
  if (!status.ok() || state->host.empty()) {
    return base::InvalidArgument("it names no host and port; write dns:///host:port");
  }
  *out = std::make_unique<DnsResolver>(std::move(state));
  return {};
}

}  // namespace polycall::negotiation
