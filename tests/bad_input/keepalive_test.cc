// Peers that vanish without a word, as a machine does whose plug is pulled: who waits for them asks with a
// ping, and gives up when nothing answers. Here the descriptor stays open and nobody speaks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <string>
#include <thread>

#include "fake_server.h"
#include "raw_peer.h"
#include "test_server.h"

namespace polycall::bad_input {
namespace {

using call::FrameHeader;
using call::FrameType;
using testing::HasSubstr;

constexpr int64_t kMillisecond = 1'000'000;
constexpr polycall_method_descriptor kUnary = {
    sizeof(polycall_method_descriptor), "Unary", POLYCALL_UNARY, 0, 0, nullptr, nullptr};
constexpr polycall_method_descriptor kChat = {
    sizeof(polycall_method_descriptor), "Chat", POLYCALL_BIDI_STREAMING, 0, 0, nullptr, nullptr};

// A channel that pings after 20 ms of silence and waits for `timeout_ns`.
class Watchful {
 public:
  Watchful(const std::string& target, int64_t timeout_ns) {
    polycall_channel_options options = POLYCALL_CHANNEL_OPTIONS_INIT;
    options.limits.keepalive_interval_ns = 20 * kMillisecond;
    options.limits.keepalive_timeout_ns = timeout_ns;
    options.max_attempts = 1;
    channel_ = polycall_channel_new(target.c_str(), &options, nullptr);
    EXPECT_NE(channel_, nullptr);
  }
  ~Watchful() { polycall_channel_free(channel_); }
  Watchful(const Watchful&) = delete;
  Watchful& operator=(const Watchful&) = delete;

  polycall_channel* get() const { return channel_; }
  const polycall_method* Method(const polycall_method_descriptor& method) const {
    return polycall_channel_method(channel_, "bad.Echo", &method);
  }
  polycall_unary Request() const {
    polycall_unary unary = POLYCALL_UNARY_INIT;
    unary.method = Method(kUnary);
    unary.request.data = "hello";
    unary.request.size = 5;
    return unary;
  }
  // A call without a deadline.
  Outcome Call() const {
    polycall_unary unary = Request();
    polycall_unary_call(channel_, &unary);
    return Take(&unary);
  }
  // The same by callback.
  Outcome CallByCallback() const {
    std::promise<Outcome> done;
    const polycall_unary unary = Request();
    polycall_unary_call_async(
        channel_, &unary,
        [](void* arg, polycall_unary* ended) {
          static_cast<std::promise<Outcome>*>(arg)->set_value(
              {ended->status.code, ended->status.message == nullptr ? "" : ended->status.message,
               std::string(static_cast<const char*>(ended->response.data), ended->response.size)});
        },
        &done, nullptr);
    return done.get_future().get();
  }

 private:
  static Outcome Take(polycall_unary* unary) {
    Outcome outcome = {
        unary->status.code, unary->status.message == nullptr ? "" : unary->status.message,
        std::string(static_cast<const char*>(unary->response.data), unary->response.size)};
    polycall_status_clear(&unary->status);
    polycall_message_release(&unary->response);
    return outcome;
  }

