#include "transport/stream/dialed.h"

#include <poll.h>

#include <cerrno>
#include <utility>

#include "base/give_way.h"
#include "call/frame.h"
#include "transport/shm/upgrade.h"
#include "transport/stream/client_connection.h"
#include "transport/stream/socket.h"

namespace polycall::transport {
namespace {

constexpr uint64_t kMaxAcceptBody = 4u << 20;

bool WouldBlock() { return errno == EAGAIN || errno == EWOULDBLOCK; }

base::Status ClosedInHandshake() {
  return base::Unavailable(
      "the peer closed the connection in the handshake: does a PolyCall "
      "server listen there, and has it room for a connection?");
}

// What broke the stream: its own words, if it has any. A socket that is closed with our bytes unread is
// reset: closed, as far as we are concerned.
base::Status Broken(const ByteStream& stream, int error) {
  base::Status why = stream.failure();
  if (!why.ok()) return why;
  if (error == ECONNRESET || error == EPIPE) return ClosedInHandshake();
  return base::Unavailable(base::ErrnoText("the connection broke in the handshake", error));
}

// Writes or reads exactly `size` bytes.
base::Status WriteAll(ByteStream& stream, const void* bytes, size_t size, int64_t deadline) {
  const auto* at = static_cast<const char*>(bytes);
  while (size > 0) {
    const ssize_t sent = stream.WriteOne(at, size);
    if (sent > 0) {
      at += sent;
      size -= static_cast<size_t>(sent);
    } else if (WouldBlock()) {
      if (!PollUntil(stream.fd(), POLLOUT, deadline))
        return base::Unavailable("the handshake took too long");
    } else if (errno != EINTR) {
      const int error = errno;
      char last;  // what the peer said last tells more than that it is gone
      [[maybe_unused]] const ssize_t got = stream.Read(&last, sizeof(last));
      return Broken(stream, error);
    }
  }
  return {};
}

base::Status ReadAll(ByteStream& stream, void* bytes, size_t size, int64_t deadline) {
  auto* at = static_cast<char*>(bytes);
  while (size > 0) {
    const ssize_t got = stream.Read(at, size);
    if (got > 0) {
      at += got;
      size -= static_cast<size_t>(got);
    } else if (got == 0) {
      return ClosedInHandshake();
    } else if (WouldBlock()) {
      if (!PollUntil(stream.fd(), POLLIN, deadline)) {
        return base::Unavailable(
            "no answer to the handshake in the time to connect: does a PolyCall "
            "server listen there?");
      }
    } else if (errno != EINTR) {
      return Broken(stream, errno);
    }
  }
  return {};
}

class StreamDialed final : public Dialed {
 public:
  StreamDialed(std::unique_ptr<ByteStream> stream, const char* transport, std::string peer)
      : stream_(std::move(stream)), transport_(transport), peer_(std::move(peer)) {}

  // `shm`: the hello offers to move to shared memory.
  base::Status Handshake(std::string_view hello, int64_t deadline, bool shm) {
    if (shm) shm::Upgrade::Expect(stream_->fd());
    base::GiveWay();
    call::FrameHeader header;
    header.type = call::FrameType::kHello;
    header.body_size = static_cast<uint32_t>(hello.size());
    std::string out(call::kPreface, call::kPrefaceSize);
    out.append(reinterpret_cast<const char*>(&header), sizeof(header));
    out.append(hello);
    if (base::Status sent = WriteAll(*stream_, out.data(), out.size(), deadline); !sent.ok()) {
      return sent;
    }
    uint8_t head[call::kFrameHeaderSize];
    std::unique_ptr<shm::Upgrade> upgrade;
    base::Status got =
        shm ? shm::Upgrade::ReadOffer(stream_->fd(), head, sizeof(head), deadline, &upgrade)
            : ReadAll(*stream_, head, sizeof(head), deadline);
    if (!got.ok()) return got;
    header = call::ReadFrameHeader(head);
    if (upgrade != nullptr && header.type == call::FrameType::kShm) {
      if (got = ReadAll(*stream_, head, sizeof(head), deadline); !got.ok()) return got;
      header = call::ReadFrameHeader(head);
    }
    if (const char* error = call::CheckFrameHeader(header, kMaxAcceptBody)) {
      return base::Unavailable("the peer " + peer_ +
                               " does not speak PolyCall's protocol: " + error);
    }
    accept_.resize(header.body_size);
    got = ReadAll(*stream_, accept_.data(), accept_.size(), deadline);
    if (!got.ok()) return got;
    if (header.type == call::FrameType::kAccept) {
      return upgrade == nullptr ? base::Status() : Move(std::move(upgrade), deadline);
    }
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
    auto* connection = new ClientConnection(
        std::move(stream_), moved_to_ != nullptr ? moved_to_ : transport_, peer_, agreed, observer);
    connection->Open();
    return base::Ref<Connection>::Adopt(connection);
  }

 private:
  // To the shared memory that the server sent. An error is the connection's; what only keeps it on
  // the socket is not.
  base::Status Move(std::unique_ptr<shm::Upgrade> upgrade, int64_t deadline) {
    base::GiveWay();
    const base::Status mapped = upgrade->Map(stream_->fd());
    call::FrameHeader frame;
    frame.type = call::FrameType::kShm;
    frame.argument = mapped.ok() ? 1 : 0;
    base::Status status = WriteAll(*stream_, &frame, sizeof(frame), deadline);
    if (!status.ok()) return status;
    if (!mapped.ok()) {
      not_moved_ = mapped.message();
      return {};
    }
    status = ReadAll(*stream_, &frame, sizeof(frame), deadline);
    if (!status.ok()) return status;
    if (frame.type != call::FrameType::kShm) {
      return base::Unavailable("the peer " + peer_ +
                               " did not move to the shared memory that it had offered");
    }
    stream_ = upgrade->Finish(std::move(stream_));
    moved_to_ = "shm";
    return {};
  }

  std::unique_ptr<ByteStream> stream_;
  const char* const transport_;
  const std::string peer_;
};

}  // namespace

base::Status ShakeHands(std::unique_ptr<ByteStream> stream, const char* transport, std::string peer,
                        const DialOptions& options, std::unique_ptr<Dialed>* out) {
  auto dialed = std::make_unique<StreamDialed>(std::move(stream), transport, std::move(peer));
  base::Status status = dialed->Handshake(options.hello, options.deadline,
                                          options.shm && std::string_view(transport) == "unix");
  if (status.ok()) *out = std::move(dialed);
  return status;
}

}  // namespace polycall::transport
