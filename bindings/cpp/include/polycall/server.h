// Server: services and the addresses where they are served.
#ifndef POLYCALL_SERVER_H_
#define POLYCALL_SERVER_H_

#include <polycall/host.h>
#include <polycall/interceptor.h>
#include <polycall/limits.h>
#include <polycall/polycall.h>
#include <polycall/service.h>
#include <polycall/status.h>
#include <polycall/status_or.h>
#include <polycall/tls.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace polycall {

// A zero means the default that the comment names.
struct ServerOptions {
  Limits limits = {};
  uint32_t max_threads = 0;     // 256
  bool donated_only = false;    // no threads of the runtime's: only RunWorker serves
  bool copy_requests = false;   // requests from this process are copied instead of shared
  bool no_description = false;  // do not serve polycall.v1.Description
  std::vector<std::shared_ptr<Interceptor>> interceptors = {};
  std::string name = {};  // what peers' `explain` shows; the program's name
  // What may be spoken on its listeners: "inproc", "shm", "unix", "tcp", "tls", "grpc", "http"; none:
  // all (TLS needs `tls`).
  std::vector<std::string> transports = {};
  std::optional<TlsOptions> tls = {};  // none: no TLS
};

// Thread-safe. Ending it cancels what is under way: Shutdown first.
class Server {
 public:
  // Throws StatusError when there is no memory or the options make no sense.
  explicit Server(ServerOptions options = {});
  // A server of somebody else's, as a module is given (polycall/module.h): services can be added to
  // it; starting and ending it is its owner's affair.
  static Server Borrow(polycall_server* server) { return Server(server, /*owned=*/false); }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() {
    if (owned_) polycall_server_free(raw_);
  }

  // Before Start. `service` must outlive the server. ALREADY_EXISTS for a service that was added.
  Status AddService(Service* service) { return Add(service, nullptr); }
  // The same; the server shares it.
  Status AddService(std::shared_ptr<Service> service) {
    Service* borrowed = service.get();
    return Add(borrowed, std::move(service));
  }

  // Before Start. Loads a module of another language into this process and lets it add its services:
  // Load("python", "calculator.service"). `language` is "c" (also C++ and assembly), "python", "java",
  // "haskell" or "lisp"; what `module` is in each, docs/concepts/hosting.md says. `arguments` are for
  // the language's runtime if this call is the one that starts it. Blocks while runtime and module
  // start.
  Status Load(const std::string& language, const std::string& module,
              const std::vector<std::string>& arguments = {});

  // Who may call `service`: peers that have one of `identities` ("DNS:..", "URI:..", "IP:..",
  // "EMAIL:..", "UID:..", or a certificate's whole subject, "CN=.."). Calls of others end
  // PERMISSION_DENIED. Service "" sets it for those that have no list of their own. Before Start.
  // NOT_FOUND for a service that was not added, INVALID_ARGUMENT for an identity of no known kind.
  Status Allow(const std::string& service, const std::vector<std::string>& identities);

  // "inproc:calc", "unix:/run/calc.sock", "tcp://127.0.0.1:0" (port 0: any), "tls://127.0.0.1:0" (takes
  // nothing but TLS; "tcp" takes it too if the options have `tls`). Before or after Start. The target
  // that callers use. ALREADY_EXISTS when somebody listens there.
  StatusOr<std::string> Listen(const std::string& target);

  Status Start();

  // Stops accepting, lets calls end for at most `grace`, then cancels them. Blocks until the handlers
  // have finished. Not from a handler.
  void Shutdown(std::chrono::nanoseconds grace = std::chrono::nanoseconds(0)) {
    polycall_server_shutdown(raw_, grace.count());
  }

  // Blocks until shutdown has completed.
  void Wait() { polycall_server_wait(raw_, -1); }
  // The same, for at most `timeout`: false when that was not enough.
  bool Wait(std::chrono::nanoseconds timeout) {
    return polycall_server_wait(raw_, timeout.count()) == POLYCALL_OK;
  }

  // Donates this thread: it reads requests and runs handlers. Blocks until shutdown.
  void RunWorker() { polycall_server_run_worker(raw_, -1); }
  // The same, for at most `timeout`: false when the server has not shut down by then.
  bool RunWorker(std::chrono::nanoseconds timeout) {
    return polycall_server_run_worker(raw_, timeout.count()) == POLYCALL_OK;
  }

  // What the built-in grpc.health.v1.Health answers for `service` ("": the whole server).
  void SetServing(const std::string& service, bool serving) {
    polycall_server_set_serving(raw_, service.c_str(), serving ? 1 : 0);
  }

