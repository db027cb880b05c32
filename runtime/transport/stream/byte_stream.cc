#include "transport/stream/byte_stream.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/fork.h"
#include "base/syscalls.h"

namespace polycall::transport {

ssize_t ByteStream::WriteOne(const void* data, size_t size) {
  const iovec piece = {const_cast<void*>(data), size};
  return Write(&piece, 1);
}

bool ByteStream::ReadLooking(void* space, size_t size, ssize_t* got) {
  return spin_.Spin([&] {
    *got = Read(space, size);
    return *got >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
  });
}

ssize_t ByteStream::ReadWaiting(void* space, size_t size) {
  ssize_t got;
  if (ReadLooking(space, size, &got)) return got;
  got = Read(space, size);
  if (got >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK)) return got;
  pollfd entry = {fd(), POLLIN, 0};
  if (base::PollForever(&entry, 1) < 0) return -1;
  return Read(space, size);
}

ssize_t ByteStream::Peek(void*, size_t) {
  errno = ENOTSUP;
  return -1;
}

short ByteStream::Wait(short events, int kick_fd, const timespec* timeout) {
  if ((events & POLLIN) != 0 && HasBuffered()) return POLLIN;
  pollfd entries[2] = {{fd(), events, 0}, {kick_fd, POLLIN, 0}};
  // A kick is seen after that at the latest, which is sooner than a wake-up takes.
  if (spin_.Spin([&] { return base::PollNow(entries, 1) > 0; })) return entries[0].revents;
  const int ready =
      timeout == nullptr ? base::PollForever(entries, 2) : ppoll(entries, 2, timeout, nullptr);
  if (ready <= 0) return 0;
  short found = entries[0].revents;
  if (entries[1].revents != 0) {
    uint64_t value;
    [[maybe_unused]] ssize_t got = read(kick_fd, &value, sizeof(value));
    found = static_cast<short>(found | kKicked);
  }
  return found;
}

bool ByteStream::Register(base::Reactor& reactor, base::Source* source, uint32_t events) {
  return reactor.Add(source, fd(), events);
}

void ByteStream::Watch(base::Reactor& reactor, base::Source* source, uint32_t events) {
  reactor.Modify(source, fd(), events);
}

void ByteStream::Unregister(base::Reactor& reactor, base::Source* source) {
  reactor.Remove(source, fd());
}

SocketStream::SocketStream(int fd, bool blocking) : fd_(fd), blocking_(blocking) {
  base::TrackFd(fd_);
  if (!blocking_) return;
  if (const int flags = fcntl(fd_, F_GETFL); flags >= 0) fcntl(fd_, F_SETFL, flags & ~O_NONBLOCK);
}

SocketStream::~SocketStream() { base::CloseTracked(fd_); }

ssize_t SocketStream::Read(void* space, size_t size) { return base::Receive(fd_, space, size); }

ssize_t SocketStream::ReadWaiting(void* space, size_t size) {
  if (!blocking_) return ByteStream::ReadWaiting(space, size);
  ssize_t got;
  if (ReadLooking(space, size, &got)) return got;
  return base::Receive(fd_, space, size, true);
}

ssize_t SocketStream::Write(const iovec* pieces, int count) {
  msghdr message = {};
  message.msg_iov = const_cast<iovec*>(pieces);
  message.msg_iovlen = static_cast<size_t>(count);
  return sendmsg(fd_, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

ssize_t SocketStream::WriteOne(const void* data, size_t size) {
  return base::Send(fd_, data, size);
}

ssize_t SocketStream::Peek(void* space, size_t size) {
  return recv(fd_, space, size, MSG_PEEK | MSG_DONTWAIT);
}

int SocketStream::Detach() {
  base::UntrackFd(fd_);
  return std::exchange(fd_, -1);
}

void SocketStream::Shutdown() { shutdown(fd_, SHUT_RDWR); }

}  // namespace polycall::transport
