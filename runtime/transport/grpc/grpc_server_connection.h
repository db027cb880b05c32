// GrpcServerConnection: an HTTP/2 connection that came in through a listener.
#ifndef POLYCALL_TRANSPORT_GRPC_GRPC_SERVER_CONNECTION_H_
#define POLYCALL_TRANSPORT_GRPC_GRPC_SERVER_CONNECTION_H_

#include <memory>

#include "base/mutex.h"
#include "base/ref.h"
#include "transport/grpc/grpc_module.h"
#include "transport/grpc/grpc_pump.h"
#include "transport/stream/handover.h"

namespace polycall::transport {

// Takes a connection whose first bytes are HTTP/2's, or refuses it.
void TakeHttp2(Handover connection);

// Thread-safe. References: the listener's, the reactor's, the module's, and its calls'.
class GrpcServerConnection final : public base::RefCounted<GrpcServerConnection>,
                                   public Accepted,
                                   public GrpcServerEvents,
                                   public base::Source {
 public:
  // `watch_fd` is a second descriptor of the socket that gRPC gets, which tells when the peer closes it.
  // `pump` (may be NULL) is what is at its other end.
  GrpcServerConnection(GrpcModule* module, int watch_fd, base::Ref<GrpcPump> pump, PeerInfo peer,
                       Acceptor* acceptor, Home* home);
  // Gives `fd` to gRPC.
  void Open(int fd);
  void Destroy() { delete this; }

  // A call of this connection; NULL: it takes none any more.
  call::Call* NewCall(call::ServerMethod* method);
  Acceptor* acceptor() const { return acceptor_; }
  const PeerInfo& peer() const { return peer_; }
  GrpcModule* module() const { return module_; }
  // The module has let go of one of the calls.
  void CallGone();

  // Accepted
  const char* spoken() const override { return peer_.transport; }
  void Drain() override;
  void Close(const base::Status& why) override;
  void Sweep(int64_t) override {}  // gRPC looks after idleness and keepalive itself
  void Hold() override { Retain(); }
  void LetGo() override { Release(); }

  // GrpcServerEvents
  GrpcStreamEvents* OnCall(GrpcStream* stream, std::string_view path, int64_t timeout_ns,
                           const GrpcEntries& metadata) override;
  void OnGone() override;

  // Source: the peer has closed its side.
  void OnReady(uint32_t events) override;
  void ReleaseSource() override { Release(); }

 private:
  ~GrpcServerConnection();

  GrpcModule* const module_;
  const int watch_fd_;
  const base::Ref<GrpcPump> pump_;
  const PeerInfo peer_;
  Acceptor* const acceptor_;
  Home* const home_;
  // What of this the module's threads may still be in: while there is any, the listener stays.
  std::atomic<uint32_t> tenants_{1};
  base::Mutex mutex_;
  GrpcServer* server_ GUARDED_BY(mutex_) = nullptr;  // NULL: not yet, or gone
  bool registered_ GUARDED_BY(mutex_) = false;
  bool closed_ GUARDED_BY(mutex_) = false;
};

}  // namespace polycall::transport

#endif  // POLYCALL_TRANSPORT_GRPC_GRPC_SERVER_CONNECTION_H_
