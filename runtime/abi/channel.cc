// polycall_channel_*: handles, and starting afresh after fork().
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "abi/hosted_modules.h"
#include "base/fork.h"
#include "channel/channel.h"

using polycall::base::Status;
using polycall::channel::Channel;

// What the handle points to. The channel proper is made anew in a forked child, whose copy of the
// parent's has locks in unknown states and threads that do not exist: it is left alone there.
struct polycall_channel {
  polycall::channel::Options options;
  polycall::channel::MethodTable methods;
  std::atomic<Channel*> core{nullptr};
  std::atomic<uint32_t> generation{0};
};

namespace {

void StartAfresh(polycall_channel* handle, uint32_t now) {
  Channel* old = handle->core.load();
  auto* fresh = new Channel(handle->options, &handle->methods);
  if (handle->core.compare_exchange_strong(old, fresh)) {
    handle->generation.store(now, std::memory_order_release);
  } else {
    delete fresh;
  }
}

inline Channel& Core(polycall_channel* handle) {
  const uint32_t now = polycall::base::ForkGeneration();
  if (handle->generation.load(std::memory_order_acquire) != now) [[unlikely]]
    StartAfresh(handle, now);
  return *handle->core.load(std::memory_order_acquire);
}

// A resolver is made for the sake of its errors; each channel makes its own.
Status CheckTarget(polycall::channel::Options* options) {
  if (!options->resolver) {
    return polycall::negotiation::ParseTarget(options->target_text, &options->target);
  }
  polycall::negotiation::ResolverContext context;
  context.watch = [](const std::string&, polycall::negotiation::WatchListener*) {
    return std::unique_ptr<polycall::negotiation::Watch>();
  };
  std::unique_ptr<polycall::negotiation::Resolver> unused;
  return polycall::negotiation::MakeResolver(options->target_text, context, &unused);
}

Status FillOptions(const char* target, const polycall_channel_options& from,
                   polycall::channel::Options* to) {
  to->target_text = target != nullptr ? target : "";
  to->resolver = polycall::negotiation::NamesResolver(to->target_text);
  if (Status status = CheckTarget(to); !status.ok()) return status;
  to->limits = polycall::transport::Limits::FromAbi(from.limits);
  if (from.connect_timeout_ns > 0) to->connect_timeout_ns = from.connect_timeout_ns;
  if (from.initial_backoff_ns > 0) to->initial_backoff_ns = from.initial_backoff_ns;
  if (from.max_backoff_ns > 0) to->max_backoff_ns = from.max_backoff_ns;
  if (from.max_attempts > 0) to->max_attempts = from.max_attempts;
  to->interceptors = polycall::call::InterceptorChain(from.interceptors, from.interceptor_count);
  for (const char* const* name = from.transports; name != nullptr && *name != nullptr; ++name) {
    constexpr std::string_view kKnown[] = {"inproc", "shm", "unix", "tcp", "tls", "grpc"};
    if (std::find(std::begin(kKnown), std::end(kKnown), *name) == std::end(kKnown)) {
      return polycall::base::InvalidArgument(
          "there is no transport \"" + std::string(*name) +
          "\"; a channel knows inproc, shm, unix, tcp, tls, grpc");
    }
    to->transports.emplace_back(*name);
  }
  const bool names_inproc =
      std::find(to->transports.begin(), to->transports.end(), "inproc") != to->transports.end();
  if (names_inproc || (to->transports.empty() && polycall::abi::HostingAllowed())) {
    to->host_module = &polycall::abi::HostModule;
  }
  to->hook = from.thread_hook;
  to->user_agent = from.user_agent != nullptr ? from.user_agent : "";
  to->tls = polycall::transport::TlsOptions::FromAbi(from.tls);
  if (from.balancing < POLYCALL_BALANCING_DEFAULT ||
      from.balancing > POLYCALL_BALANCING_LEAST_IN_FLIGHT) {
    return polycall::base::InvalidArgument("there is no balancing number " +
                                           std::to_string(from.balancing));
  }
  to->balancing = static_cast<polycall_balancing>(from.balancing);
  if (from.rewire_interval_ns != 0) to->rewire_interval_ns = from.rewire_interval_ns;
  to->hedging_delay_ns = std::max<int64_t>(from.hedging_delay_ns, 0);
  return {};
}

}  // namespace

extern "C" {

polycall_channel* polycall_channel_new(const char* target, const polycall_channel_options* options,
                                       polycall_status* status) {
  polycall_channel_options copy = POLYCALL_CHANNEL_OPTIONS_INIT;
  if (options != nullptr) {
    memcpy(&copy, options, std::min(options->struct_size, sizeof(copy)));
  }
  polycall::base::WatchForks();
  auto handle = std::make_unique<polycall_channel>();
  if (Status filled = FillOptions(target, copy, &handle->options); !filled.ok()) {
    filled.ToAbi(status);
    return nullptr;
  }
  handle->generation = polycall::base::ForkGeneration();
  handle->core = new Channel(handle->options, &handle->methods);
  Status().ToAbi(status);
  return handle.release();
}

void polycall_channel_free(polycall_channel* channel) {
  if (channel == nullptr) return;
  if (channel->generation == polycall::base::ForkGeneration()) delete channel->core.load();
  delete channel;
}

const polycall_method* polycall_channel_method(polycall_channel* channel, const char* service,
                                               const polycall_method_descriptor* method) {
  polycall_method_descriptor copy = {};
  memcpy(&copy, method, std::min(method->struct_size, sizeof(copy)));
  bool added;
  const polycall_method* interned = channel->methods.Intern(service, copy, channel, &added);
  if (added) Core(channel).MapMethod(*interned);
  return interned;
}

polycall_code polycall_unary_call(polycall_channel* channel, polycall_unary* unary) {
  Core(channel).Unary(unary);
  return static_cast<polycall_code>(unary->status.code);
}

void polycall_unary_call_async(polycall_channel* channel, const polycall_unary* unary,
                               polycall_unary_fn done, void* arg, polycall_call** call) {
  Core(channel).UnaryAsync(*unary, done, arg, call);
}

polycall_call* polycall_call_start(polycall_channel* channel, const polycall_method* method,
                                   const polycall_call_options* options) {
  return Core(channel).Start(*method, options)->abi();
}

polycall_channel_state polycall_channel_get_state(polycall_channel* channel) {
  return Core(channel).state();
}

polycall_code polycall_channel_wait_ready(polycall_channel* channel, int64_t timeout_ns,
                                          polycall_status* status) {
  return Core(channel)
      .WaitReady(polycall::base::DeadlineAfter(std::max<int64_t>(timeout_ns, 0)))
      .ToAbi(status);
}

const char* polycall_channel_transport(polycall_channel* channel) {
  return Core(channel).transport();
}

char* polycall_channel_explain(polycall_channel* channel) {
  return strdup(Core(channel).Explain().c_str());
}

void polycall_string_free(char* string) { free(string); }

polycall_code polycall_channel_ping(polycall_channel* channel, int64_t timeout_ns,
                                    int64_t* round_trip_ns, polycall_status* status) {
  return Core(channel)
      .Ping(polycall::base::DeadlineAfter(std::max<int64_t>(timeout_ns, 0)), round_trip_ns)
      .ToAbi(status);
}

}  // extern "C"
