// The life of a server: services, listening, start, shutdown.
#include "server/server.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/log.h"
#include "call/frame.h"
#include "negotiation/target.h"
#include "server/builtin_services.h"
#include "transport/stream/stream_transports.h"

namespace polycall::server {
namespace {

// After the last call has ended: for peers to read their answers and the go-away, and to close. A call
// that a peer sent before it read the go-away is answered meanwhile: it never started.
constexpr int64_t kShortestGoodbye = 250 * base::kMillisecond;
constexpr int64_t kLongestGoodbye = 2 * base::kSecond;

base::Reactor::Options ReactorOptions(const polycall_server_options& options) {
  base::Reactor::Options result;
  if (options.max_threads != 0) result.max_threads = options.max_threads;
  result.donated_only = (options.flags & POLYCALL_SERVER_DONATED_ONLY) != 0;
  result.name = "polycall-server";
  return result;
}

std::vector<std::string> Names(const char* const* names) {
  std::vector<std::string> all;
  for (; names != nullptr && *names != nullptr; ++names) all.emplace_back(*names);
  return all;
}

}  // namespace

Server::Server(const polycall_server_options& options)
    : limits_(transport::Limits::FromAbi(options.limits)),
      tls_(transport::TlsOptions::FromAbi(options.tls)),
      transports_(Names(options.transports)),
      flags_(options.flags),
      hook_(options.thread_hook),
      name_(options.name != nullptr ? options.name : program_invocation_short_name),
      generation_(base::ForkGeneration()),
      interceptors_(options.interceptors, options.interceptor_count),
      reactor_(ReactorOptions(options)) {
  ReadAdmission();
}

Server::~Server() {
  if (forked()) return;  // threads and locks are the parent's
  Shutdown(0);
  WaitUntilIdle(base::kNever);
  {
    base::MutexLock lock(mutex_);
    for (auto& listener : listeners_) listener->CloseConnections();
  }
  reactor_.Stop();
  {
    base::MutexLock lock(mutex_);
    listeners_.clear();
  }
  {
    base::MutexLock lock(modules_mutex_);
    modules_.clear();
  }
  for (auto& [name, service] : services_) {
    if (service.free_arg != nullptr) service.free_arg(service.arg);
  }
}

bool Server::Allows(std::string_view transport) const {
  return transports_.empty() ||
         std::find(transports_.begin(), transports_.end(), transport) != transports_.end();
}

base::Status Server::Allow(std::string_view service, const char* const* identities, size_t count) {
  if (state_ != kNew) {
    return base::FailedPrecondition("who may call is set before the server starts");
  }
  if (count == 0) {
    return base::InvalidArgument(
        "name at least one identity that may call; without a list everybody may");
  }
  std::vector<std::string> allowed;
  for (size_t i = 0; i < count; ++i) {
    const std::string_view identity = identities[i];
    const auto is = [&](std::string_view prefix) { return identity.starts_with(prefix); };
    if (!is("DNS:") && !is("URI:") && !is("IP:") && !is("EMAIL:") && !is("UID:") &&
        identity.find('=') == std::string_view::npos) {
      return base::InvalidArgument("\"" + std::string(identity) +
                                   "\" is no identity; write DNS:name, URI:.., IP:.., EMAIL:.., "
                                   "UID:number or a certificate's whole subject, as CN=calc");
    }
    allowed.emplace_back(identity);
  }
  if (service.empty()) {
    allowed_ = std::move(allowed);
    return {};
  }
  const auto found = services_.find(std::string(service));
  if (found == services_.end()) {
    return base::Status(POLYCALL_NOT_FOUND,
                        "the service " + std::string(service) + " was not added to this server");
  }
  found->second.allowed = std::move(allowed);
  return {};
}

base::Status Server::AddService(const polycall_service_descriptor& descriptor,
                                const polycall_handler* handlers, size_t handler_stride, void* arg,
                                void (*free_arg)(void* arg)) {
  if (state_ != kNew) {
    return base::FailedPrecondition("services are added before the server starts");
  }
  if (descriptor.name == nullptr || *descriptor.name == '\0') {
    return base::InvalidArgument("a service needs its full name, as calc.v1.Calc");
  }
  const std::string name = descriptor.name;
  if (services_.count(name) != 0) {
    return base::Status(POLYCALL_ALREADY_EXISTS, "the service " + name + " was added already");
  }
  if (by_number_.size() + descriptor.method_count >= call::kNamedMethod) {
    return base::ResourceExhausted("a server has at most 65534 methods");
  }
  Service service;
  service.name = name;
  service.fingerprint = descriptor.fingerprint;
  service.file_descriptor_set.assign(static_cast<const char*>(descriptor.file_descriptor_set),
                                     descriptor.file_descriptor_set_size);
  service.arg = arg;
  service.free_arg = free_arg;
  negotiation::ServiceInfo info;
  info.name = name;
  info.fingerprint = descriptor.fingerprint;
  for (size_t i = 0; i < descriptor.method_count; ++i) {
    polycall_method_descriptor method = {};
    const auto* at =
        reinterpret_cast<const char*>(descriptor.methods) + i * descriptor.method_stride;
    memcpy(&method, at, std::min(sizeof(method), descriptor.method_stride));
    auto entry = std::make_unique<call::ServerMethod>();
    entry->service = name;
    entry->method = method.name;
    entry->path = name + "/" + method.name;
    entry->kind = method.kind;
    entry->flags = method.flags;
    entry->number = static_cast<uint16_t>(by_number_.size());
    memcpy(&entry->handler, reinterpret_cast<const char*>(handlers) + i * handler_stride,
           std::min(sizeof(entry->handler), handler_stride));
    info.methods.push_back({entry->method, entry->kind, entry->flags});
    by_number_.push_back(entry.get());
    by_path_.emplace(entry->path, entry.get());
    service.methods.push_back(std::move(entry));
  }
  table_.push_back(std::move(info));
  services_.emplace(name, std::move(service));
  health_.Set(name, Health::kNotServing);
  return {};
}

base::Status Server::Listen(std::string_view target, std::string* address) {
  if (forked()) return base::FailedPrecondition("this server belongs to the parent process");
  if (state_ > kServing) return base::FailedPrecondition("the server was shut down");
  std::unique_ptr<transport::Listener> listener;
  // Before Start connections wait: the reactor has no threads yet.
  base::Status status;
  if (target.starts_with("fd:")) {
    status = transport::ListenInherited(target.substr(3), this, &listener);
  } else {
    negotiation::Target parsed;
    status = negotiation::ParseTarget(target, &parsed);
    if (!status.ok()) return status;
    const std::string name = parsed.transport.empty() ? "tcp" : parsed.transport;
    status = transport::FindTransport(name)->Listen(parsed.address, this, &listener);
  }
  if (!status.ok()) return status;
  if (address != nullptr) *address = listener->address();
  base::MutexLock lock(mutex_);
  listeners_.push_back(std::move(listener));
  return {};
}

base::Status Server::Start() {
  if (forked()) return base::FailedPrecondition("this server belongs to the parent process");
  if (state_ != kNew) return base::FailedPrecondition("the server was started before");
  if (base::Status status =
          AddBuiltinServices(this, (flags_ & POLYCALL_SERVER_NO_DESCRIPTION) == 0);
      !status.ok()) {
    return status;
  }
  for (const auto& [name, service] : services_) health_.Set(name, Health::kServingNow);
  health_.Set("", Health::kServingNow);
  for (auto& [name, service] : services_) {
    // Whether it serves may be asked by everybody: what supervises a server is not its caller.
    const bool open = service.allowed.empty() && (allowed_.empty() || name == kHealthService);
    for (auto& method : service.methods) {
      method->allowed = open ? nullptr : service.allowed.empty() ? &allowed_ : &service.allowed;
    }
  }
  state_ = kServing;
  reactor_.Start();
  return {};
}

bool Server::WaitUntilIdle(int64_t deadline) {
  for (;;) {
    bool idle = in_flight() == 0;
    {
      base::MutexLock lock(mutex_);
      for (auto& listener : listeners_) {
        if (std::string_view(listener->address()).starts_with("inproc:") &&
            listener->connection_count() > 0) {
          idle = false;
        }
      }
      if (idle) return true;
      if (base::NowNs() >= deadline) return false;
      // CallDone tells; calls of inproc that pass us by do not.
      changed_.wait_for(mutex_, std::chrono::milliseconds(1));
    }
  }
}

void Server::Shutdown(int64_t grace_ns) {
  if (forked()) return;
  int expected = kServing;
  const bool was_new = state_ == kNew;
  if (!was_new && !state_.compare_exchange_strong(expected, kDraining)) {
    Wait(base::kNever);
    return;
  }
  const int64_t deadline = base::DeadlineAfter(std::max<int64_t>(grace_ns, 0));
  std::vector<transport::Listener*> listeners;
  {
    base::MutexLock lock(mutex_);
    for (auto& listener : listeners_) listeners.push_back(listener.get());
  }
  for (transport::Listener* listener : listeners) listener->StopAccepting();
  if (!was_new) {
    health_.Shutdown();
    for (transport::Listener* listener : listeners) listener->DrainConnections();
    const bool idle = WaitUntilIdle(deadline);
    if (idle) {
      const int64_t goodbye = base::DeadlineAfter(
          std::clamp(base::TimeLeft(deadline), kShortestGoodbye, kLongestGoodbye));
      while (connections_.load() > 0 && base::NowNs() < goodbye) {
        base::MutexLock lock(mutex_);
        changed_.wait_for(mutex_, std::chrono::milliseconds(1));
      }
    }
  }
  for (transport::Listener* listener : listeners) listener->CloseConnections();
  std::deque<Pulled> pulled;
  {
    base::MutexLock lock(mutex_);
    pulled.swap(pulled_);
    state_ = kStopped;
    changed_.notify_all();
  }
  if (admission_ != nullptr) admission_->Refuse(base::Unavailable("the server shuts down"));
  for (Pulled& entry : pulled) {
    entry.call->Finish(base::Unavailable("the server shuts down"), nullptr);
    polycall_message_release(&entry.request);
  }
}

bool Server::Wait(int64_t deadline) {
  if (forked()) return true;
  mutex_.Lock();
  while (state_ != kStopped) {
    if (deadline == base::kNever) {
      changed_.wait_for(mutex_, std::chrono::seconds(1));
    } else {
      const int64_t left = base::TimeLeft(deadline);
      if (left == 0) break;
      changed_.wait_for(mutex_, std::chrono::nanoseconds(std::min(left, base::kSecond)));
    }
  }
  const bool stopped = state_ == kStopped;
  mutex_.Unlock();
  return stopped;
}

base::Status Server::RunWorker(int64_t deadline) {
  if (forked()) return base::FailedPrecondition("this server belongs to the parent process");
  // Until shutdown, in slices, so that it need not wake us.
  for (;;) {
    if (state_ == kStopped) return {};
    const int64_t slice = std::min(deadline, base::DeadlineAfter(100 * base::kMillisecond));
    if (reactor_.RunWorker(slice)) return {};
    if (base::NowNs() >= deadline) {
      return base::DeadlineExceeded("the time given to run_worker is over");
    }
  }
}

void Server::GetStats(polycall_server_stats* out) {
  polycall_server_stats stats = POLYCALL_SERVER_STATS_INIT;
  stats.connections_open = connections_.load();
  stats.connections_accepted = accepted_.load();
  stats.calls_started = started_.load();
  stats.calls_in_flight = in_flight();
  stats.calls_failed = failed_.load();
  stats.protocol_errors = protocol_errors_.load();
  stats.threads = reactor_.threads();
  {
    base::MutexLock lock(mutex_);
    for (auto& listener : listeners_) {
      stats.calls_started += listener->calls_started();
      stats.calls_failed += listener->calls_failed();
    }
  }
  const size_t size = std::min(out->struct_size, sizeof(stats));
  stats.struct_size = out->struct_size;
  memcpy(out, &stats, size);
}

bool Server::AdmitConnection() {
  accepted_.fetch_add(1, std::memory_order_relaxed);
  if (connections_.fetch_add(1) < limits_.max_connections) return true;
  connections_.fetch_sub(1);
  return false;
}

void Server::ProtocolError(const transport::PeerInfo& peer, std::string_view what) {
  protocol_errors_.fetch_add(1, std::memory_order_relaxed);
  POLYCALL_LOG(POLYCALL_LOG_WARNING,
               "protocol error from " + peer.address + ": " + std::string(what));
}

base::Status Server::Handshake(std::string_view bytes, const transport::PeerInfo& peer,
                               transport::Agreed* agreed, std::string* accept) {
  if (state_ == kNew) {
    return base::Unavailable(
        "the server has not been started yet");  // inproc finds it all the same
  }
  negotiation::Hello hello;
  std::string error;
  if (!negotiation::Decode(bytes, &hello, &error)) return base::InvalidArgument(error);
  if (hello.min_version > call::kProtocolVersion || hello.max_version < call::kProtocolVersion) {
    return base::FailedPrecondition(
        "no common protocol version: the caller speaks " + std::to_string(hello.min_version) +
        " to " + std::to_string(hello.max_version) + ", this server " +
        std::to_string(call::kProtocolVersion) + ". Update the older side");
  }
  *agreed = negotiation::Agree(limits_, hello.limits);
  negotiation::Accept answer;
  answer.version = call::kProtocolVersion;
  answer.limits = negotiation::ToWire(limits_);
  answer.server_name = name_;
  answer.host = negotiation::ThisHost();
  answer.services = table_;
  const bool wants_shm =
      std::find(hello.features.begin(), hello.features.end(), "shm") != hello.features.end();
  if (wants_shm && Allows("shm") && std::string_view(peer.transport) == "unix") {
    agreed->shm = true;
    answer.features.emplace_back("shm");
  }
  {
    base::MutexLock lock(mutex_);
    for (auto& listener : listeners_) {
      const std::string& address = listener->address();
      answer.offers.push_back({address.substr(0, address.find(':')), address});
    }
  }
  POLYCALL_LOG(POLYCALL_LOG_DEBUG, "handshake with " + peer.address);
  *accept = negotiation::Encode(answer);
  return {};
}

call::ServerMethod* Server::FindMethod(uint16_t number) {
  return number < by_number_.size() ? by_number_[number] : nullptr;
}

call::ServerMethod* Server::FindMethod(std::string_view path) {
  auto it = by_path_.find(path);
  return it != by_path_.end() ? it->second : nullptr;
}

}  // namespace polycall::server