  polycall_channel* channel_;
};

// Takes the handshake, and after it reads and says nothing.
void Vanish(RawPeer& peer) {
  if (!ReadOpening(&peer)) return;
  peer.Send(AcceptBytes());
  peer.ReadsEnd();
}

void ExpectGivenUp(const Outcome& outcome) {
  EXPECT_EQ(outcome.code, POLYCALL_UNAVAILABLE);
  EXPECT_THAT(outcome.message, HasSubstr("keepalive_timeout"));
}

TEST(Keepalive, ABlockingCallToAServerThatVanishedEnds) {
  FakeServer server(Vanish);
  const Watchful channel(server.target(), 20 * kMillisecond);
  // The first goes the general way, which connects; the next may read by itself.
  for (int i = 0; i < 3; ++i) ExpectGivenUp(channel.Call());
}

TEST(Keepalive, ABlockingCallOnAConnectionInUseEnds) {
  FakeServer server(Vanish);
  const Watchful channel(server.target(), 20 * kMillisecond);
  polycall_status status = POLYCALL_STATUS_INIT;
  ASSERT_EQ(polycall_channel_wait_ready(channel.get(), int64_t{kWaitMs} * kMillisecond, &status),
            POLYCALL_OK)
      << status.message;
  ExpectGivenUp(channel.Call());
}

TEST(Keepalive, ACallByCallbackToAServerThatVanishedEnds) {
  FakeServer server(Vanish);
  const Watchful channel(server.target(), 20 * kMillisecond);
  ExpectGivenUp(channel.CallByCallback());
}

TEST(Keepalive, AStreamOfAServerThatVanishedEnds) {
  FakeServer server(Vanish);
  const Watchful channel(server.target(), 20 * kMillisecond);
  polycall_call* call = polycall_call_start(channel.get(), channel.Method(kChat), nullptr);
  polycall_message message = POLYCALL_MESSAGE_INIT;
  EXPECT_EQ(polycall_call_receive(call, &message), 0);
  polycall_status status = POLYCALL_STATUS_INIT;
  EXPECT_EQ(polycall_call_wait(call, &status, nullptr), POLYCALL_UNAVAILABLE);
  EXPECT_THAT(status.message, HasSubstr("keepalive_timeout"));
  polycall_status_clear(&status);
  polycall_call_release(call);
}

// Answers the call after so many pings, each of which it answers.
void AnswerAfterPings(RawPeer& peer) {
  if (!ReadOpening(&peer)) return;
  peer.Send(AcceptBytes());
  const auto call = peer.ReadAnswer();
  if (!call) return;
  for (int pings = 0; pings < 3; ++pings) {
    const auto frame = peer.ReadFrame();
    if (!frame || frame->header.type != FrameType::kPing) return;
    FrameHeader pong = frame->header;
    pong.flags = call::kFlagEnd;
    peer.Send(FrameBytes(pong));
  }
  FrameHeader answer;
  answer.type = FrameType::kStatus;
  answer.flags = call::kFlagMessage;
  answer.call_id = call->header.call_id;
  peer.Send(FrameBytes(answer, "world"));
  peer.ReadsEnd();
}

TEST(Keepalive, AServerThatTakesItsTimeAndAnswersPingsIsWaitedFor) {
  FakeServer server(AnswerAfterPings);
  const Watchful channel(server.target(), int64_t{kWaitMs} * kMillisecond);
  const Outcome blocking = channel.Call();
  EXPECT_EQ(blocking.code, POLYCALL_OK) << blocking.message;
  EXPECT_EQ(blocking.response, "world");
}

TEST(Keepalive, AConnectionWithoutCallsIsNotPinged) {
  std::promise<bool> pinged;
  FakeServer server([&](RawPeer& peer) {
    if (!ReadOpening(&peer)) return;
    peer.Send(AcceptBytes());
    pinged.set_value(peer.ReadFrame().has_value());  // until the channel closes
  });
  {
    const Watchful channel(server.target(), 20 * kMillisecond);
    ASSERT_EQ(polycall_channel_wait_ready(channel.get(), int64_t{kWaitMs} * kMillisecond, nullptr),
              POLYCALL_OK);
    // Time for several pings, were there any.
    std::this_thread::sleep_for(std::chrono::milliseconds(150));
    EXPECT_EQ(polycall_channel_get_state(channel.get()), POLYCALL_CHANNEL_READY);
  }
  EXPECT_FALSE(pinged.get_future().get());
}

// A server that pings after 20 ms of silence and waits for `timeout_ns`.
polycall_server_options WatchfulServer(int64_t timeout_ns) {
  polycall_server_options options = TestServer::Defaults();
  options.limits.keepalive_interval_ns = 20 * kMillisecond;
  options.limits.keepalive_timeout_ns = timeout_ns;
  return options;
}

// Begins a call whose handler waits for the caller's messages.
bool BeginChat(RawPeer* peer) {
  FrameHeader header;
  header.type = FrameType::kCall;
  header.flags = call::kFlagNamed;
  header.method = call::kNamedMethod;
  header.call_id = 0x10000;
  const std::string path = "bad.Echo/Chat";
  return peer->Send(FrameBytes(header, std::string{static_cast<char>(path.size()), 0} + path));
}

class KeepaliveServer : public testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(, KeepaliveServer, testing::Values("unix", "tcp"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(KeepaliveServer, ACallerThatVanishedIsGivenUpAndItsHandlerEnds) {
  TestServer server(WatchfulServer(20 * kMillisecond));
  RawPeer peer = RawPeer::Greeted(server.Target(GetParam()));
  ASSERT_TRUE(peer.ok());
  ASSERT_TRUE(BeginChat(&peer));
  EXPECT_TRUE(peer.ReadsEnd());                 // reads the pings, and answers none
  while (server.Stats().calls_in_flight > 0) {  // the test's own time is the bound
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

TEST_P(KeepaliveServer, ACallerThatAnswersPingsIsServedOn) {
  TestServer server(WatchfulServer(int64_t{kWaitMs} * kMillisecond));
  RawPeer peer = RawPeer::Greeted(server.Target(GetParam()));
  ASSERT_TRUE(peer.ok());
  ASSERT_TRUE(BeginChat(&peer));
  for (int pings = 0; pings < 3; ++pings) {
    const auto ping = peer.ReadFrame();
    ASSERT_TRUE(ping.has_value());
    ASSERT_EQ(ping->header.type, FrameType::kPing);
    EXPECT_EQ(ping->header.flags & call::kFlagEnd, 0);
    FrameHeader pong = ping->header;
    pong.flags = call::kFlagEnd;
    ASSERT_TRUE(peer.Send(FrameBytes(pong)));
  }
  FrameHeader close;
  close.type = FrameType::kHalfClose;
  close.call_id = 0x10000;
  ASSERT_TRUE(peer.Send(FrameBytes(close)));
  auto status = peer.ReadFrame();
  while (status && status->header.type == FrameType::kPing) status = peer.ReadFrame();
  ASSERT_TRUE(status.has_value());
  EXPECT_EQ(status->header.type, FrameType::kStatus);
  EXPECT_EQ(status->header.argument, uint32_t{POLYCALL_OK});
}

}  // namespace
}  // namespace polycall::bad_input
