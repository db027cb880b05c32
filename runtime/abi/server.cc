// polycall_server_*: the server's methods, by handle; the library's version.
#include <algorithm>
#include <cstring>
#include <string>

#include "server/server.h"

using polycall::base::Status;
using polycall::server::Server;

struct polycall_server {
  explicit polycall_server(const polycall_server_options& options) : server(options) {}
  Server server;
};

namespace {

int64_t DeadlineOf(int64_t timeout_ns) {
  return timeout_ns < 0 ? polycall::base::kNever : polycall::base::DeadlineAfter(timeout_ns);
}

// What `transports` may name: the transports, and what other than calls of ours a port takes.
Status CheckTransports(const char* const* names) {
  constexpr const char* kKnown[] = {"inproc", "shm", "unix", "tcp", "tls", "grpc", "http"};
  for (; names != nullptr && *names != nullptr; ++names) {
    const auto is = [&](const char* known) { return strcmp(known, *names) == 0; };
    if (std::none_of(std::begin(kKnown), std::end(kKnown), is)) {
      return polycall::base::InvalidArgument(
          "there is no transport \"" + std::string(*names) +
          "\"; a server knows inproc, shm, unix, tcp, tls, grpc, http");
    }
  }
  return {};
}

}  // namespace

extern "C" {

const char* polycall_version(void) { return "0.1.0"; }
uint32_t polycall_abi_version(void) { return POLYCALL_ABI_VERSION; }

polycall_server* polycall_server_new(const polycall_server_options* options,
                                     polycall_status* status) {
  polycall_server_options copy = POLYCALL_SERVER_OPTIONS_INIT;
  if (options != nullptr) {
    memcpy(&copy, options, std::min(options->struct_size, sizeof(copy)));
  }
  const Status checked = CheckTransports(copy.transports);
  checked.ToAbi(status);
  return checked.ok() ? new polycall_server(copy) : nullptr;
}

polycall_code polycall_server_add_service(polycall_server* server,
                                          const polycall_service_descriptor* service,
                                          const polycall_handler* handlers, size_t handler_stride,
                                          void* arg, void (*free_arg)(void* arg),
                                          polycall_status* status) {
  return server->server.AddService(*service, handlers, handler_stride, arg, free_arg).ToAbi(status);
}

polycall_code polycall_server_allow(polycall_server* server, const char* service,
                                    const char* const* identities, size_t count,
                                    polycall_status* status) {
  return server->server.Allow(service != nullptr ? service : "", identities, count).ToAbi(status);
}

polycall_code polycall_server_listen(polycall_server* server, const char* target, char* address,
                                     size_t size, polycall_status* status) {
  std::string bound;
  const Status result = server->server.Listen(target != nullptr ? target : "", &bound);
  if (result.ok() && address != nullptr && size > 0) {
    const size_t count = std::min(bound.size(), size - 1);
    memcpy(address, bound.data(), count);
    address[count] = '\0';
  }
  return result.ToAbi(status);
}

polycall_code polycall_server_start(polycall_server* server, polycall_status* status) {
  return server->server.Start().ToAbi(status);
}

void polycall_server_shutdown(polycall_server* server, int64_t grace_ns) {
  server->server.Shutdown(grace_ns);
}

polycall_code polycall_server_wait(polycall_server* server, int64_t timeout_ns) {
  return server->server.Wait(DeadlineOf(timeout_ns)) ? POLYCALL_OK : POLYCALL_DEADLINE_EXCEEDED;
}

void polycall_server_free(polycall_server* server) {
  // In a forked child the parent's server is left alone: its locks are in unknown states.
  if (server != nullptr && !server->server.forked()) delete server;
}

polycall_code polycall_server_run_worker(polycall_server* server, int64_t timeout_ns) {
  return static_cast<polycall_code>(server->server.RunWorker(DeadlineOf(timeout_ns)).code());
}

polycall_code polycall_server_next_call(polycall_server* server, int64_t timeout_ns,
                                        polycall_call** call, polycall_message* request,
                                        void** arg) {
  return static_cast<polycall_code>(
      server->server.NextCall(DeadlineOf(timeout_ns), call, request, arg).code());
}

void polycall_server_set_serving(polycall_server* server, const char* service, int serving) {
  using polycall::server::Health;
  server->server.health().Set(service, serving != 0 ? Health::kServingNow : Health::kNotServing);
}

void polycall_server_get_stats(polycall_server* server, polycall_server_stats* stats) {
  server->server.GetStats(stats);
}

}  // extern "C"
