// What a server does with bytes that no PolyCall client sends. After each kind it must still answer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <chrono>
#include <random>
#include <thread>

#include "raw_peer.h"
#include "test_server.h"

namespace polycall::bad_input {
namespace {

using call::FrameHeader;
using call::FrameType;
using testing::HasSubstr;

std::string RandomBytes(std::mt19937* random, size_t size) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>((*random)());
  return bytes;
}

class BadBytes : public testing::TestWithParam<const char*> {
 protected:
  const std::string& target() const { return server_.Target(GetParam()); }

  TestServer server_;
};

INSTANTIATE_TEST_SUITE_P(, BadBytes, testing::Values("unix", "tcp"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(BadBytes, AGoodCallIsAnswered) { EXPECT_TRUE(Answers(target())); }

TEST_P(BadBytes, RandomBytesEndTheirConnectionOnly) {
  std::mt19937 random(7);
  for (int i = 0; i < 200; ++i) {
    RawPeer peer = RawPeer::Connect(target());
    ASSERT_TRUE(peer.ok());
    peer.Send(RandomBytes(&random, 1 + random() % 4096));
    peer.HalfClose();
    ASSERT_TRUE(peer.ReadsEnd()) << "connection " << i << " stays open";
  }
  EXPECT_TRUE(Answers(target()));
}

TEST_P(BadBytes, RandomFramesAfterAGoodHandshakeEndTheirConnectionOnly) {
  std::mt19937 random(8);
  for (int i = 0; i < 200; ++i) {
    RawPeer peer = RawPeer::Greeted(target());
    ASSERT_TRUE(peer.ok());
    for (int frames = 0; frames < 20; ++frames) {
      FrameHeader header;
      header.type = static_cast<FrameType>(random() % 13);
      header.flags = static_cast<uint8_t>(random() % 3 == 0 ? random() : random() & 0x07);
      header.method = static_cast<uint16_t>(random() % 6);
      header.call_id = random() % 4 == 0 ? 0 : 0x10000 + random() % 4;
      header.argument = random() % 2 == 0 ? 0 : static_cast<uint32_t>(random());
      if (!peer.Send(FrameBytes(header, RandomBytes(&random, random() % 200)))) break;
    }
    peer.HalfClose();
    ASSERT_TRUE(peer.ReadsEnd()) << "connection " << i << " stays open";
  }
  EXPECT_TRUE(Answers(target()));
}

TEST_P(BadBytes, EveryTruncationOfACallEndsItsConnectionOnly) {
  FrameHeader header;
  header.type = FrameType::kCall;
  header.flags = call::kFlagEnd | call::kFlagMessage | call::kFlagNamed;
  header.method = call::kNamedMethod;
  header.call_id = 0x10000;
  const std::string path = "bad.Echo/Unary";
  std::string body = {static_cast<char>(path.size()), 0};
  body += path + "hello";
  const std::string bytes = Opening() + FrameBytes(header, body);
  for (size_t size = 0; size < bytes.size(); ++size) {
    RawPeer peer = RawPeer::Connect(target());
    ASSERT_TRUE(peer.ok());
    ASSERT_TRUE(peer.Send(bytes.substr(0, size)));
    peer.HalfClose();
    ASSERT_TRUE(peer.ReadsEnd()) << "cut to " << size << " bytes, the connection stays open";
  }
  EXPECT_TRUE(Answers(target()));
}

TEST_P(BadBytes, AFrameThatClaimsTooMuchIsRefusedWithAReason) {
  for (const uint32_t claimed : {0xffffffffu, 0x40000000u}) {
    RawPeer peer = RawPeer::Greeted(target());
    FrameHeader header;
    header.type = FrameType::kMessage;
    header.flags = call::kFlagMessage;
    header.call_id = 0x10000;
    header.body_size = claimed;
    ASSERT_TRUE(peer.Send(HeaderBytes(header)));
    const auto answer = peer.ReadAnswer();
    ASSERT_TRUE(answer.has_value()) << "closed without a reason";
    EXPECT_EQ(answer->header.type, FrameType::kGoAway);
    EXPECT_THAT(answer->body, HasSubstr("max_message_size"));
    EXPECT_TRUE(peer.ReadsEnd());
  }
  EXPECT_TRUE(Answers(target()));
}

TEST_P(BadBytes, AHelloThatClaimsTooMuchIsRefusedBeforeItIsRead) {
  RawPeer peer = RawPeer::Connect(target());
  FrameHeader header;
  header.type = FrameType::kHello;
  header.body_size = 0x7fffffff;
  ASSERT_TRUE(peer.Send(call::kPreface + HeaderBytes(header)));
  EXPECT_TRUE(peer.ReadsEnd());
  EXPECT_TRUE(Answers(target()));
}

TEST_P(BadBytes, AMessageThatIsTooLargeEndsItsCallWithTheLimitsName) {
  polycall_server_options options = TestServer::Defaults();
  options.limits.max_message_size = 1000;
  TestServer small(options);
  const std::string& target = small.Target(GetParam());
  const Outcome outcome = CallOnce(target, std::string(1001, 'x'));
  EXPECT_EQ(outcome.code, POLYCALL_RESOURCE_EXHAUSTED);
  EXPECT_THAT(outcome.message, HasSubstr("max_message_size"));
  EXPECT_EQ(CallOnce(target, std::string(1000, 'x')).code, POLYCALL_OK);
}

TEST_P(BadBytes, FramesForCallsThatNeverWereAreIgnored) {
  RawPeer peer = RawPeer::Greeted(target());
  for (const FrameType type :
       {FrameType::kMessage, FrameType::kHalfClose, FrameType::kCancel, FrameType::kCredit}) {
    FrameHeader header;
    header.type = type;
    header.flags = type == FrameType::kMessage ? call::kFlagMessage : 0;
    header.call_id = 0x4711 | 0x30000;
    header.argument = 1;
    ASSERT_TRUE(peer.Send(FrameBytes(header, type == FrameType::kMessage ? "late" : "")));
  }
  FrameHeader ping;
  ping.type = FrameType::kPing;
  ping.argument = 42;
  ASSERT_TRUE(peer.Send(FrameBytes(ping)));
  const auto answer = peer.ReadAnswer();
  ASSERT_TRUE(answer.has_value()) << "the connection was closed";
  EXPECT_EQ(answer->header.type, FrameType::kPing);
  EXPECT_EQ(answer->header.argument, 42u);
  EXPECT_TRUE(Answers(target()));
}

TEST_P(BadBytes, AHandshakeThatNeverEndsIsEnded) {
  polycall_server_options options = TestServer::Defaults();
  options.limits.handshake_timeout_ns = 100'000'000;
  TestServer impatient(options);
  const std::string& target = impatient.Target(GetParam());
  const std::string opening = Opening();
  for (const size_t size :
       {size_t{0}, size_t{3}, call::kPrefaceSize, size_t{12}, opening.size() - 1}) {
    RawPeer peer = RawPeer::Connect(target);
    ASSERT_TRUE(peer.Send(opening.substr(0, size)));
    EXPECT_TRUE(peer.ReadsEnd()) << "after " << size << " bytes the server waits for ever";
  }
  EXPECT_TRUE(Answers(target));
}

TEST_P(BadBytes, DribblingDoesNotLengthenAHandshake) {
  polycall_server_options options = TestServer::Defaults();
  options.limits.handshake_timeout_ns = 200'000'000;
  TestServer impatient(options);
  RawPeer peer = RawPeer::Connect(impatient.Target(GetParam()));
  // A HELLO of 4 KiB, a byte each 10 ms: 40 s, were each byte a reprieve.
  FrameHeader header;
  header.type = FrameType::kHello;
  header.body_size = 4096;
  ASSERT_TRUE(peer.Send(call::kPreface + HeaderBytes(header)));
  bool closed = false;
  for (int i = 0; i < 4000 && !closed; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    char byte;
    closed = !peer.Send("x") || recv(peer.fd(), &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 0;
  }
  EXPECT_TRUE(closed);
  EXPECT_TRUE(Answers(impatient.Target(GetParam())));
}

}  // namespace
}  // namespace polycall::bad_input
