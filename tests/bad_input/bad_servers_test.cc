// The other way round: a client and a server that does not behave. Every call ends, with a text that
// helps, and in bounded time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <string>

#include "fake_server.h"
#include "raw_peer.h"
#include "test_server.h"

namespace polycall::bad_input {
namespace {

using call::FrameHeader;
using call::FrameType;
using testing::AnyOf;
using testing::Eq;
using testing::HasSubstr;

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
