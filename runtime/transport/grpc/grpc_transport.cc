#include "transport/grpc/grpc_transport.h"

#include <fcntl.h>
#include <unistd.h>

#include <utility>

#include "base/wire.h"
#include "call/frame.h"
#include "transport/grpc/grpc_connection.h"
#include "transport/grpc/grpc_pump.h"
#include "transport/grpc/grpc_text.h"
#include "transport/stream/listener.h"
#include "transport/stream/socket.h"
#include "transport/stream/stream_transports.h"
#include "transport/tls/tls_transport.h"

namespace polycall::transport {
namespace {

// The outcome of the handshake's call.
class HandshakeEvents final : public GrpcUnaryEvents {
 public:
  void OnMessage(const GrpcMessage& message) override {
    for (size_t i = 0; i < message.count; ++i) answer.append(message.pieces[i]);
  }
  void OnEnd(const GrpcStatus& end, const GrpcEntries& trailing, bool) override {
    if (end.code != 0) status = base::Status(end.code, end.message, end.details);
    refused = HasEntry(trailing, kGrpcRefused);
  }

  base::Status status;
  bool refused = false;
  std::string answer;
};

// What a gRPC server of another make would say in an ACCEPT (idl/polycall/v1/handshake.proto): the
// version that we speak, and nothing else.
std::string ForeignAccept() {
  std::string accept;
  base::WireWriter writer(&accept);
  writer.AddVarint(1, call::kProtocolVersion);
  writer.AddBytes(4, "a gRPC server");
  return accept;
}

// Pings of connections that say nothing are taken for an attack by many servers: only who asks for
// another interval than the default gets them.
GrpcLimits ClientLimits(const Limits& limits) {
  GrpcLimits result = ToGrpc(limits);
  if (limits.keepalive_interval_ns == Limits().keepalive_interval_ns) {
    result.keepalive_interval_ns = 0;
  }
  return result;
}

class GrpcDialed final : public Dialed {
 public:
  GrpcDialed(std::unique_ptr<GrpcChannel> channel, int watch_fd, std::string peer)
      : channel_(std::move(channel)), watch_fd_(watch_fd), peer_(std::move(peer)) {}
  ~GrpcDialed() override {
    if (watch_fd_ >= 0) close(watch_fd_);
  }

  base::Status Handshake(std::string_view hello, int64_t deadline) {
    HandshakeEvents events;
    const GrpcBytes bytes{hello};
    GrpcStart start;
    start.path = kGrpcHandshake;
    start.timeout_ns = base::TimeLeft(deadline);
    start.first = &bytes;
    start.end = start.unary = true;
    channel_->Unary(start, &events);
    if (events.status.ok()) {
      is_polycall_ = true;
      accept_ = std::move(events.answer);
      return {};
    }
    const std::string why(events.status.message());
    if (events.refused) {
      return base::Status(events.status.code(),
                          "the peer " + peer_ + " refused the handshake: " + why);
    }
    if (events.status.code() == POLYCALL_DEADLINE_EXCEEDED) {
      return base::Unavailable("no answer from " + peer_ +
                               " in the time to connect: does a gRPC server listen there?");
    }
    if (events.status.code() == POLYCALL_UNAVAILABLE) {
      return base::Unavailable("no gRPC server answers at " + peer_ + ": " + why);
    }
    accept_ = ForeignAccept();  // any other answer is a gRPC server's
    return {};
  }

  base::Ref<Connection> Open(const Agreed& agreed, Connection::Observer* observer) override {
    auto* connection = new GrpcConnection(std::move(channel_), std::exchange(watch_fd_, -1), "grpc",
                                          peer_, is_polycall_, agreed, observer);
    connection->Open();
    return base::Ref<Connection>::Adopt(connection);
  }

 private:
  std::unique_ptr<GrpcChannel> channel_;
  int watch_fd_;
  const std::string peer_;
  bool is_polycall_ = false;
};

// `status` of the socket's functions, which name it as tcp.
base::Status Failed(const char* what, std::string_view address, const base::Status& status) {
  return base::Status(status.code(), std::string(what) + " grpc://" + std::string(address) + ": " +
                                         std::string(status.message()));
}

// "grpc", and over TLS "grpcs".
class Grpc final : public Transport {
 public:
  explicit Grpc(bool secure) : secure_(secure) {}
  const char* name() const override { return secure_ ? "grpcs" : "grpc"; }

  base::Status CheckAddress(std::string_view address) const override {
    std::string host, port;
    return ParseHostPort(address, &host, &port);
  }

  base::Status Dial(std::string_view address, const DialOptions& options,
                    std::unique_ptr<Dialed>* out) override {
    GrpcModule* module = nullptr;
    if (base::Status status = LoadGrpc(&module); !status.ok()) return status;
    int fd = -1;
    std::string peer;
    if (base::Status status = Connect(address, options, &fd, &peer); !status.ok()) return status;
    const int watch_fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (watch_fd < 0) {
      close(fd);
      return base::Unavailable("no descriptor is left for a gRPC connection");
    }
    auto dialed =
        std::make_unique<GrpcDialed>(module->NewChannel(fd, std::string(address), "polycall/0.1.0",
                                                        ClientLimits(options.limits)),
                                     watch_fd, std::string(name()) + "://" + peer);
    base::Status status = dialed->Handshake(options.hello, options.deadline);
    if (status.ok()) *out = std::move(dialed);
    return status;
  }

  base::Status Listen(std::string_view address, Acceptor* acceptor,
                      std::unique_ptr<Listener>* out) override {
    if (secure_ && !acceptor->tls().given) {
      return base::InvalidArgument("grpcs://" + std::string(address) +
                                   " needs a certificate: give the server tls options");
    }
    int fd = -1;
    std::string bound;
    if (base::Status status = ListenTcp(address, &fd, &bound); !status.ok()) {
      return Failed("cannot listen on", address, status);
    }
    if (secure_) return ServeSocket(fd, "tls", "grpcs://" + bound, "", false, acceptor, out);
    auto listener =
        std::make_unique<StreamListener>(fd, "grpc", "grpc://" + bound, "", false, acceptor);
    base::Status status = listener->Open();
    if (status.ok()) *out = std::move(listener);
    return status;
  }

 private:
  // A descriptor for gRPC, which owns it then.
  base::Status Connect(std::string_view address, const DialOptions& options, int* fd,
                       std::string* peer) const {
    if (!secure_) {
      base::Status status = ConnectTcp(address, options.deadline, fd, peer);
      return status.ok() ? status : Failed("cannot connect to", address, status);
    }
    std::unique_ptr<ByteStream> stream;
    base::Status status = DialTls(address, "grpcs", "h2", options, &stream, peer);
    if (!status.ok()) return status;
    const auto pump = GrpcPump::Make(std::move(stream), base::Reactor::Global(), fd);
    if (!pump) return base::Unavailable("no descriptor is left for a gRPC connection");
    if (pump->Open()) return {};
    close(*fd);
    return base::Unavailable("the system has no room to watch a gRPC connection");
  }

  const bool secure_;
};

}  // namespace

Transport* GrpcTransport() {
  static Grpc transport(false);
  return &transport;
}

Transport* GrpcsTransport() {
  static Grpc transport(true);
  return &transport;
}

}  // namespace polycall::transport
