#include "transport/stream/frame_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

#include "transport/stream/test_frames.h"

namespace polycall::transport {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A reader with what it has given so far.
class Reading {
 public:
  Reading() { reader.set_max_body(4u << 20); }

  // Feeds `bytes` as they would come from a socket, and takes the frames.
  void Feed(std::string_view bytes) {
    while (!bytes.empty()) {
      size_t size = 0;
      uint8_t* space = reader.Space(&size);
      ASSERT_NE(space, nullptr);
      ASSERT_GT(size, 0u);
      const size_t part = std::min(size, bytes.size());
      memcpy(space, bytes.data(), part);
      reader.Filled(part, size);
      bytes.remove_prefix(part);
      Take();
    }
  }
  void Take() {
    for (;;) {
      call::FrameHeader header;
      std::string_view body;
      base::Buffer* buffer = nullptr;
      const char* problem = nullptr;
      switch (reader.Next(&header, &body, &buffer, &problem)) {
        case FrameReader::Result::kMore:
          return;
        case FrameReader::Result::kError:
          error = problem;
          return;
        case FrameReader::Result::kFrame:
          EXPECT_GE(body.data(), reinterpret_cast<char*>(buffer->data()));
          frames.emplace_back(body);
          ids.push_back(header.call_id);
          if (retain) {
            base::RetainBuffer(buffer);
            retained.push_back({body, buffer});
          }
      }
    }
  }
  ~Reading() {
    for (const Retained& kept : retained) base::ReleaseBuffer(kept.buffer);
  }

  struct Retained {
    std::string_view body;
    base::Buffer* buffer;
  };
  FrameReader reader;
  bool retain = false;
  std::vector<Retained> retained;
  std::vector<std::string> frames;
  std::vector<uint32_t> ids;
  std::string error;
};

TEST(FrameReader, FramesAreWholeWhereverTheyAreSplit) {
  const std::string bytes =
      FrameBytes(1, "") + FrameBytes(2, "hello") + FrameBytes(3, Pattern(3, 60));
  for (size_t split = 0; split <= bytes.size(); ++split) {
    Reading reading;
    reading.Feed(std::string_view(bytes).substr(0, split));
    reading.Feed(std::string_view(bytes).substr(split));
    EXPECT_THAT(reading.frames, ElementsAre("", "hello", Pattern(3, 60))) << split;
    EXPECT_THAT(reading.ids, ElementsAre(1, 2, 3));
    EXPECT_FALSE(reading.reader.HasBytes());
  }
}

// Lends one frame, whatever the ticket says.
class Lending final : public ByteStream {
 public:
  explicit Lending(std::string_view frame) : frame_(frame) {
    buffer.Init(reinterpret_cast<uint8_t*>(frame_.data()), frame_.size(),
                [](base::ForeignBuffer*) {});
  }
  base::Buffer* Borrow(std::string_view, call::FrameHeader* header,
                       std::string_view* body) override {
    *header = call::ReadFrameHeader(buffer.data());
    *body = std::string_view(frame_).substr(call::kFrameHeaderSize);
    base::RetainBuffer(&buffer);
    return &buffer;
  }
  ssize_t Read(void*, size_t) override { return -1; }
  ssize_t Write(const iovec*, int) override { return -1; }
  void Shutdown() override {}
  int fd() const override { return -1; }

  base::ForeignBuffer buffer;

