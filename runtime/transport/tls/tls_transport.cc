#include "transport/tls/tls_transport.h"

#include <poll.h>

#include "transport/stream/dialed.h"
#include "transport/stream/socket.h"
#include "transport/stream/stream_transports.h"
#include "transport/tls/contexts.h"
#include "transport/tls/tls_stream.h"

namespace polycall::transport {
namespace {

base::Status FinishHandshake(tls::Session* session, int fd, const std::string& name,
                             int64_t deadline) {
  for (;;) {
    const tls::Step step = session->Handshake();
    if (step == tls::Step::kDone) return {};
    if (step == tls::Step::kFailed) return session->failure();
    if (!PollUntil(fd, step == tls::Step::kRead ? POLLIN : POLLOUT, deadline)) {
      return base::Unavailable("no answer from " + name +
                               " to the TLS handshake in the time to connect; does it speak TLS?");
    }
  }
}

class Tls final : public Transport {
 public:
  const char* name() const override { return "tls"; }

  base::Status CheckAddress(std::string_view address) const override {
    std::string host, port;
    return ParseHostPort(address, &host, &port);
  }

  base::Status Dial(std::string_view address, const DialOptions& options,
                    std::unique_ptr<Dialed>* out) override {
    std::unique_ptr<ByteStream> stream;
    std::string peer;
    base::Status status = DialTls(address, "tls", "polycall", options, &stream, &peer);
    if (!status.ok()) return status;
    return ShakeHands(std::move(stream), "tls", "tls://" + peer, options, out);
  }

  base::Status Listen(std::string_view address, Acceptor* acceptor,
                      std::unique_ptr<Listener>* out) override {
    if (!acceptor->tls().given) {
      return base::InvalidArgument("tls://" + std::string(address) +
                                   " needs a certificate: give the server tls options");
    }
    int fd = -1;
    std::string bound;
    if (base::Status status = ListenTcp(address, &fd, &bound, "tls"); !status.ok()) return status;
    return ServeSocket(fd, "tls", "tls://" + bound, "", false, acceptor, out);
  }
};

}  // namespace

Transport* TlsTransport() {
  static Tls transport;
  return &transport;
}

base::Status DialTls(std::string_view address, std::string_view scheme, std::string_view protocol,
                     const DialOptions& options, std::unique_ptr<ByteStream>* out,
                     std::string* peer) {
  std::string host, port;
  if (base::Status status = ParseHostPort(address, &host, &port); !status.ok()) return status;
  std::shared_ptr<tls::Context> context;
  if (base::Status status = tls::ContextOf(options.tls, false, &context); !status.ok()) {
    return status;
  }
  int fd = -1;
  if (base::Status status = ConnectTcp(address, options.deadline, &fd, peer, scheme);
      !status.ok()) {
    return status;
  }
  auto socket = std::make_unique<SocketStream>(fd, true);
  const std::string name = std::string(scheme) + "://" + std::string(address);
  std::unique_ptr<tls::Session> session;
  base::Status status = context->Connect(fd, host, name, protocol, &session);
  if (status.ok()) status = FinishHandshake(session.get(), fd, name, options.deadline);
  if (!status.ok()) return status;
  *out = std::make_unique<tls::TlsStream>(std::move(socket), std::move(session), true);
  return {};
}

}  // namespace polycall::transport
