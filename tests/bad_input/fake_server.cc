#include "fake_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "negotiation/handshake.h"

namespace polycall::bad_input {

FakeServer::FakeServer(std::function<void(RawPeer&)> serve) : serve_(std::move(serve)) {
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(listen(fd_, 16), 0);
  EXPECT_EQ(getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), 0);
  target_ = "tcp://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  thread_ = std::thread([this] { Run(); });
}

FakeServer::~FakeServer() {
  stop_ = true;
  thread_.join();
  close(fd_);
}

void FakeServer::Run() {
  while (!stop_) {
    pollfd wait = {fd_, POLLIN, 0};
    if (poll(&wait, 1, 20) != 1) continue;
    RawPeer peer(accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC));
    if (peer.ok()) serve_(peer);
  }
}

std::string AcceptBytes() {
  negotiation::Accept accept;
  accept.version = 1;
  accept.services = {{"bad.Echo", 0, {{"Unary", 0, 0}}}};
  call::FrameHeader header;
  header.type = call::FrameType::kAccept;
  return FrameBytes(header, Encode(accept));
}

bool ReadOpening(RawPeer* peer) {
  char preface[call::kPrefaceSize];
  return recv(peer->fd(), preface, sizeof(preface), MSG_WAITALL) ==
             static_cast<ssize_t>(sizeof(preface)) &&
         peer->ReadFrame().has_value();
}

}  // namespace polycall::bad_input
