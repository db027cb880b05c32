// The other way round: a client and a server that does not behave. Every call ends, with a text that
// helps, and in bounded time.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <random>
#include <string>
#include <thread>

#include "negotiation/handshake.h"
#include "raw_peer.h"
#include "test_server.h"

namespace polycall::bad_input {
namespace {

using call::FrameHeader;
using call::FrameType;
using testing::AnyOf;
using testing::Eq;
using testing::HasSubstr;

// Accepts on a loopback port and hands every connection to `serve`, one after the other.
class FakeServer {
 public:
  explicit FakeServer(std::function<void(RawPeer&)> serve) : serve_(std::move(serve)) {
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

  ~FakeServer() {
    stop_ = true;
    thread_.join();
    close(fd_);
  }

  const std::string& target() const { return target_; }

 private:
  void Run() {
    while (!stop_) {
      pollfd wait = {fd_, POLLIN, 0};
      if (poll(&wait, 1, 20) != 1) continue;
      RawPeer peer(accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC));
      if (peer.ok()) serve_(peer);
    }
  }

  std::function<void(RawPeer&)> serve_;
  std::string target_;
  int fd_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

std::string AcceptBytes() {
  negotiation::Accept accept;
  accept.version = 1;
  accept.services = {{"bad.Echo", 0, {{"Unary", 0, 0}}}};
  FrameHeader header;
  header.type = FrameType::kAccept;
  return FrameBytes(header, Encode(accept));
}

// Reads the preface and the HELLO.
bool ReadOpening(RawPeer* peer) {
  char preface[call::kPrefaceSize];
  return recv(peer->fd(), preface, sizeof(preface), MSG_WAITALL) ==
             static_cast<ssize_t>(sizeof(preface)) &&
         peer->ReadFrame().has_value();
}

Outcome CallTo(const std::function<void(RawPeer&)>& serve) {
  FakeServer server(serve);
  return CallOnce(server.target(), "hello");
}

TEST(BadServers, OneThatClosesAtOnceIsUnavailable) {
  const Outcome outcome = CallTo([](RawPeer&) {});
  EXPECT_EQ(outcome.code, POLYCALL_UNAVAILABLE) << outcome.message;
  EXPECT_NE(outcome.message, "");
}

TEST(BadServers, OneThatSpeaksAnotherProtocolIsUnavailableWithAReason) {
  const Outcome outcome = CallTo([](RawPeer& peer) {
    peer.Send("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
    peer.HalfClose();
    peer.ReadsEnd();
  });
  EXPECT_THAT(outcome.code, AnyOf(Eq(POLYCALL_UNAVAILABLE), Eq(POLYCALL_INTERNAL)));
  EXPECT_NE(outcome.message, "");
}

TEST(BadServers, OneThatRefusesPassesItsReasonOn) {
  const Outcome outcome = CallTo([](RawPeer& peer) {
    if (!ReadOpening(&peer)) return;
    FrameHeader header;
    header.type = FrameType::kStatus;
    header.flags = call::kFlagText;
    header.argument = POLYCALL_FAILED_PRECONDITION;
    std::string body;
    call::AppendSection(&body, "no common version: too old for this town");
    call::AppendSection(&body, "");
    peer.Send(FrameBytes(header, body));
  });
  EXPECT_NE(outcome.code, POLYCALL_OK);
  EXPECT_THAT(outcome.message, HasSubstr("too old for this town"));
}

TEST(BadServers, AnAcceptThatIsMalformedIsRefusedByName) {
  const Outcome outcome = CallTo([](RawPeer& peer) {
    if (!ReadOpening(&peer)) return;
    FrameHeader header;
    header.type = FrameType::kAccept;
    peer.Send(FrameBytes(header, "\x22\x05tiny"));
    peer.ReadsEnd();
  });
  EXPECT_NE(outcome.code, POLYCALL_OK);
  EXPECT_THAT(outcome.message, HasSubstr("Accept"));
}

TEST(BadServers, OneThatNeverAnswersTheHandshakeIsGivenUp) {
  FakeServer server([](RawPeer& peer) { peer.ReadsEnd(); });
  polycall_channel_options options = POLYCALL_CHANNEL_OPTIONS_INIT;
  options.connect_timeout_ns = 100'000'000;
  options.max_attempts = 1;
  polycall_status status = POLYCALL_STATUS_INIT;
  polycall_channel* channel = polycall_channel_new(server.target().c_str(), &options, &status);
  ASSERT_NE(channel, nullptr) << status.message;
  EXPECT_NE(polycall_channel_wait_ready(channel, 2'000'000'000, &status), POLYCALL_OK);
  EXPECT_NE(status.message, nullptr);
  polycall_status_clear(&status);
  polycall_channel_free(channel);
}

TEST(BadServers, GarbageAfterTheHandshakeEndsTheCall) {
  std::mt19937 random(5);
  for (int round = 0; round < 20; ++round) {
    std::string garbage(64, '\0');
    for (char& byte : garbage) byte = static_cast<char>(random());
    const Outcome outcome = CallTo([&](RawPeer& peer) {
      if (!ReadOpening(&peer)) return;
      peer.Send(AcceptBytes() + garbage);
      peer.HalfClose();
      peer.ReadsEnd();
    });
    EXPECT_NE(outcome.code, POLYCALL_OK);
  }
}

TEST(BadServers, AStatusForACallThatNeverWasIsIgnored) {
  const Outcome outcome = CallTo([](RawPeer& peer) {
    if (!ReadOpening(&peer)) return;
    peer.Send(AcceptBytes());
    const auto call = peer.ReadAnswer();
    if (!call) return;
    FrameHeader stray;
    stray.type = FrameType::kStatus;
    stray.call_id = call->header.call_id + 0x50000;
    stray.argument = POLYCALL_DATA_LOSS;
    FrameHeader answer;
    answer.type = FrameType::kStatus;
    answer.flags = call::kFlagMessage;
    answer.call_id = call->header.call_id;
    peer.Send(FrameBytes(stray) + FrameBytes(answer, "world"));
    peer.ReadsEnd();
  });
  EXPECT_EQ(outcome.code, POLYCALL_OK) << outcome.message;
  EXPECT_EQ(outcome.response, "world");
}

TEST(BadServers, OneThatGoesInTheMiddleOfACallLeavesAStatus) {
  const Outcome outcome = CallTo([](RawPeer& peer) {
    if (!ReadOpening(&peer)) return;
    peer.Send(AcceptBytes());
    peer.ReadAnswer();
  });
  EXPECT_EQ(outcome.code, POLYCALL_UNAVAILABLE) << outcome.message;
  EXPECT_NE(outcome.message, "");
}

}  // namespace
}  // namespace polycall::bad_input
