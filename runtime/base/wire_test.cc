#include "base/wire.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace polycall::base {
namespace {

using std::string_literals::operator""s;

std::string ErrorOf(std::string_view bytes) {
  WireReader reader(bytes);
  while (reader.Next()) {
  }
  return reader.ok() ? "" : reader.error();
}

TEST(Wire, WhatIsWrittenIsReadBack) {
  std::string bytes;
  WireWriter writer(&bytes);
  writer.AddVarint(1, 300);
  writer.AddFixed64(2, 0x0123456789abcdefu);
  writer.AddBytes(3, "hello");
  writer.AddVarint(536870911, UINT64_MAX);

  WireReader reader(bytes);
  ASSERT_TRUE(reader.Next());
  EXPECT_TRUE(reader.Is(1, WireType::kVarint));
  EXPECT_EQ(reader.number(), 300u);
  ASSERT_TRUE(reader.Next());
  EXPECT_TRUE(reader.Is(2, WireType::kFixed64));
  EXPECT_EQ(reader.number(), 0x0123456789abcdefu);
  ASSERT_TRUE(reader.Next());
  EXPECT_TRUE(reader.Is(3, WireType::kBytes));
  EXPECT_EQ(reader.bytes(), "hello");
  ASSERT_TRUE(reader.Next());
  EXPECT_TRUE(reader.Is(536870911, WireType::kVarint));
  EXPECT_EQ(reader.number(), UINT64_MAX);
  EXPECT_FALSE(reader.Next());
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(reader.position(), bytes.size());
}

TEST(Wire, TheBytesAreProtobufs) {
  std::string bytes;
  WireWriter writer(&bytes);
  writer.AddVarint(1, 150);
  writer.AddBytes(2, "testing");
  EXPECT_EQ(bytes, "\x08\x96\x01\x12\x07testing"s);
}

TEST(Wire, AnEmptyMessageHasNoFields) {
  WireReader reader("");
  EXPECT_FALSE(reader.Next());
  EXPECT_TRUE(reader.ok());
}

TEST(Wire, GroupsAreSkippedWhole) {
  // Group 1 holds group 2, a varint, a string and a fixed32; then comes field 3.
  const std::string bytes = "\x0b\x13\x08\x01\x14\x12\x02hi\x25\x01\x02\x03\x04\x0c\x18\x07"s;
  WireReader reader(bytes);
  ASSERT_TRUE(reader.Next());
  EXPECT_TRUE(reader.Is(3, WireType::kVarint));
  EXPECT_EQ(reader.number(), 7u);
  EXPECT_FALSE(reader.Next());
  EXPECT_TRUE(reader.ok());
}

TEST(Wire, MalformedBytesAreRefusedWithTheReason) {
  EXPECT_EQ(ErrorOf("\x08"s), "a varint is cut off");
  EXPECT_EQ(ErrorOf("\x08\x80"s), "a varint is cut off");
  EXPECT_EQ(ErrorOf("\x08" + std::string(9, '\x80') + "\x02"), "a varint is longer than 64 bits");
  EXPECT_EQ(ErrorOf("\x08" + std::string(10, '\x80') + "\x01"), "a varint is longer than 64 bits");
  EXPECT_EQ(ErrorOf("\x11\x01\x02"s), "a fixed-size value is cut off");
  EXPECT_EQ(ErrorOf("\x15\x01\x02\x03"s), "a fixed-size value is cut off");
  EXPECT_EQ(ErrorOf("\x12\x05tiny"s), "a length runs past the end");
  EXPECT_EQ(ErrorOf("\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s), "a length runs past the end");
  EXPECT_EQ(ErrorOf("\x00\x01"s), "a field number is out of range");
  EXPECT_EQ(ErrorOf("\x88\x80\x80\x80\x10\x01"s), "a field number is out of range");
  EXPECT_EQ(ErrorOf("\x0e"s), "a wire type is unknown");
  EXPECT_EQ(ErrorOf("\x0c"s), "a group ends that was not begun");
  EXPECT_EQ(ErrorOf("\x0b\x14"s), "a group ends that was not begun");
  EXPECT_EQ(ErrorOf("\x0b\x08\x01"s), "a group is cut off");
  EXPECT_EQ(ErrorOf(std::string(100000, '\x0b')), "groups are nested too deep");
}

TEST(Wire, AfterAnErrorNothingMoreComesAndThePlaceIsKnown) {
  WireReader reader("\x08\x01\x12\x05tiny");
  EXPECT_TRUE(reader.Next());
  EXPECT_FALSE(reader.Next());
  EXPECT_FALSE(reader.Next());
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.position(), 2u);
}

TEST(Wire, EveryCutOfAMessageEndsWithoutReadingPastIt) {
  std::string bytes;
  WireWriter writer(&bytes);
  writer.AddVarint(1, UINT64_MAX);
  writer.AddFixed64(2, 1);
  writer.AddBytes(3, "0123456789");
  bytes += "\x0b\x08\x01\x0c";
  for (size_t size = 0; size <= bytes.size(); ++size) {
    // An exact copy on the heap, so that a sanitizer sees a read past it.
    const std::vector<char> cut(bytes.begin(), bytes.begin() + static_cast<long>(size));
    WireReader reader({cut.data(), cut.size()});
    while (reader.Next()) {
    }
    EXPECT_LE(reader.position(), size);
  }
}

TEST(Wire, RandomBytesNeverRunAway) {
  std::mt19937 random(1);
  for (int round = 0; round < 20000; ++round) {
    std::vector<char> bytes(random() % 40);
    for (char& byte : bytes) byte = static_cast<char>(random());
    WireReader reader({bytes.data(), bytes.size()});
    size_t fields = 0;
    while (reader.Next()) ++fields;
    ASSERT_LE(fields, bytes.size());
  }
}

TEST(Utf8, WellFormedTextIsAccepted) {
  EXPECT_TRUE(IsUtf8(""));
  EXPECT_TRUE(IsUtf8("plain"));
  EXPECT_TRUE(IsUtf8("\0"s));
  EXPECT_TRUE(IsUtf8("h\u00e9 \u20ac \U0001f600 \U0010ffff \ud7ff \ue000"));
}

TEST(Utf8, IllFormedTextIsRefused) {
  for (const std::string& bad :
       {"\x80"s, "\xc3"s, "\xc3("s, "\xe2\x82"s, "\xf0\x9f\x98"s,  // stray or cut off
        "\xc0\x80"s, "\xe0\x80\x80"s, "\xf0\x80\x80\x80"s,         // overlong
        "\xed\xa0\x80"s, "\xed\xbf\xbf"s,                          // surrogates
        "\xf4\x90\x80\x80"s, "\xff"s, "ok\xfe"s}) {
    EXPECT_FALSE(IsUtf8(bad)) << testing::PrintToString(bad);
  }
}

}  // namespace
}  // namespace polycall::base
