#include "transport/grpc/grpc_server_connection.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "base/fork.h"
#include "base/log.h"
#include "transport/grpc/grpc_handshake.h"
#include "transport/grpc/grpc_server_call.h"
#include "transport/grpc/grpc_text.h"

namespace polycall::transport {
namespace {

// "tcp://h:p" is "grpc://h:p" to whoever asks how a peer came.
std::string GrpcAddress(const std::string& address) {
  for (const auto& [from, to] : {std::pair<std::string_view, std::string_view>{"tcp://", "grpc://"},
                                 {"tls://", "grpcs://"}}) {
    if (address.starts_with(from)) return std::string(to) + address.substr(from.size());
  }
  return address;
}

}  // namespace

void TakeHttp2(Handover connection) {
  if (!connection.acceptor->Allows("grpc")) {
    return Refuse(std::move(connection),
                  "the peer speaks gRPC (HTTP/2), which this server's option transports leaves out",
                  "");
  }
  GrpcModule* module = nullptr;
  if (base::Status status = LoadGrpc(&module); !status.ok()) {
    return Refuse(std::move(connection), status.message(), "");
  }
  int fd = connection.stream->Detach();
  base::Ref<GrpcPump> pump;
  if (fd < 0) {  // TLS, or whatever else is no socket
    pump = GrpcPump::Make(std::move(connection.stream), connection.acceptor->reactor(), &fd);
  }
  const int watch_fd = fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;
  if (watch_fd < 0) {
    if (fd >= 0) close(fd);
    base::Log(POLYCALL_LOG_ERROR,
              "a gRPC connection cannot be taken: no descriptor is left; raise the limit of open "
              "files or lower max_connections");
    connection.acceptor->ConnectionClosed();
    return;
  }
  PeerInfo peer = std::move(connection.peer);
  peer.transport = "grpc";
  peer.address = GrpcAddress(peer.address);
  auto taken = base::Ref<GrpcServerConnection>::Adopt(new GrpcServerConnection(
      module, watch_fd, std::move(pump), std::move(peer), connection.acceptor, connection.home));
  taken->Open(fd);
  if (!connection.home->Enrol(taken.get())) {
    taken->Close(base::Unavailable("the server shuts down"));
  } else if (connection.acceptor->draining()) {
    taken->Drain();
  }
}

GrpcServerConnection::GrpcServerConnection(GrpcModule* module, int watch_fd,
                                           base::Ref<GrpcPump> pump, PeerInfo peer,
                                           Acceptor* acceptor, Home* home)
    : module_(module),
      watch_fd_(watch_fd),
      pump_(std::move(pump)),
      peer_(std::move(peer)),
      acceptor_(acceptor),
      home_(home) {
  base::TrackFd(watch_fd_);
}

GrpcServerConnection::~GrpcServerConnection() {
  {
    base::MutexLock lock(mutex_);
    if (server_ != nullptr) server_->Drop();
  }
  base::CloseTracked(watch_fd_);
}

void GrpcServerConnection::Open(int fd) {
  home_->Enter();
  Retain();  // the module's
  GrpcServer* server = module_->NewServer(fd, ToGrpc(acceptor_->limits()), this);
  Retain();  // the reactor's
  base::MutexLock lock(mutex_);
  server_ = server;
  registered_ = acceptor_->reactor().Add(this, watch_fd_, EPOLLRDHUP);
  if (!registered_) Release();
  if (pump_ && !pump_->Open()) shutdown(watch_fd_, SHUT_RDWR);  // gRPC finds it ended
}

void GrpcServerConnection::OnReady(uint32_t) {
  Close(base::Unavailable("the peer closed the connection"));
}

void GrpcServerConnection::Drain() {
  GrpcServer* server;
  {
    base::MutexLock lock(mutex_);
    server = closed_ ? nullptr : server_;
  }
  if (server != nullptr) server->Drain();
}

void GrpcServerConnection::Close(const base::Status&) {
  GrpcServer* server;
  {
    base::MutexLock lock(mutex_);
    if (closed_) return;
    closed_ = true;
    server = server_;
    if (registered_) {
      registered_ = false;
      acceptor_->reactor().Remove(this, watch_fd_);
    }
  }
  auto keep = base::Ref<GrpcServerConnection>::Share(this);
  if (server != nullptr) server->Close();
  if (pump_) pump_->End();
  acceptor_->ConnectionClosed();
  home_->Forget(this);
}

// Under the lock: a call that was made here is in flight before Close has returned, so that a server
// that ends waits for it.
call::Call* GrpcServerConnection::NewCall(call::ServerMethod* method) {
  base::MutexLock lock(mutex_);
  if (closed_ || acceptor_->draining()) return nullptr;
  return acceptor_->NewCall(method);
}

GrpcStreamEvents* GrpcServerConnection::OnCall(GrpcStream* stream, std::string_view path,
                                               int64_t timeout_ns, const GrpcEntries& metadata) {
  tenants_.fetch_add(1, std::memory_order_relaxed);
  auto self = base::Ref<GrpcServerConnection>::Share(this);
  if (path == kGrpcHandshake) return NewGrpcHandshake(stream, std::move(self));
  return new GrpcServerCall(stream, std::move(self), path, timeout_ns, metadata);
}

void GrpcServerConnection::CallGone() {
  if (tenants_.fetch_sub(1, std::memory_order_acq_rel) == 1) home_->Leave();
}

void GrpcServerConnection::OnGone() {
  Close(base::Unavailable("the connection has ended"));
  CallGone();
  Release();
}

}  // namespace polycall::transport
