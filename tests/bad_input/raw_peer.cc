#include "raw_peer.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "negotiation/handshake.h"

namespace polycall::bad_input {
namespace {

int ConnectUnix(const std::string& path) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (fd < 0 || path.size() >= sizeof(address.sun_path)) return -1;
  memcpy(address.sun_path, path.c_str(), path.size());
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) return fd;
  close(fd);
  return -1;
}

int ConnectTcp(const std::string& host_port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port =
      htons(static_cast<uint16_t>(std::stoi(host_port.substr(host_port.rfind(':') + 1))));
  if (fd < 0) return -1;
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) return fd;
  close(fd);
  return -1;
}

}  // namespace

std::string HeaderBytes(const call::FrameHeader& header) {
  uint8_t bytes[call::kFrameHeaderSize];
  call::WriteFrameHeader(header, bytes);
  return {reinterpret_cast<char*>(bytes), sizeof(bytes)};
}

std::string FrameBytes(call::FrameHeader header, std::string_view body) {
  header.body_size = static_cast<uint32_t>(body.size());
  return HeaderBytes(header).append(body);
}

std::string Opening() {
  negotiation::Hello hello;
  hello.min_version = hello.max_version = 1;
  call::FrameHeader header;
  header.type = call::FrameType::kHello;
  return call::kPreface + FrameBytes(header, Encode(hello));
}

RawPeer RawPeer::Connect(const std::string& target) {
  const int fd =
      target.starts_with("unix:") ? ConnectUnix(target.substr(5)) : ConnectTcp(target.substr(6));
  EXPECT_GE(fd, 0) << "cannot connect to " << target << ": " << strerror(errno);
  return RawPeer(fd);
}

RawPeer RawPeer::Greeted(const std::string& target) {
  RawPeer peer = Connect(target);
  EXPECT_TRUE(peer.Send(Opening()));
  const auto accept = peer.ReadFrame();
  EXPECT_TRUE(accept && accept->header.type == call::FrameType::kAccept) << "no ACCEPT";
  return peer;
}

RawPeer::RawPeer(RawPeer&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), pending_(std::move(other.pending_)) {}

RawPeer::~RawPeer() {
  if (fd_ >= 0) close(fd_);
}

bool RawPeer::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    pollfd wait = {fd_, POLLOUT, 0};
    if (poll(&wait, 1, kWaitMs) != 1) return false;
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return false;
    if (sent > 0) bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

size_t RawPeer::SendWhatFits(std::string_view bytes) {
  const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent > 0 ? static_cast<size_t>(sent) : 0;
}

void RawPeer::HalfClose() { shutdown(fd_, SHUT_WR); }

bool RawPeer::Fill() {
  pollfd wait = {fd_, POLLIN, 0};
  if (poll(&wait, 1, kWaitMs) != 1) return false;
  char bytes[65536];
  const ssize_t got = read(fd_, bytes, sizeof(bytes));
  if (got <= 0) return false;
  pending_.append(bytes, static_cast<size_t>(got));
  return true;
}

std::optional<Frame> RawPeer::ReadFrame() {
  Frame frame;
  while (pending_.size() < call::kFrameHeaderSize) {
    if (!Fill()) return std::nullopt;
  }
  frame.header = call::ReadFrameHeader(reinterpret_cast<const uint8_t*>(pending_.data()));
  const size_t total = call::kFrameHeaderSize + frame.header.body_size;
  while (pending_.size() < total) {
    if (!Fill()) return std::nullopt;
  }
  frame.body = pending_.substr(call::kFrameHeaderSize, frame.header.body_size);
  pending_.erase(0, total);
  return frame;
}

std::optional<Frame> RawPeer::ReadAnswer() {
  std::optional<Frame> frame;
  do {
    frame = ReadFrame();
  } while (frame && frame->header.type == call::FrameType::kCredit);
  return frame;
}

bool RawPeer::ReadsEnd() {
  for (;;) {
    pollfd wait = {fd_, POLLIN, 0};
    if (poll(&wait, 1, kWaitMs) != 1) return false;
    char bytes[65536];
    if (read(fd_, bytes, sizeof(bytes)) <= 0) return true;  // the end, or a reset
  }
}

}  // namespace polycall::bad_input
