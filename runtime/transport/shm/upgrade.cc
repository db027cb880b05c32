#include "transport/shm/upgrade.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/log.h"
#include "call/frame.h"
#include "transport/stream/socket.h"

namespace polycall::transport::shm {
namespace {

constexpr int kMostDescriptors = 3;
// What a user that our namespace does not know looks like: two of them need not be one.
constexpr uid_t kOverflowUser = 65534;

bool IsUs(uid_t user) { return user == geteuid() && user != kOverflowUser; }

void CloseIf(int fd) {
  if (fd >= 0) close(fd);
}

}  // namespace

Upgrade::~Upgrade() {
  CloseIf(memory_);
  CloseIf(bells_.own);
  CloseIf(bells_.peer);
}

std::unique_ptr<Upgrade> Upgrade::Offer(int socket) {
  auto offer = std::unique_ptr<Upgrade>(new Upgrade);
  offer->role_ = kServer;
  ucred caller = {};
  socklen_t size = sizeof(caller);
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &caller, &size) != 0) return nullptr;
  offer->same_user_ = IsUs(caller.uid);
  base::Status made = Region::Make(&offer->region_, &offer->memory_);
  if (made.ok()) {
    offer->bells_.own = eventfd(0, EFD_CLOEXEC);
    if (offer->same_user_) offer->bells_.peer = eventfd(0, EFD_CLOEXEC);
    if (offer->bells_.own < 0 || (offer->same_user_ && offer->bells_.peer < 0)) {
      made = base::Unavailable(base::ErrnoText("cannot make an eventfd", errno));
    }
  }
  if (!made.ok()) {
    POLYCALL_LOG(POLYCALL_LOG_INFO, "a connection stays on unix: " + std::string(made.message()));
    return nullptr;
  }
  call::FrameHeader frame;
  frame.type = call::FrameType::kShm;
  frame.argument = kLayoutVersion;
  // The order is the caller's: its own bell first.
  const int passed[kMostDescriptors] = {offer->memory_, offer->bells_.peer, offer->bells_.own};
  const size_t bytes = sizeof(int) * (offer->same_user_ ? 3 : 1);
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(passed))] = {};
  iovec piece = {&frame, sizeof(frame)};
  msghdr message = {};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = CMSG_SPACE(bytes);
  cmsghdr* rights = CMSG_FIRSTHDR(&message);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(bytes);
  memcpy(CMSG_DATA(rights), passed, bytes);
  ssize_t sent;
  do {
    sent = sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  // A fresh socket has room for it; nothing of it was sent otherwise.
  if (sent != static_cast<ssize_t>(sizeof(frame))) return nullptr;
  CloseIf(std::exchange(offer->memory_, -1));
  return offer;
}

void Upgrade::Expect(int socket) {
  const int one = 1;
  setsockopt(socket, SOL_SOCKET, SO_PASSCRED, &one, sizeof(one));
}

base::Status Upgrade::ReadOffer(int socket, void* bytes, size_t size, int64_t deadline,
                                std::unique_ptr<Upgrade>* offer) {
  auto* at = static_cast<char*>(bytes);
  int passed[kMostDescriptors];
  int count = 0;
  bool known = false;
  uid_t sender = 0;
  while (size > 0) {
    if (!PollUntil(socket, POLLIN, deadline)) {
      for (int i = 0; i < count; ++i) close(passed[i]);
      return base::Unavailable(
          "no answer to the handshake in the time to connect: does a PolyCall "
          "server listen there?");
    }
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(passed)) + CMSG_SPACE(sizeof(ucred))];
    iovec piece = {at, size};
    msghdr message = {};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof(control);
    const ssize_t got = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got <= 0) {
      const int error = got == 0 ? ECONNRESET : errno;  // reset: closed with our bytes unread
      for (int i = 0; i < count; ++i) close(passed[i]);
      return base::Unavailable(
          error == ECONNRESET ? "the peer closed the connection in the handshake: does a PolyCall "
                                "server listen there, and has it room for a connection?"
                              : base::ErrnoText("the connection broke in the handshake", error));
    }
    at += got;
    size -= static_cast<size_t>(got);
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
         part = CMSG_NXTHDR(&message, part)) {
      if (part->cmsg_level != SOL_SOCKET) continue;
      if (part->cmsg_type == SCM_CREDENTIALS) {
        ucred credentials;
        memcpy(&credentials, CMSG_DATA(part), sizeof(credentials));
        sender = credentials.uid;
        known = true;
      } else if (part->cmsg_type == SCM_RIGHTS) {
        const size_t fds = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < fds; ++i) {
          int fd;
          memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof(fd));
          if (count < kMostDescriptors) {
            passed[count++] = fd;
          } else {
            close(fd);
          }
        }
      }
    }
  }
  if (count == 0) return {};
  auto taken = std::unique_ptr<Upgrade>(new Upgrade);
  taken->role_ = kCaller;
  taken->memory_ = passed[0];
  if (count > 1) taken->bells_.own = passed[1];
  if (count > 2) taken->bells_.peer = passed[2];
  taken->same_user_ = known && IsUs(sender);
  *offer = std::move(taken);
  return {};
}

base::Status Upgrade::Map(int socket) {
  const int zero = 0;
  setsockopt(socket, SOL_SOCKET, SO_PASSCRED, &zero, sizeof(zero));
  if (same_user_ != (bells_.peer >= 0)) {
    return base::FailedPrecondition("the two ends do not agree whether one user runs them");
  }
  if (!same_user_) {
    // A bell of ours alone; the peer rings on the socket.
    CloseIf(std::exchange(bells_.own, eventfd(0, EFD_CLOEXEC)));
    if (bells_.own < 0) {
      return base::Unavailable(base::ErrnoText("cannot make an eventfd", errno));
    }
  }
  base::Status status = Region::Map(memory_, &region_);
  CloseIf(std::exchange(memory_, -1));
  return status;
}

std::unique_ptr<ByteStream> Upgrade::Finish(std::unique_ptr<ByteStream> socket) {
  return std::make_unique<ShmStream>(std::move(socket), std::move(region_), role_,
                                     std::exchange(bells_, {}), same_user_);
}

}  // namespace polycall::transport::shm