 private:
  std::string frame_;
};

TEST(FrameReader, ALentFrameIsGivenBackBeforeTheReaderIsDone) {
  Lending lender(FrameBytes(1, "hello"));
  FrameReader reader;
  reader.set_lender(&lender);
  std::string ticket = FrameBytes(0, "ticket");
  ticket[offsetof(call::FrameHeader, type)] = static_cast<char>(call::FrameType::kLent);
  size_t size = 0;
  memcpy(reader.Space(&size), ticket.data(), ticket.size());
  reader.Filled(ticket.size(), size);
  EXPECT_FALSE(reader.Done());
  call::FrameHeader header;
  std::string_view body;
  base::Buffer* buffer = nullptr;
  const char* error = nullptr;
  ASSERT_EQ(reader.Next(&header, &body, &buffer, &error), FrameReader::Result::kFrame);
  EXPECT_EQ(body, "hello");
  EXPECT_FALSE(reader.HasBytes());
  EXPECT_FALSE(reader.Done());
  EXPECT_FALSE(base::IsSoleOwner(&lender.buffer));
  ASSERT_EQ(reader.Next(&header, &body, &buffer, &error), FrameReader::Result::kMore);
  EXPECT_TRUE(reader.Done());
  EXPECT_TRUE(base::IsSoleOwner(&lender.buffer));
}

TEST(FrameReader, FramesAreWholeThatComeByteByByteToAnIdleConnection) {
  const std::string bytes = FrameBytes(1, "hello") + FrameBytes(2, Pattern(2, 300));
  Reading reading;
  for (const char byte : bytes) {
    reading.Feed({&byte, 1});
    reading.reader.Park();
  }
  EXPECT_THAT(reading.frames, ElementsAre("hello", Pattern(2, 300)));
}

TEST(FrameReader, LargeFramesAreWholeAndSoIsWhatFollows) {
  Reading reading;
  std::string bytes = FrameBytes(1, "before");
  bytes += FrameBytes(2, Pattern(2, 1 << 20));
  bytes += FrameBytes(3, Pattern(3, 128 * 1024));  // a chunk's size, more with its header
  bytes += FrameBytes(4, Pattern(4, 128 * 1024 - call::kFrameHeaderSize));
  bytes += FrameBytes(5, "after");
  reading.Feed(bytes);
  ASSERT_EQ(reading.frames.size(), 5u) << reading.error;
  EXPECT_TRUE(reading.frames[1] == Pattern(2, 1 << 20));
  EXPECT_TRUE(reading.frames[2] == Pattern(3, 128 * 1024));
  EXPECT_TRUE(reading.frames[3] == Pattern(4, 128 * 1024 - call::kFrameHeaderSize));
  EXPECT_EQ(reading.frames[4], "after");
}

TEST(FrameReader, ALargeFrameAfterALargeOneIsReadWhereItStays) {
  Reading reading;
  reading.retain = true;
  const std::string large = FrameBytes(1, Pattern(1, 1 << 20));
  reading.Feed(large);
  reading.reader.Park();
  size_t size = 0;
  uint8_t* space = reading.reader.Space(&size);
  ASSERT_GT(size, large.size()) << "it does not fit into one read";
  memcpy(space, large.data(), large.size());
  reading.reader.Filled(large.size(), size);
  EXPECT_TRUE(reading.reader.drained()) << "a read that took all looks as if it had left something";
  reading.Take();
  ASSERT_EQ(reading.retained.size(), 2u);
  EXPECT_EQ(static_cast<const void*>(reading.retained[1].body.data()),
            space + call::kFrameHeaderSize);
  EXPECT_TRUE(reading.frames[1] == Pattern(1, 1 << 20));
  // Small ones again: no large buffer is taken for them.
  reading.retain = false;
  reading.Feed(FrameBytes(3, "small"));
  reading.reader.Park();
  reading.reader.Space(&size);
  EXPECT_LT(size, size_t{256} << 10);
}

TEST(FrameReader, WhatIsRetainedSurvivesWhatIsReadLater) {
  Reading reading;
  reading.retain = true;
  for (uint32_t i = 0; i < 200; ++i) {
    reading.Feed(FrameBytes(i + 1, Pattern(i, (i * 977) % 20'000)));
    if (i % 7 == 0) reading.reader.Park();
  }
  ASSERT_EQ(reading.retained.size(), 200u);
  for (uint32_t i = 0; i < 200; ++i) {
    EXPECT_TRUE(reading.retained[i].body == Pattern(i, (i * 977) % 20'000)) << i;
  }
}

TEST(FrameReader, AFrameThatClaimsTooMuchIsRefusedAtItsHeader) {
  Reading reading;
  reading.reader.set_max_body(1000);
  reading.Feed(FrameBytes(1, Pattern(1, 1000)));
  EXPECT_EQ(reading.frames.size(), 1u);
  reading.Feed(FrameBytes(2, Pattern(2, 1001)).substr(0, call::kFrameHeaderSize));
  EXPECT_THAT(reading.error, HasSubstr("max_message_size"));
}

TEST(FrameReader, ThePrefaceIsTakenBeforeTheFrames) {
  Reading reading;
  const uint8_t* preface = nullptr;
  EXPECT_FALSE(reading.reader.TakeBytes(call::kPrefaceSize, &preface));
  const std::string bytes = call::kPreface + FrameBytes(1, "first");
  size_t size = 0;
  memcpy(reading.reader.Space(&size), bytes.data(), bytes.size());
  reading.reader.Filled(bytes.size(), size);
  EXPECT_TRUE(reading.reader.drained());
  ASSERT_TRUE(reading.reader.TakeBytes(call::kPrefaceSize, &preface));
  EXPECT_EQ(memcmp(preface, call::kPreface, call::kPrefaceSize), 0);
  reading.Take();
  EXPECT_THAT(reading.frames, ElementsAre("first"));
}

TEST(FrameReader, AFullReadMayHaveLeftMoreBehind) {
  FrameReader reader;
  size_t size = 0;
  memset(reader.Space(&size), 0, 1);
  reader.Filled(size, size);
  EXPECT_FALSE(reader.drained());
}

}  // namespace
}  // namespace polycall::transport
