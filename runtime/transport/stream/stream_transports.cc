#include "transport/stream/stream_transports.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include "call/frame.h"
#include "transport/stream/client_connection.h"
#include "transport/stream/listener.h"
#include "transport/stream/socket.h"

namespace polycall::transport {
namespace {

constexpr uint64_t kMaxAcceptBody = 4u << 20;

// Writes or reads exactly `size` bytes of a non-blocking socket.
base::Status WriteAll(int fd, const void* bytes, size_t size, int64_t deadline) {
  const auto* at = static_cast<const char*>(bytes);
  while (size > 0) {
    const ssize_t sent = send(fd, at, size, MSG_NOSIGNAL);
    if (sent > 0) {
      at += sent;
      size -= static_cast<size_t>(sent);
    } else if (errno == EAGAIN) {
      if (!PollUntil(fd, POLLOUT, deadline))
        return base::Unavailable("the handshake took too long");
    } else if (errno != EINTR) {
      return base::Unavailable(base::ErrnoText("the connection broke in the handshake", errno));
    }
  }
  return {};
}

base::Status ReadAll(int fd, void* bytes, size_t size, int64_t deadline) {
  auto* at = static_cast<char*>(bytes);
  while (size > 0) {
    if (!PollUntil(fd, POLLIN, deadline)) {
      return base::Unavailable(
          "no answer to the handshake in the time to connect: does a PolyCall "
          "server listen there?");
    }
    const ssize_t got = recv(fd, at, size, 0);
    if (got > 0) {
      at += got;
      size -= static_cast<size_t>(got);
    } else if (got == 0) {
      return base::Unavailable(
          "the peer closed the connection in the handshake: does a PolyCall "
          "server listen there, and has it room for a connection?");
    } else if (errno != EINTR && errno != EAGAIN) {
      return base::Unavailable(base::ErrnoText("the connection broke in the handshake", errno));
    }
  }
  return {};
}

class StreamDialed final : public Dialed {
 public:
  StreamDialed(int fd, const char* transport, std::string peer)
      : fd_(fd), transport_(transport), peer_(std::move(peer)) {}
  ~StreamDialed() override {
    if (fd_ >= 0) close(fd_);
  }

  base::Status Handshake(std::string_view hello, int64_t deadline) {
    call::FrameHeader header;
    header.type = call::FrameType::kHello;
    header.body_size = static_cast<uint32_t>(hello.size());
    std::string out(call::kPreface, call::kPrefaceSize);
    out.append(reinterpret_cast<const char*>(&header), sizeof(header));
    out.append(hello);
    if (base::Status sent = WriteAll(fd_, out.data(), out.size(), deadline); !sent.ok()) {
      return sent;
    }
    uint8_t head[call::kFrameHeaderSize];
    if (base::Status got = ReadAll(fd_, head, sizeof(head), deadline); !got.ok()) return got;
    header = call::ReadFrameHeader(head);
    if (const char* error = call::CheckFrameHeader(header, kMaxAcceptBody)) {
      return base::Unavailable("the peer " + peer_ +
                               " does not speak PolyCall's protocol: " + error);
    }
    accept_.resize(header.body_size);
    if (base::Status got = ReadAll(fd_, accept_.data(), accept_.size(), deadline); !got.ok()) {
      return got;
    }
    if (header.type == call::FrameType::kAccept) return {};
    call::FrameBody parts;
    const char* error = nullptr;
    if ((header.type == call::FrameType::kStatus || header.type == call::FrameType::kGoAway) &&
        call::ParseFrameBody(header, accept_, &parts, &error) && header.argument != POLYCALL_OK) {
      return base::Status(
          static_cast<int32_t>(header.argument),
          "the peer " + peer_ + " refused the handshake: " + std::string(parts.text));
    }
    return base::Unavailable("the peer " + peer_ + " answered the handshake with another frame");
  }

  base::Ref<Connection> Open(const Agreed& agreed, Connection::Observer* observer) override {
    auto* connection =
        new ClientConnection(std::make_unique<SocketStream>(std::exchange(fd_, -1), true),
                             transport_, peer_, agreed, observer);
    connection->Open();
    return base::Ref<Connection>::Adopt(connection);
  }

 private:
  int fd_;
  const char* const transport_;
  const std::string peer_;
};

base::Status Shake(std::unique_ptr<StreamDialed> dialed, const DialOptions& options,
                   std::unique_ptr<Dialed>* out) {
  base::Status status = dialed->Handshake(options.hello, options.deadline);
  if (status.ok()) *out = std::move(dialed);
  return status;
}

base::Status Serve(int fd, const char* transport, std::string address, std::string path,
                   bool inherited, Acceptor* acceptor, std::unique_ptr<Listener>* out) {
  auto listener = std::make_unique<StreamListener>(fd, transport, std::move(address),
                                                   std::move(path), inherited, acceptor);
  base::Status status = listener->Open();
  if (status.ok()) *out = std::move(listener);
  return status;
}

class Unix final : public Transport {
 public:
  const char* name() const override { return "unix"; }
  base::Status CheckAddress(std::string_view path) const override { return CheckUnixPath(path); }
  base::Status Dial(std::string_view path, const DialOptions& options,
                    std::unique_ptr<Dialed>* out) override {
    int fd = -1;
    if (base::Status status = ConnectUnix(path, options.deadline, &fd); !status.ok()) return status;
    return Shake(std::make_unique<StreamDialed>(fd, "unix", "unix:" + std::string(path)), options,
                 out);
  }
  base::Status Listen(std::string_view path, Acceptor* acceptor,
                      std::unique_ptr<Listener>* out) override {
    int fd = -1;
    if (base::Status status = ListenUnix(path, &fd); !status.ok()) return status;
    return Serve(fd, "unix", "unix:" + std::string(path), std::string(path), false, acceptor, out);
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
    return Shake(std::make_unique<StreamDialed>(fd, "tcp", "tcp://" + peer), options, out);
  }
  base::Status Listen(std::string_view address, Acceptor* acceptor,
                      std::unique_ptr<Listener>* out) override {
    int fd = -1;
    std::string bound;
    if (base::Status status = ListenTcp(address, &fd, &bound); !status.ok()) return status;
    return Serve(fd, "tcp", "tcp://" + bound, "", false, acceptor, out);
  }
};

}  // namespace

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
  return Serve(number, transport, (is_unix ? "unix:" : "tcp://") + address, "", true, acceptor,
               out);
}

}  // namespace polycall::transport
