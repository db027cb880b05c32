#include "transport/stream/stream_transports.h"

#include <unistd.h>

#include <charconv>
#include <utility>

#include "transport/stream/byte_stream.h"
#include "transport/stream/dialed.h"
#include "transport/stream/listener.h"
#include "transport/stream/socket.h"
#include "transport/tls/contexts.h"

namespace polycall::transport {
namespace {

class Unix final : public Transport {
 public:
  const char* name() const override { return "unix"; }
  base::Status CheckAddress(std::string_view path) const override { return CheckUnixPath(path); }
  base::Status Dial(std::string_view path, const DialOptions& options,
                    std::unique_ptr<Dialed>* out) override {
    int fd = -1;
    if (base::Status status = ConnectUnix(path, options.deadline, &fd); !status.ok()) return status;
    return ShakeHands(std::make_unique<SocketStream>(fd, true), "unix", "unix:" + std::string(path),
                      options, out);
  }
  base::Status Listen(std::string_view path, Acceptor* acceptor,
                      std::unique_ptr<Listener>* out) override {
    int fd = -1;
    if (base::Status status = ListenUnix(path, &fd); !status.ok()) return status;
    return ServeSocket(fd, "unix", "unix:" + std::string(path), std::string(path), false, acceptor,
                       out);
  }
};

class Tcp final : public Transport {
 public:
  const char* name() const override { return "tcp"; }
  base::Status CheckAddress(std::string_view address) const override {
    std::string host, port;
    return ParseHostPort(address, &host, &port);
  }
  base::Status Dial(std::string_view address, const DialOptions& options,
                    std::unique_ptr<Dialed>* out) override {
    int fd = -1;
    std::string peer;
    if (base::Status status = ConnectTcp(address, options.deadline, &fd, &peer); !status.ok()) {
      return status;
    }
    return ShakeHands(std::make_unique<SocketStream>(fd, true), "tcp", "tcp://" + peer, options,
                      out);
  }
  base::Status Listen(std::string_view address, Acceptor* acceptor,
                      std::unique_ptr<Listener>* out) override {
    int fd = -1;
    std::string bound;
    if (base::Status status = ListenTcp(address, &fd, &bound); !status.ok()) return status;
    return ServeSocket(fd, "tcp", "tcp://" + bound, "", false, acceptor, out);
  }
};

}  // namespace

base::Status ServeSocket(int fd, const char* transport, std::string address, std::string path,
                         bool inherited, Acceptor* acceptor, std::unique_ptr<Listener>* out) {
  if (std::string_view(transport) != "unix") {
    if (base::Status status = tls::CheckServerOptions(*acceptor); !status.ok()) {
      if (!inherited) close(fd);
      return status;
    }
  }
  auto listener = std::make_unique<StreamListener>(fd, transport, std::move(address),
                                                   std::move(path), inherited, acceptor);
  base::Status status = listener->Open();
  if (status.ok()) *out = std::move(listener);
  return status;
}

Transport* UnixTransport() {
  static Unix transport;
  return &transport;
}

Transport* TcpTransport() {
  static Tcp transport;
  return &transport;
}

base::Status ListenInherited(std::string_view fd, Acceptor* acceptor,
                             std::unique_ptr<Listener>* out) {
  int number = -1;
  const auto [end, error] = std::from_chars(fd.data(), fd.data() + fd.size(), number);
  if (error != std::errc() || end != fd.data() + fd.size() || number < 0) {
    return base::InvalidArgument("\"fd:" + std::string(fd) +
                                 "\" names no descriptor; write fd:3 for descriptor 3");
  }
  const char* transport = nullptr;
  std::string address;
  if (base::Status status = AdoptListener(number, &transport, &address); !status.ok()) {
    return status;
  }
  const bool is_unix = std::string_view(transport) == "unix";
  return ServeSocket(number, transport, (is_unix ? "unix:" : "tcp://") + address, "", true,
                     acceptor, out);
}

}  // namespace polycall::transport
