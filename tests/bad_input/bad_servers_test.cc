// The other way round: a client and a server that does not behave. Every call ends, with a text that
// helps, and in bounded time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/socket.h>

#include <cstring>
#include <functional>
#include <future>
#include <memory>
#include <random>
#include <string>

#include "call/message.h"
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

// A request of one field: its tag and length in the room, its bytes where they lie.
constexpr size_t kLongField = 15u << 20;  // more than the sockets hold
struct LongRequest {
  std::string bytes = std::string(kLongField, 'r');
  static size_t Slices(const void* object, size_t, void* room, size_t, polycall_slice* slices,
                       size_t) {
    memcpy(room, "head", 4);
    slices[0] = {room, 4};
    slices[1] = {static_cast<const LongRequest*>(object)->bytes.data(), kLongField};
    return 2;
  }
};

TEST(BadServers, OneThatAnswersBeforeItReadGivesTheRequestBackWhole) {
  std::promise<void> answered;
  FakeServer server([&](RawPeer& peer) {
    if (!ReadOpening(&peer)) return;
    peer.Send(AcceptBytes());
    uint8_t head[call::kFrameHeaderSize];
    if (recv(peer.fd(), head, sizeof(head), MSG_PEEK | MSG_WAITALL) != sizeof(head)) return;
    FrameHeader answer;
    answer.type = FrameType::kStatus;
    answer.flags = call::kFlagMessage;
    answer.call_id = call::ReadFrameHeader(head).call_id;
    peer.Send(FrameBytes(answer, "early"));
    // The caller has its request back, and has written over it, before the rest of it is read.
    answered.get_future().wait();
    const auto first = peer.ReadAnswer();
    const auto second = peer.ReadAnswer();
    if (!first || !second) return;
    answer.call_id = second->header.call_id;
    const bool whole = first->body == "head" + std::string(kLongField, 'r');
    peer.Send(FrameBytes(answer, whole ? "whole" : "torn"));
    peer.ReadsEnd();
  });
  polycall_message_type type = POLYCALL_MESSAGE_TYPE_INIT;
  type.name = "bad.Long";
  type.identity = &type;
  type.encoded_size = [](const void*) { return kLongField + 4; };
  type.encode = [](const void*, void*, size_t) { return 1; };
  type.encode_slices = LongRequest::Slices;
  const char* tcp_only[] = {"tcp", nullptr};
  polycall_channel_options options = POLYCALL_CHANNEL_OPTIONS_INIT;
  options.transports = tcp_only;
  polycall_channel* channel = polycall_channel_new(server.target().c_str(), &options, nullptr);
  ASSERT_NE(channel, nullptr);
  ASSERT_EQ(polycall_channel_wait_ready(channel, 20'000'000'000, nullptr), POLYCALL_OK);
  polycall_method_descriptor method = {};
  method.struct_size = sizeof(method);
  method.name = "Unary";
  const auto call = [&](polycall_message request) {
    polycall_unary unary = POLYCALL_UNARY_INIT;
    unary.method = polycall_channel_method(channel, "bad.Echo", &method);
    unary.request = request;
    polycall_unary_call(channel, &unary);
    std::string text(static_cast<const char*>(unary.response.data), unary.response.size);
    if (unary.status.code != POLYCALL_OK) text = unary.status.message;
    polycall_status_clear(&unary.status);
    polycall_message_release(&unary.response);
    return text;
  };
  auto request = std::make_unique<LongRequest>();
  polycall_message message = POLYCALL_MESSAGE_INIT;
  message.type = &type;
  message.object = request.get();
  EXPECT_EQ(call(message), "early");
  request->bytes.assign(kLongField, '-');
  request.reset();
  answered.set_value();
  EXPECT_EQ(call(call::ViewMessage("next", nullptr)), "whole");
  polycall_channel_free(channel);
}

}  // namespace
}  // namespace polycall::bad_input
