#include "hostile_peer.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/clock.h"
#include "call/frame.h"
#include "negotiation/handshake.h"
#include "transport/stream/socket.h"

namespace polycall::shm_test {
namespace {

namespace shm = transport::shm;
using call::FrameHeader;
using call::FrameType;

constexpr int64_t kWait = 60 * base::kSecond;

bool SendAll(int fd, const void* bytes, size_t size) {
  return send(fd, bytes, size, MSG_NOSIGNAL) == static_cast<ssize_t>(size);
}

bool ReceiveAll(int fd, void* bytes, size_t size) {
  auto* at = static_cast<char*>(bytes);
  while (size > 0) {
    if (!transport::PollUntil(fd, POLLIN, base::DeadlineAfter(kWait))) return false;
    const ssize_t got = recv(fd, at, size, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (got <= 0) return false;
    at += got;
    size -= static_cast<size_t>(got);
  }
  return true;
}

bool ReceiveFrame(int fd, FrameHeader* header, std::string* body) {
  if (!ReceiveAll(fd, header, sizeof(*header))) return false;
  body->resize(header->body_size);
  return ReceiveAll(fd, body->data(), body->size());
}

bool SendFrame(int fd, FrameType type, uint32_t argument, const std::string& body = {}) {
  FrameHeader header;
  header.type = type;
  header.argument = argument;
  header.body_size = static_cast<uint32_t>(body.size());
  const std::string bytes = std::string(reinterpret_cast<char*>(&header), sizeof(header)) + body;
  return SendAll(fd, bytes.data(), bytes.size());
}

// Receives a frame's header and up to three descriptors.
bool ReceiveOffer(int fd, int* fds) {
  if (!transport::PollUntil(fd, POLLIN, base::DeadlineAfter(kWait))) return false;
  FrameHeader header;
  alignas(cmsghdr) char control[CMSG_SPACE(3 * sizeof(int))] = {};
  iovec piece = {&header, sizeof(header)};
  msghdr message = {};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  if (recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != sizeof(header)) return false;
  const cmsghdr* rights = CMSG_FIRSTHDR(&message);
  if (rights == nullptr || rights->cmsg_len != CMSG_LEN(3 * sizeof(int))) return false;
  memcpy(fds, CMSG_DATA(rights), 3 * sizeof(int));
  return header.type == FrameType::kShm;
}

bool SendOffer(int fd, const int* fds) {
  FrameHeader header;
  header.type = FrameType::kShm;
  header.argument = shm::kLayoutVersion;
  alignas(cmsghdr) char control[CMSG_SPACE(3 * sizeof(int))] = {};
  iovec piece = {&header, sizeof(header)};
  msghdr message = {};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  cmsghdr* rights = CMSG_FIRSTHDR(&message);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(3 * sizeof(int));
  memcpy(CMSG_DATA(rights), fds, 3 * sizeof(int));
  return sendmsg(fd, &message, MSG_NOSIGNAL) == sizeof(header);
}

void Ring(int bell) {
  const uint64_t one = 1;
  [[maybe_unused]] ssize_t written = write(bell, &one, sizeof(one));
}

// Word by word, as the peer reads them.
void Put(uint8_t* at, uint32_t value) {
  reinterpret_cast<std::atomic<uint32_t>*>(at)->store(value, std::memory_order_release);
}

}  // namespace

HostileEnd::~HostileEnd() {
  for (const int fd : {socket, own_bell, peer_bell}) {
    if (fd >= 0) close(fd);
  }
}

void HostileEnd::Scribble(std::mt19937* random) {
  uint8_t* const memory = reinterpret_cast<uint8_t*>(&region->header());
  for (size_t at = 0; at < shm::kArenaOffset; at += sizeof(uint32_t)) Put(memory + at, (*random)());
  for (int i = 0; i < 2000; ++i) {
    const size_t at = shm::kArenaOffset + (*random)() % (shm::kRegionSize - shm::kArenaOffset);
    Put(memory + (at & ~size_t{3}), (*random)());
  }
  Ring(peer_bell);
}

void HostileEnd::ScribblePlausibly(std::mt19937* random) {
  uint8_t* const ring = region->ring(role);
  for (size_t at = 0; at < shm::kRingSize; at += shm::kLine) {
    FrameHeader frame;
    frame.type = static_cast<FrameType>((*random)() % 16);
    frame.flags = static_cast<uint8_t>((*random)() % 4 == 0 ? (*random)() : 0x05);
    frame.body_size = (*random)() % 64;
    frame.call_id = (*random)() % 4 == 0 ? (*random)() : 0x00010000;
    frame.argument = (*random)();
    for (size_t i = 0; i < sizeof(frame); i += 4) {
      uint32_t word;
      memcpy(&word, reinterpret_cast<char*>(&frame) + i, sizeof(word));
      Put(ring + at + sizeof(uint32_t) + i, word);
    }
    Put(ring + at, 1 + (*random)() % 60);
  }
  shm::Side& side = region->header().sides[role];
  side.consumed.store((*random)() % (4 * shm::kRingSize) & ~uint64_t{63});
  side.sleeping.store((*random)() % 2);
  side.wants_room.store((*random)() % 2);
  side.cpu.store((*random)() % 4);
  Ring(peer_bell);
}

bool HostileEnd::PeerLeft() const {
  char bytes[4096];
  for (;;) {
    if (!transport::PollUntil(socket, POLLIN, base::DeadlineAfter(kWait))) return false;
    const ssize_t got = recv(socket, bytes, sizeof(bytes), MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) return true;
  }
}

std::unique_ptr<HostileEnd> HostileCaller(const std::string& path) {
  auto end = std::make_unique<HostileEnd>();
  if (!transport::ConnectUnix(path, base::DeadlineAfter(kWait), &end->socket).ok()) return nullptr;
  negotiation::Hello hello;
  hello.min_version = hello.max_version = call::kProtocolVersion;
  hello.features = {"shm"};
  FrameHeader header;
  std::string body;
  int fds[3] = {-1, -1, -1};
  if (!SendAll(end->socket, call::kPreface, call::kPrefaceSize) ||
      !SendFrame(end->socket, FrameType::kHello, 0, negotiation::Encode(hello)) ||
      !ReceiveOffer(end->socket, fds) || !ReceiveFrame(end->socket, &header, &body) ||
      header.type != FrameType::kAccept || !SendFrame(end->socket, FrameType::kShm, 1) ||
      !ReceiveFrame(end->socket, &header, &body) || header.type != FrameType::kShm) {
    return nullptr;
  }
  const base::Status mapped = shm::Region::Map(fds[0], &end->region);
  close(fds[0]);
  end->own_bell = fds[1];
  end->peer_bell = fds[2];
  end->role = shm::kCaller;
  return mapped.ok() ? std::move(end) : nullptr;
}

std::unique_ptr<HostileEnd> HostileServer(int listener) {
  auto end = std::make_unique<HostileEnd>();
  if (!transport::PollUntil(listener, POLLIN, base::DeadlineAfter(kWait))) return nullptr;
  end->socket = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  if (end->socket < 0) return nullptr;
  int memory = -1;
  if (!shm::Region::Make(&end->region, &memory).ok()) return nullptr;
  end->own_bell = eventfd(0, EFD_CLOEXEC);
  end->peer_bell = eventfd(0, EFD_CLOEXEC);
  end->role = shm::kServer;
  negotiation::Accept accept;
  accept.version = call::kProtocolVersion;
  accept.features = {"shm"};
  accept.services = {{"shm.Echo", 0, {{"Echo", POLYCALL_UNARY, 0}}}};
  const int fds[3] = {memory, end->peer_bell, end->own_bell};
  char preface[call::kPrefaceSize];
  FrameHeader header;
  std::string body;
  const bool good = ReceiveAll(end->socket, preface, sizeof(preface)) &&
                    ReceiveFrame(end->socket, &header, &body) && SendOffer(end->socket, fds) &&
                    SendFrame(end->socket, FrameType::kAccept, 0, negotiation::Encode(accept)) &&
                    ReceiveFrame(end->socket, &header, &body) && header.argument == 1 &&
                    SendFrame(end->socket, FrameType::kShm, 1);
  close(memory);
  return good ? std::move(end) : nullptr;
}

}  // namespace polycall::shm_test
