#include "transport/grpc/grpc_pump.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/fork.h"

namespace polycall::transport {
namespace {

// Then others of the reactor have their turn; there will be another event for what is left.
constexpr int kRounds = 16;

}  // namespace

base::Ref<GrpcPump> GrpcPump::Make(std::unique_ptr<ByteStream> stream, base::Reactor& reactor,
                                   int* fd) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0) return nullptr;
  *fd = pair[1];
  return base::Ref<GrpcPump>::Adopt(new GrpcPump(std::move(stream), reactor, pair[0]));
}

GrpcPump::GrpcPump(std::unique_ptr<ByteStream> stream, base::Reactor& reactor, int socket)
    : reactor_(reactor), stream_(std::move(stream)), socket_(socket) {
  base::TrackFd(socket_);
  stream_side_.pump = socket_side_.pump = this;
  stream_side_.is_stream = true;
}

GrpcPump::~GrpcPump() { base::CloseTracked(socket_); }

bool GrpcPump::Open() {
  base::MutexLock lock(mutex_);
  stream_side_.interest = socket_side_.interest = EPOLLIN;
  Retain();  // the reactor's, for each side
  stream_side_.registered = stream_->Register(reactor_, &stream_side_, EPOLLIN);
  if (!stream_side_.registered) Release();
  Retain();
  socket_side_.registered = reactor_.Add(&socket_side_, socket_, EPOLLIN);
  if (!socket_side_.registered) Release();
  if (stream_side_.registered && socket_side_.registered) return true;
  EndLocked();
  return false;
}

void GrpcPump::OnReady(Side& side, uint32_t events) {
  base::MutexLock lock(mutex_);
  if (ended_) return;
  if (side.is_stream && events != 0) events = stream_->Translate(events);
  // A new leader goes on with what the old one had begun: tries everything.
  if (events == 0 || (events & EPOLLOUT) != 0) (side.is_stream ? out_ : in_).blocked = false;
  if (!Move() || Finished()) {
    EndLocked();
    return;
  }
  // Told of whether we ask or not: without this the reactor would spin while the other end is slow.
  // What gRPC wrote has been read by then, but for what no longer fits.
  if (!side.is_stream && (events & (EPOLLHUP | EPOLLERR)) != 0 && side.registered) {
    if (out_.over || !out_.empty()) {
      side.registered = false;
      reactor_.Remove(&side, socket_);
    }
  }
  Watch();
}

bool GrpcPump::MoveIn() {
  for (int round = 0; round < kRounds; ++round) {
    if (in_.empty() && !in_.over) {
      const ssize_t got = stream_->Read(in_.space.data(), kSpace);
      if (got < 0) return errno == EAGAIN || errno == EINTR;
      if (got == 0) {
        in_.over = true;
        shutdown(socket_, SHUT_WR);
        return true;
      }
      in_.begin = 0;
      in_.end = static_cast<size_t>(got);
    }
    while (!in_.empty()) {
      const ssize_t sent =
          send(socket_, in_.space.data() + in_.begin, in_.end - in_.begin, MSG_NOSIGNAL);
      if (sent < 0) {
        if (errno == EINTR) continue;
        in_.blocked = errno == EAGAIN;
        if (in_.blocked) return true;
        // gRPC has ended: what it said before is still to go out.
        in_.over = true;
        in_.begin = in_.end;
        return true;
      }
      in_.begin += static_cast<size_t>(sent);
    }
    if (in_.over) return true;
  }
  return true;
}

bool GrpcPump::MoveOut() {
  for (int round = 0; round < kRounds; ++round) {
    if (out_.empty() && !out_.over) {
      const ssize_t got = recv(socket_, out_.space.data(), kSpace, 0);
      if (got < 0) return errno == EAGAIN || errno == EINTR;
      if (got == 0) {
        out_.over = true;
        return true;
      }
      out_.begin = 0;
      out_.end = static_cast<size_t>(got);
    }
    while (!out_.empty()) {
      const iovec piece{out_.space.data() + out_.begin, out_.end - out_.begin};
      const ssize_t sent = stream_->Write(&piece, 1);
      if (sent < 0) {
        if (errno == EINTR) continue;
        out_.blocked = errno == EAGAIN;  // the same bytes again, next time
        return out_.blocked;
      }
      out_.begin += static_cast<size_t>(sent);
    }
    if (out_.over) return true;
  }
  return true;
}

bool GrpcPump::Move() {
  if (!in_.blocked && !(in_.over && in_.empty()) && !MoveIn()) return false;
  return out_.blocked || (out_.over && out_.empty()) || MoveOut();
}

// gRPC has ended and everything of it was sent: it answers nothing any more.
bool GrpcPump::Finished() const { return out_.over && out_.empty(); }

void GrpcPump::Watch() {
  const auto wanted = [](const Way& reads, const Way& writes) {
    return (reads.empty() && !reads.over ? uint32_t{EPOLLIN} : 0u) |
           (writes.blocked ? uint32_t{EPOLLOUT} : 0u);
  };
  if (stream_side_.registered) {
    // Always told again: a stream may want something else for the same wish.
    stream_side_.interest = wanted(in_, out_);
    stream_->Watch(reactor_, &stream_side_, stream_side_.interest);
  }
  const uint32_t interest = wanted(out_, in_);
  if (socket_side_.registered && socket_side_.interest != interest) {
    socket_side_.interest = interest;
    reactor_.Modify(&socket_side_, socket_, interest);
  }
}

void GrpcPump::EndLocked() {
  if (std::exchange(ended_, true)) return;
  if (std::exchange(stream_side_.registered, false)) stream_->Unregister(reactor_, &stream_side_);
  if (std::exchange(socket_side_.registered, false)) reactor_.Remove(&socket_side_, socket_);
  stream_->Shutdown();
  shutdown(socket_, SHUT_RDWR);
}

void GrpcPump::End() {
  base::MutexLock lock(mutex_);
  if (ended_) return;
  // The last words of gRPC, if the peer takes them at once.
  if (!out_.blocked) [[maybe_unused]]
    const bool moved = MoveOut();
  EndLocked();
}

}  // namespace polycall::transport
