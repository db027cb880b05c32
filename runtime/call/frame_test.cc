// What the vectors of docs/protocol do not show: see tests/protocol for the bytes.
#include "call/frame.h"

#include <gtest/gtest.h>

namespace polycall::call {
namespace {

FrameHeader Header(FrameType type, uint8_t flags, uint32_t call_id, uint32_t body_size = 0) {
  FrameHeader header;
  header.type = type;
  header.flags = flags;
  header.call_id = call_id;
  header.body_size = body_size;
  return header;
}

TEST(Frame, AHeaderIsReadAsItWasWritten) {
  FrameHeader header = Header(FrameType::kCall, kFlagEnd | kFlagMessage, MakeCallId(7, 9), 1234);
  header.method = 0xABCD;
  header.argument = 0xDEADBEEF;
  uint8_t bytes[kFrameHeaderSize];
  WriteFrameHeader(header, bytes);
  const FrameHeader read = ReadFrameHeader(bytes);
  EXPECT_EQ(read.body_size, 1234u);
  EXPECT_EQ(read.type, FrameType::kCall);
  EXPECT_EQ(read.flags, kFlagEnd | kFlagMessage);
  EXPECT_EQ(read.method, 0xABCD);
  EXPECT_EQ(CallSlot(read.call_id), 7);
  EXPECT_EQ(read.argument, 0xDEADBEEF);
}

TEST(Frame, AHeaderThatClaimsTooMuchIsRefused) {
  EXPECT_EQ(CheckFrameHeader(Header(FrameType::kMessage, 0, 1, 1000), 1000), nullptr);
  EXPECT_NE(CheckFrameHeader(Header(FrameType::kMessage, 0, 1, 1001), 1000), nullptr);
  EXPECT_NE(CheckFrameHeader(Header(FrameType::kMessage, 0, 1, UINT32_MAX), 1000), nullptr);
  FrameHeader optional = Header(FrameType::kMessage, 0xFF, 1, 1001);
  optional.type = static_cast<FrameType>(kFirstOptionalType);
  EXPECT_NE(CheckFrameHeader(optional, 1000), nullptr);
}

TEST(Frame, AnUnknownTypeIsRefusedUnlessItIsOptional) {
  for (int type = 0; type < 256; ++type) {
    const bool known = type >= 1 && type <= 13;
    FrameHeader header = Header(static_cast<FrameType>(type), 0, 0);
    if (known) continue;
    EXPECT_EQ(CheckFrameHeader(header, 100) == nullptr, type >= kFirstOptionalType) << type;
  }
}

TEST(Frame, FramesOfACallHaveACallIdAndOthersHaveNone) {
  for (const FrameType type : {FrameType::kCall, FrameType::kMessage, FrameType::kHalfClose,
                               FrameType::kCancel, FrameType::kMetadata}) {
    EXPECT_NE(CheckFrameHeader(Header(type, 0, 0), 100), nullptr);
    EXPECT_EQ(CheckFrameHeader(Header(type, 0, 1), 100), nullptr);
  }
  for (const FrameType type :
       {FrameType::kHello, FrameType::kAccept, FrameType::kPing, FrameType::kGoAway}) {
    EXPECT_EQ(CheckFrameHeader(Header(type, 0, 0), 100), nullptr);
    EXPECT_NE(CheckFrameHeader(Header(type, 0, 1), 100), nullptr);
  }
  // Credit is the connection's or a call's; a status without a call refuses a handshake.
  for (const FrameType type : {FrameType::kCredit, FrameType::kStatus}) {
    EXPECT_EQ(CheckFrameHeader(Header(type, 0, 0), 100), nullptr);
    EXPECT_EQ(CheckFrameHeader(Header(type, 0, 1), 100), nullptr);
  }
}

TEST(Frame, FlagsAndBodiesThatATypeLacksAreRefused) {
  EXPECT_NE(CheckFrameHeader(Header(FrameType::kHello, kFlagEnd, 0), 100), nullptr);
  EXPECT_NE(CheckFrameHeader(Header(FrameType::kMessage, kFlagNamed, 1), 100), nullptr);
  EXPECT_NE(CheckFrameHeader(Header(FrameType::kStatus, kFlagNamed, 1), 100), nullptr);
  EXPECT_NE(CheckFrameHeader(Header(FrameType::kMessage, kFlagCompressed, 1), 100), nullptr);
  for (const FrameType type : {FrameType::kHalfClose, FrameType::kCancel, FrameType::kPing}) {
    const uint32_t id = type == FrameType::kPing ? 0 : 1;
    EXPECT_NE(CheckFrameHeader(Header(type, 0, id, 1), 100), nullptr);
  }
}

TEST(Frame, ABodyIsTakenApart) {
  std::string body;
  AppendSection(&body, "initial");
  AppendSection(&body, "");
  AppendSection(&body, "text");
  AppendSection(&body, "details");
  body += "message";
  const FrameHeader header =
      Header(FrameType::kStatus, kFlagMetadata | kFlagTrailing | kFlagText | kFlagMessage, 1);
  FrameBody parts;
  const char* error = nullptr;
  ASSERT_TRUE(ParseFrameBody(header, body, &parts, &error)) << error;
  EXPECT_EQ(parts.metadata, "initial");
  EXPECT_EQ(parts.trailing, "");
  EXPECT_EQ(parts.text, "text");
  EXPECT_EQ(parts.details, "details");
  EXPECT_EQ(parts.message, "message");
}

TEST(Frame, ACutBodyIsRefused) {
  std::string body;
  AppendSection(&body, "initial");
  AppendSection(&body, "trailing");
  AppendSection(&body, "text");
  AppendSection(&body, "details");
  const FrameHeader header =
      Header(FrameType::kStatus, kFlagMetadata | kFlagTrailing | kFlagText, 1);
  for (size_t size = 0; size < body.size(); ++size) {
    const std::string cut = body.substr(0, size);  // of its own, so that a sanitizer sees its end
    FrameBody parts;
    const char* error = nullptr;
    EXPECT_FALSE(ParseFrameBody(header, cut, &parts, &error)) << size;
    EXPECT_NE(error, nullptr);
  }
  FrameBody parts;
  const char* error = nullptr;
  EXPECT_FALSE(ParseFrameBody(header, body + "x", &parts, &error)) << "something is left over";
}

TEST(Frame, ASectionThatClaimsTheWholeAddressSpaceIsRefused) {
  FrameBody parts;
  const char* error = nullptr;
  EXPECT_FALSE(ParseFrameBody(Header(FrameType::kMetadata, kFlagMetadata, 1),
                              std::string(4, '\xff') + "x", &parts, &error));
  EXPECT_NE(error, nullptr);
}

TEST(Frame, ACallIdHoldsSlotAndGeneration) {
  const uint32_t id = MakeCallId(0xFFFF, 1);
  EXPECT_EQ(CallSlot(id), 0xFFFF);
  EXPECT_NE(MakeCallId(3, 1), MakeCallId(3, 2));
  EXPECT_NE(MakeCallId(0, 1), 0u);
}

TEST(Frame, ATimeoutSurvivesTheWire) {
  EXPECT_EQ(EncodeTimeout(base::kNever), 0u);
  EXPECT_EQ(DecodeTimeout(0), base::kNever);
  for (const int64_t time : {int64_t{1}, base::kMicrosecond, base::kMicrosecond + 1, base::kSecond,
                             2147 * base::kSecond}) {
    const int64_t decoded = DecodeTimeout(EncodeTimeout(time));
    EXPECT_GE(decoded, time);
    EXPECT_LT(decoded, time + base::kMicrosecond);
  }
  // Beyond half an hour a millisecond is exact enough.
  for (const int64_t time : {2148 * base::kSecond, 86400 * base::kSecond}) {
    EXPECT_NEAR(static_cast<double>(DecodeTimeout(EncodeTimeout(time))), static_cast<double>(time),
                static_cast<double>(base::kMillisecond));
  }
}

TEST(Frame, ATimeThatIsOverIsNotNoDeadline) {
  EXPECT_LE(DecodeTimeout(EncodeTimeout(0)), base::kMicrosecond);
  EXPECT_LE(DecodeTimeout(EncodeTimeout(-base::kSecond)), base::kMicrosecond);
}

TEST(Frame, ATimeBeyondTheFieldIsNoDeadline) {
  EXPECT_EQ(EncodeTimeout(100 * 86400 * base::kSecond), 0u);
}

}  // namespace
}  // namespace polycall::call
