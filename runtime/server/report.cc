// What a server says of itself.
#include "negotiation/handshake.h"
#include "server/builtin_services.h"
#include "server/server.h"

namespace polycall::server {

void Server::MarkBuiltIn(const std::string& service) {
  for (auto& method : services_.at(service).methods) method->built_in = true;
}

void Server::Report(transport::ServerReport* report) {
  report->name = name_;
  report->version = polycall_version();
  report->serving = health_.State("") == Health::kServingNow;
  report->uptime_ns = tick_length_.uptime_ns();
  report->ns_per_tick = tick_length_.Nanoseconds();
  report->threads = reactor_.threads();
  report->tasks_waiting = reactor_.queued_tasks();
  if (admission_ != nullptr) report->calls_queued = admission_->waiting();
  report->connections_accepted = accepted_.load();
  report->protocol_errors = protocol_errors_.load();
  for (const char* transport : {"inproc", "shm", "unix", "tcp", "tls", "grpc", "http"}) {
    if (Allows(transport)) report->transports.emplace_back(transport);
  }
  {
    base::MutexLock lock(mutex_);
    report->calls_waiting = pulled_.size();
    std::map<std::string_view, uint64_t> connections;
    for (auto& listener : listeners_) {
      report->addresses.push_back(listener->address());
      listener->CountConnections(&connections);
    }
    for (const auto& [transport, count] : connections) {
      report->connections[std::string(transport)] = count;
    }
  }
  for (const auto& [name, service] : services_) {
    report->health[name] = health_.State(name);
    for (const auto& method : service.methods) {
      report->methods.push_back({method.get(), method->built_in, method->metrics.Read()});
    }
  }
  report->slow = slow_.List();
}

std::string_view Server::FileDescriptorSet(std::string_view service) const {
  const auto found = services_.find(std::string(service));
  return found != services_.end() ? std::string_view(found->second.file_descriptor_set)
                                  : std::string_view();
}

std::shared_ptr<void> Server::ModuleState(const char* module,
                                          const std::function<std::shared_ptr<void>()>& make) {
  base::MutexLock lock(modules_mutex_);
  std::shared_ptr<void>& state = modules_[module];
  if (state == nullptr) state = make();
  return state;
}

}  // namespace polycall::server
