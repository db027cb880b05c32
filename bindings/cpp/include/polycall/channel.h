// Channel: the caller's handle on a target.
#ifndef POLYCALL_CHANNEL_H_
#define POLYCALL_CHANNEL_H_

#include <polycall/callback.h>
#include <polycall/interceptor.h>
#include <polycall/limits.h>
#include <polycall/polycall.h>
#include <polycall/status.h>
#include <polycall/status_or.h>
#include <polycall/tls.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace polycall {

enum class ChannelState {
  kIdle = POLYCALL_CHANNEL_IDLE,
  kConnecting = POLYCALL_CHANNEL_CONNECTING,
  kReady = POLYCALL_CHANNEL_READY,
  kTransientFailure = POLYCALL_CHANNEL_TRANSIENT_FAILURE,
};

// How a channel spreads calls over the addresses that its target stands for.
enum class Balancing {
  kDefault = POLYCALL_BALANCING_DEFAULT,                // what the resolver says, else kPickFirst
  kPickFirst = POLYCALL_BALANCING_PICK_FIRST,           // the first that answers, until it breaks
  kRoundRobin = POLYCALL_BALANCING_ROUND_ROBIN,         // all that answer, in turn
  kLeastInFlight = POLYCALL_BALANCING_LEAST_IN_FLIGHT,  // of two at random the less busy one
};

// A zero means the default that the comment names.
struct ChannelOptions {
  Limits limits = {};
  std::chrono::nanoseconds connect_timeout{0};  // 5 s for one attempt, handshake included
  std::chrono::nanoseconds initial_backoff{0};  // 50 ms
  std::chrono::nanoseconds max_backoff{0};      // 10 s
  uint32_t max_attempts = 0;                    // 3 for one call; 1: no retries
  std::vector<std::string> transports = {};     // those that may be used, best first; none: all
  std::vector<std::shared_ptr<Interceptor>> interceptors = {};
  std::string user_agent = {};         // what the peer's logs show
  std::optional<TlsOptions> tls = {};  // none: the system's authorities, no certificate
  Balancing balancing = Balancing::kDefault;
  // How often a channel in use looks for a better way to its peer, and takes it: 5 s; negative: never.
  std::chrono::nanoseconds rewire_interval{0};
  // Idempotent unary calls that are not answered after so long go to a second address too: never.
  std::chrono::nanoseconds hedging_delay{0};
};

// Thread-safe. Whoever makes calls shares it: clients and streams keep it alive.
class Channel {
 public:
  // A channel on "inproc:calc", "unix:/run/calc.sock", "tcp://host:port", "tls://host:port",
  // "grpc://host:port", "grpcs://host:port", "host:port" (negotiated), or on what stands for several:
  // "list:TARGET,TARGET", "dns:///host:port", "file:///path", "polycall:///name". Does not connect.
  // INVALID_ARGUMENT for a target that does not parse, or options that make no sense.
  static StatusOr<std::shared_ptr<Channel>> Create(const std::string& target,
                                                   ChannelOptions options = {});

  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // Cancels what is under way and closes the connections; waits for callbacks that run, unless it is
  // one of them that dropped the channel.
  ~Channel();

  ChannelState state() const { return static_cast<ChannelState>(polycall_channel_get_state(raw_)); }
  // Connects if need be. Blocks until the channel is ready, or `timeout` is over with the last
  // attempt's error.
  Status WaitReady(std::chrono::nanoseconds timeout) {
    polycall_status status = POLYCALL_STATUS_INIT;
    polycall_channel_wait_ready(raw_, timeout.count(), &status);
    return Status::Take(&status);
  }
  // The transport in use: "inproc", "shm", "unix", "tcp", "tls" or "grpc"; empty while there is none.
  std::string_view transport() const {
    const char* name = polycall_channel_transport(raw_);
    return name == nullptr ? std::string_view() : std::string_view(name);
  }
  // What was offered, chosen and refused, as a JSON object (its keys are in polycall.h).
  std::string Explain() const;
  // The time of one round trip. Blocks for at most `timeout`.
  StatusOr<std::chrono::nanoseconds> Ping(std::chrono::nanoseconds timeout);

  polycall_channel* get() const { return raw_; }

 private:
  Channel(polycall_channel* raw, std::vector<std::shared_ptr<Interceptor>> interceptors)
      : interceptors_(std::move(interceptors)), raw_(raw) {}

  const std::vector<std::shared_ptr<Interceptor>> interceptors_;  // the library has plain pointers
  polycall_channel* const raw_;                                   // owned
};

inline StatusOr<std::shared_ptr<Channel>> Channel::Create(const std::string& target,
                                                          ChannelOptions options) {
  polycall_channel_options raw = POLYCALL_CHANNEL_OPTIONS_INIT;
  raw.limits = options.limits.ToRaw();
  raw.connect_timeout_ns = options.connect_timeout.count();
  raw.initial_backoff_ns = options.initial_backoff.count();
  raw.max_backoff_ns = options.max_backoff.count();
  raw.max_attempts = options.max_attempts;
  const auto interceptors = internal::RawInterceptors(options.interceptors);
  raw.interceptors = interceptors.data();
  raw.interceptor_count = static_cast<uint32_t>(interceptors.size());
  std::vector<const char*> transports;
  for (const std::string& name : options.transports) transports.push_back(name.c_str());
  transports.push_back(nullptr);
  if (!options.transports.empty()) raw.transports = transports.data();
  if (!options.user_agent.empty()) raw.user_agent = options.user_agent.c_str();
  polycall_tls_options tls;
  if (options.tls) {
    tls = options.tls->ToRaw();
    raw.tls = &tls;
  }
  raw.balancing = static_cast<int32_t>(options.balancing);
  raw.rewire_interval_ns = options.rewire_interval.count();
  raw.hedging_delay_ns = options.hedging_delay.count();

  polycall_status status = POLYCALL_STATUS_INIT;
  polycall_channel* channel = polycall_channel_new(target.c_str(), &raw, &status);
  if (channel == nullptr) return Status::Take(&status);
  return std::shared_ptr<Channel>(new Channel(channel, std::move(options.interceptors)));
}

inline Channel::~Channel() {
  if (!internal::InCallback()) {
    polycall_channel_free(raw_);
    return;
  }
  // The last owner let go inside a callback, perhaps this channel's own, which must not wait for
  // itself: another thread ends it. The interceptors live until then.
  std::thread([raw = raw_, interceptors = interceptors_] { polycall_channel_free(raw); }).detach();
}

inline std::string Channel::Explain() const {
  char* text = polycall_channel_explain(raw_);
  std::string result = text == nullptr ? "" : text;
  polycall_string_free(text);
  return result;
}

inline StatusOr<std::chrono::nanoseconds> Channel::Ping(std::chrono::nanoseconds timeout) {
  polycall_status status = POLYCALL_STATUS_INIT;
  int64_t round_trip_ns = 0;
  if (polycall_channel_ping(raw_, timeout.count(), &round_trip_ns, &status) != POLYCALL_OK) {
    return Status::Take(&status);
  }
  return std::chrono::nanoseconds(round_trip_ns);
}

}  // namespace polycall

#endif  // POLYCALL_CHANNEL_H_
