// docs/protocol/vectors/conversations.txt against a live server.
#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "../protocol/vector_file.h"
#include "raw_peer.h"
#include "test_server.h"

namespace polycall::bad_input {
namespace {

using call::FrameType;
using protocol_test::FromHex;
using protocol_test::ReadVectors;
using protocol_test::ToHex;
using protocol_test::Vector;

const char* NameOf(FrameType type) {
  static const char* const kNames[] = {"0",       "HELLO",      "ACCEPT",  "CALL",
                                       "MESSAGE", "HALF_CLOSE", "STATUS",  "CANCEL",
                                       "CREDIT",  "PING",       "GO_AWAY", "METADATA"};
  const auto number = static_cast<size_t>(type);
  return number < std::size(kNames) ? kNames[number] : "unknown";
}

// The next frame that counts: not CREDIT or METADATA.
std::optional<Frame> NextFrame(RawPeer* peer) {
  std::optional<Frame> frame;
  do {
    frame = peer->ReadFrame();
  } while (frame && (frame->header.type == FrameType::kCredit ||
                     frame->header.type == FrameType::kMetadata));
  return frame;
}

// "STATUS call_id=0x00010000 argument=0 message=08 01"
void Expect(const std::string& text, RawPeer* peer) {
  SCOPED_TRACE("server: " + text);
  const auto frame = NextFrame(peer);
  ASSERT_TRUE(frame.has_value()) << "nothing came";
  std::istringstream words(text);
  std::string word;
  words >> word;
  ASSERT_EQ(NameOf(frame->header.type), word) << "body: " << frame->body;
  std::string key;
  std::map<std::string, std::string> expected;
  while (words >> word) {
    const size_t equals = word.find('=');
    if (equals != std::string::npos) {
      key = word.substr(0, equals);
      expected[key] = word.substr(equals + 1);
    } else {
      expected[key] += " " + word;
    }
  }
  for (const auto& [name, value] : expected) {
    if (name == "message") {
      call::FrameBody parts;
      const char* error = nullptr;
      ASSERT_TRUE(call::ParseFrameBody(frame->header, frame->body, &parts, &error)) << error;
      EXPECT_EQ(ToHex(parts.message), value);
    } else {
      const uint64_t number = std::stoull(value, nullptr, 0);
      EXPECT_EQ(name == "call_id" ? frame->header.call_id : frame->header.argument, number)
          << name << ", body: " << frame->body;
    }
  }
}

class Conversations : public testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(, Conversations, testing::Values("unix", "tcp"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(Conversations, TheServerAnswersAsTheVectorsSay) {
  TestServer server;
  int seen = 0;
  for (const Vector& vector : ReadVectors("conversations.txt")) {
    SCOPED_TRACE(vector.name());
    ++seen;
    RawPeer peer = RawPeer::Connect(server.Target(GetParam()));
    ASSERT_TRUE(peer.ok());
    for (const auto& [who, what] : vector.lines) {
      if (who == "caller") {
        peer.Send(FromHex(what));
      } else if (who == "server" && what == "close") {
        EXPECT_TRUE(peer.ReadsEnd()) << "the server does not close";
      } else if (who == "server") {
        Expect(what, &peer);
        if (HasFatalFailure()) break;
      }
    }
  }
  EXPECT_GE(seen, 15);
  EXPECT_TRUE(Answers(server.Target(GetParam())));
}

}  // namespace
}  // namespace polycall::bad_input
