#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "base/clock.h"
#include "call/frame.h"
#include "vector_file.h"

namespace polycall::call {
namespace {

using protocol_test::Exact;
using protocol_test::ReadVectors;
using protocol_test::ToHex;
using protocol_test::Vector;

uint8_t TypeOf(const Vector& vector) {
  static const std::map<std::string, FrameType> kTypes = {{"HELLO", FrameType::kHello},
                                                          {"ACCEPT", FrameType::kAccept},
                                                          {"CALL", FrameType::kCall},
                                                          {"MESSAGE", FrameType::kMessage},
                                                          {"HALF_CLOSE", FrameType::kHalfClose},
                                                          {"STATUS", FrameType::kStatus},
                                                          {"CANCEL", FrameType::kCancel},
                                                          {"CREDIT", FrameType::kCredit},
                                                          {"PING", FrameType::kPing},
                                                          {"GO_AWAY", FrameType::kGoAway},
                                                          {"METADATA", FrameType::kMetadata}};
  const auto known = kTypes.find(vector.Text("type"));
  if (known != kTypes.end()) return static_cast<uint8_t>(known->second);
  return static_cast<uint8_t>(vector.Number("type"));
}

uint8_t FlagsOf(const Vector& vector) {
  static const std::map<std::string, FrameFlags> kFlags = {
      {"END", kFlagEnd},     {"METADATA", kFlagMetadata},    {"MESSAGE", kFlagMessage},
      {"NAMED", kFlagNamed}, {"TRAILING", kFlagTrailing},    {"NOT_STARTED", kFlagNotStarted},
      {"TEXT", kFlagText},   {"COMPRESSED", kFlagCompressed}};
  std::istringstream words(vector.Text("flags"));
  uint8_t flags = 0;
  for (std::string word; words >> word;) flags |= kFlags.at(word);
  return flags;
}

constexpr uint64_t kMaxBody = 16 << 20;

bool HasSections(FrameType type) {
  return type == FrameType::kCall || type == FrameType::kStatus || type == FrameType::kMetadata ||
         type == FrameType::kGoAway;
}

FrameHeader HeaderOf(const Vector& vector) {
  FrameHeader header;
  header.type = static_cast<FrameType>(TypeOf(vector));
  header.flags = FlagsOf(vector);
  header.method = static_cast<uint16_t>(vector.Number("method"));
  header.call_id = static_cast<uint32_t>(vector.Number("call_id"));
  header.argument = static_cast<uint32_t>(vector.Number("argument"));
  return header;
}

TEST(FrameVectors, WellFormedFramesSayWhatTheVectorsSay) {
  int seen = 0;
  for (const Vector& vector : ReadVectors("frames.txt")) {
    if (vector.Has("error")) continue;
    SCOPED_TRACE(vector.name());
    ++seen;
    const Exact bytes(*vector.Bytes("bytes"));
    ASSERT_GE(bytes.view().size(), kFrameHeaderSize);
    const FrameHeader header =
        ReadFrameHeader(reinterpret_cast<const uint8_t*>(bytes.view().data()));
    const Exact body(bytes.view().substr(kFrameHeaderSize));
    const FrameHeader expected = HeaderOf(vector);
    EXPECT_EQ(header.body_size, body.view().size());
    EXPECT_EQ(header.type, expected.type);
    EXPECT_EQ(header.flags, expected.flags);
    EXPECT_EQ(header.method, expected.method);
    EXPECT_EQ(header.call_id, expected.call_id);
    EXPECT_EQ(header.argument, expected.argument);
    EXPECT_EQ(CheckFrameHeader(header, kMaxBody), nullptr);

    if (vector.Has("body")) {
      EXPECT_EQ(ToHex(body.view()), ToHex(*vector.Bytes("body")));
    }
    if (HasSections(header.type)) {
      FrameBody parts;
      const char* error = nullptr;
      ASSERT_TRUE(ParseFrameBody(header, body.view(), &parts, &error)) << error;
      EXPECT_EQ(ToHex(parts.metadata), ToHex(vector.Bytes("metadata").value_or("")));
      EXPECT_EQ(parts.path, vector.Text("path"));
      EXPECT_EQ(ToHex(parts.trailing), ToHex(vector.Bytes("trailing").value_or("")));
      EXPECT_EQ(parts.text, vector.Text("text"));
      EXPECT_EQ(ToHex(parts.details), ToHex(vector.Bytes("details").value_or("")));
      EXPECT_EQ(ToHex(parts.message), ToHex(vector.Bytes("message").value_or("")));
      EXPECT_EQ((header.flags & kFlagMessage) != 0, vector.Has("message"));
    }
    if (vector.Has("time_left_ns")) {
      const bool none = vector.Text("time_left_ns") == "none";
      const int64_t expected_ns =
          none ? base::kNever : static_cast<int64_t>(vector.Number("time_left_ns"));
      EXPECT_EQ(DecodeTimeout(header.argument), expected_ns);
      EXPECT_EQ(EncodeTimeout(expected_ns), header.argument);
    }
  }
  EXPECT_GE(seen, 30);
}

TEST(FrameVectors, WhatTheCodecWritesIsWhatTheVectorsShow) {
  for (const Vector& vector : ReadVectors("frames.txt")) {
    if (vector.Has("error")) continue;
    SCOPED_TRACE(vector.name());
    std::string body = vector.Bytes("body").value_or("");
    if (const auto metadata = vector.Bytes("metadata")) AppendSection(&body, *metadata);
    if (vector.Has("path")) {
      const std::string path = vector.Text("path");
      body += static_cast<char>(path.size() & 0xff);
      body += static_cast<char>(path.size() >> 8);
      body += path;
    }
    if (const auto trailing = vector.Bytes("trailing")) AppendSection(&body, *trailing);
    if (vector.Has("text")) {
      AppendSection(&body, vector.Text("text"));
      AppendSection(&body, vector.Bytes("details").value_or(""));
    }
    body += vector.Bytes("message").value_or("");
    FrameHeader header = HeaderOf(vector);
    header.body_size = static_cast<uint32_t>(body.size());
    uint8_t out[kFrameHeaderSize];
    WriteFrameHeader(header, out);
    const std::string bytes = std::string(reinterpret_cast<char*>(out), sizeof(out)) + body;
    EXPECT_EQ(ToHex(bytes), ToHex(*vector.Bytes("bytes")));
  }
}

TEST(FrameVectors, MalformedFramesAreRefusedWhereAndWhyTheVectorsSay) {
  int seen = 0;
  for (const Vector& vector : ReadVectors("frames.txt")) {
    if (!vector.Has("error")) continue;
    SCOPED_TRACE(vector.name());
    ++seen;
    const Exact bytes(*vector.Bytes("bytes"));
    ASSERT_GE(bytes.view().size(), kFrameHeaderSize);
    const FrameHeader header =
        ReadFrameHeader(reinterpret_cast<const uint8_t*>(bytes.view().data()));
    const char* error = CheckFrameHeader(header, vector.Number("max_body", kMaxBody));
    if (vector.Text("error") == "header") {
      ASSERT_NE(error, nullptr);
    } else {
      ASSERT_EQ(vector.Text("error"), "body");
      ASSERT_EQ(error, nullptr);
      const Exact body(bytes.view().substr(kFrameHeaderSize));
      ASSERT_EQ(header.body_size, body.view().size());
      FrameBody parts;
      ASSERT_FALSE(ParseFrameBody(header, body.view(), &parts, &error));
      ASSERT_NE(error, nullptr);
    }
    EXPECT_EQ(error, vector.Text("reason"));
  }
  EXPECT_GE(seen, 25);
}

TEST(FrameVectors, EveryCutOfABodyEndsWithoutReadingPastIt) {
  for (const Vector& vector : ReadVectors("frames.txt")) {
    if (vector.Has("error")) continue;
    const std::string bytes = *vector.Bytes("bytes");
    FrameHeader header = ReadFrameHeader(reinterpret_cast<const uint8_t*>(bytes.data()));
    for (size_t size = kFrameHeaderSize; size < bytes.size(); ++size) {
      const Exact body(std::string_view(bytes).substr(kFrameHeaderSize, size - kFrameHeaderSize));
      FrameBody parts;
      const char* error = nullptr;
      const bool fits = ParseFrameBody(header, body.view(), &parts, &error);
      EXPECT_TRUE(fits || error != nullptr) << vector.name() << ", cut to " << size;
    }
  }
}

}  // namespace
}  // namespace polycall::call