  polycall_server_stats Stats() const {
    polycall_server_stats stats = POLYCALL_SERVER_STATS_INIT;
    polycall_server_get_stats(raw_, &stats);
    return stats;
  }

  polycall_server* get() const { return raw_; }

 private:
  Server(polycall_server* raw, bool owned) : raw_(raw), owned_(owned) {}
  Status Add(Service* service, std::shared_ptr<Service> owner);

  const std::vector<std::shared_ptr<Interceptor>> interceptors_;  // the library has plain pointers
  polycall_server* raw_;
  const bool owned_ = true;
};

inline Server::Server(ServerOptions options) : interceptors_(std::move(options.interceptors)) {
  polycall_server_options raw = POLYCALL_SERVER_OPTIONS_INIT;
  raw.limits = options.limits.ToRaw();
  raw.max_threads = options.max_threads;
  if (options.donated_only) raw.flags |= POLYCALL_SERVER_DONATED_ONLY;
  if (options.copy_requests) raw.flags |= POLYCALL_SERVER_COPY_REQUESTS;
  if (options.no_description) raw.flags |= POLYCALL_SERVER_NO_DESCRIPTION;
  const auto interceptors = internal::RawInterceptors(interceptors_);
  raw.interceptors = interceptors.data();
  raw.interceptor_count = static_cast<uint32_t>(interceptors.size());
  if (!options.name.empty()) raw.name = options.name.c_str();
  std::vector<const char*> transports;
  for (const std::string& name : options.transports) transports.push_back(name.c_str());
  transports.push_back(nullptr);
  if (!options.transports.empty()) raw.transports = transports.data();
  polycall_tls_options tls;
  if (options.tls) {
    tls = options.tls->ToRaw();
    raw.tls = &tls;
  }
  polycall_status status = POLYCALL_STATUS_INIT;
  raw_ = polycall_server_new(&raw, &status);
  if (raw_ == nullptr) throw StatusError(Status::Take(&status));
}

inline StatusOr<std::string> Server::Listen(const std::string& target) {
  char address[512] = "";
  polycall_status status = POLYCALL_STATUS_INIT;
  if (polycall_server_listen(raw_, target.c_str(), address, sizeof(address), &status) !=
      POLYCALL_OK) {
    return Status::Take(&status);
  }
  return std::string(address);
}

inline Status Server::Start() {
  polycall_status status = POLYCALL_STATUS_INIT;
  polycall_server_start(raw_, &status);
  return Status::Take(&status);
}

inline Status Server::Allow(const std::string& service,
                            const std::vector<std::string>& identities) {
  std::vector<const char*> pointers;
  pointers.reserve(identities.size());
  for (const std::string& identity : identities) pointers.push_back(identity.c_str());
  polycall_status status = POLYCALL_STATUS_INIT;
  polycall_server_allow(raw_, service.c_str(), pointers.data(), pointers.size(), &status);
  return Status::Take(&status);
}

inline Status Server::Load(const std::string& language, const std::string& module,
                           const std::vector<std::string>& arguments) {
  std::vector<const char*> pointers;
  pointers.reserve(arguments.size() + 1);
  for (const std::string& argument : arguments) pointers.push_back(argument.c_str());
  pointers.push_back(nullptr);
  polycall_host_options options = POLYCALL_HOST_OPTIONS_INIT;
  options.language = language.c_str();
  options.module = module.c_str();
  options.arguments = pointers.data();
  polycall_status status = POLYCALL_STATUS_INIT;
  polycall_host_load(raw_, &options, &status);
  return Status::Take(&status);
}

inline Status Server::Add(Service* service, std::shared_ptr<Service> owner) {
  const ServiceRegistration registration = service->PolycallRegistration();
  using Owner = std::shared_ptr<Service>;
  auto shared = std::make_unique<Owner>(std::move(owner));
  polycall_status status = POLYCALL_STATUS_INIT;
  const polycall_code code = polycall_server_add_service(
      raw_, registration.descriptor, registration.handlers.data(), sizeof(polycall_handler),
      shared.get(), [](void* arg) { const std::unique_ptr<Owner> ended(static_cast<Owner*>(arg)); },
      &status);
  // The library ends what it took; a service that it refused stays ours.
  if (code == POLYCALL_OK) static_cast<void>(shared.release());
  return Status::Take(&status);
}

}  // namespace polycall

#endif  // POLYCALL_SERVER_H_
