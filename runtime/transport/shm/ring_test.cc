#include "transport/shm/ring.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace polycall::transport::shm {
namespace {

constexpr size_t kSize = 4096;

// A ring in memory that ends where it ends: what lies beyond is the sanitizer's.
class Ring {
 public:
  Ring() { memset(memory_.get(), 0, kSize); }
  size_t Write(std::string_view bytes) { return writer.WriteOne(bytes.data(), bytes.size()); }
  std::string Read(size_t size = kSize) {
    std::string bytes(size, '\0');
    bytes.resize(reader.Read(bytes.data(), size));
    return bytes;
  }
  uint8_t* memory() { return memory_.get(); }

 private:
  struct Free {
    void operator()(uint8_t* memory) const { free(memory); }
  };
  std::unique_ptr<uint8_t, Free> memory_{static_cast<uint8_t*>(aligned_alloc(kLine, kSize))};

 public:
  std::atomic<uint64_t> consumed{0};
  RingWriter writer{memory_.get(), kSize, &consumed};
  RingReader reader{memory_.get(), kSize, &consumed};
};

TEST(Ring, BytesComeOutAsTheyWentIn) {
  Ring ring;
  EXPECT_EQ(ring.Read(), "");
  EXPECT_FALSE(ring.reader.HasBytes());
  EXPECT_EQ(ring.Write("hello"), 5u);
  EXPECT_TRUE(ring.reader.HasBytes());
  EXPECT_EQ(ring.Read(), "hello");
  EXPECT_EQ(ring.Read(), "");
}

TEST(Ring, PiecesAreGatheredAndEmptyOnesAreNone) {
  Ring ring;
  char a[] = "ab", b[] = "cde";
  const iovec pieces[] = {{nullptr, 0}, {a, 2}, {nullptr, 0}, {b, 3}, {nullptr, 0}};
  EXPECT_EQ(ring.writer.Write(pieces, 5), 5u);
  EXPECT_EQ(ring.Read(), "abcde");
  EXPECT_EQ(ring.writer.Write(pieces, 5, 3), 2u);
  EXPECT_EQ(ring.Read(), "de");
}

TEST(Ring, ARecordMayBeReadInParts) {
  Ring ring;
  ring.Write("hello, reader");
  EXPECT_EQ(ring.Read(5), "hello");
  EXPECT_TRUE(ring.reader.HasBytes());
  EXPECT_EQ(ring.Read(), ", reader");
  EXPECT_FALSE(ring.reader.HasBytes());
}

// Bytes as of a frame: their first word counts what is behind the header.
std::string FrameOf(size_t body_size) {
  std::string frame(kUncounted + body_size, 'f');
  const auto counted = static_cast<uint32_t>(body_size);
  memcpy(frame.data(), &counted, sizeof(counted));
  return frame;
}

TEST(Ring, AFrameOfACallOf32BytesTakesOneLine) {
  for (const size_t body : {47u, 48u, 49u}) {
    Ring ring;
    const std::string frame = FrameOf(body);
    EXPECT_EQ(ring.Write(frame), frame.size());
    EXPECT_EQ(ring.Read(), frame);
    ring.reader.Publish();
    EXPECT_EQ(ring.consumed.load(), body <= 48 ? kLine : 2 * kLine);
  }
}

TEST(Ring, RecordsLieInTheRingAsTheProtocolsDescriptionSays) {
  Ring ring;
  ring.Write("hi");
  const uint8_t bytes[] = {2, 0, 0, 0, 'h', 'i'};
  EXPECT_EQ(memcmp(ring.memory(), bytes, sizeof(bytes)), 0);
  const uint8_t half_close[] = {0, 0, 0, 0, 5, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0};
  ring.Write({reinterpret_cast<const char*>(half_close), sizeof(half_close)});
  const uint8_t stored[] = {12, 0, 0, 0x80, 5, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0};
  EXPECT_EQ(memcmp(ring.memory() + kLine, stored, sizeof(stored)), 0);
}

TEST(Ring, AFrameMayBeReadByteByByte) {
  Ring ring;
  const std::string frame = FrameOf(100);
  ring.Write(frame);
  std::string got;
  for (size_t i = 0; i < frame.size(); ++i) {
    EXPECT_TRUE(ring.reader.HasBytes());
    got += ring.Read(1);
  }
  EXPECT_EQ(got, frame);
  EXPECT_FALSE(ring.reader.HasBytes());
}

TEST(Ring, PreparedRecordsOfOtherSizesAreReadAsAnyOther) {
  Ring ring;
  for (int lap = 0; lap < 200; ++lap) {
    for (const size_t body : {10u, 10u, 10u, 200u, 10u, 80u, 80u, 10u, 200u}) {
      const std::string frame = FrameOf(body);
      ASSERT_EQ(ring.Write(frame), frame.size());
      ring.writer.Prepare();
      ASSERT_EQ(ring.Read(), frame);
      ASSERT_EQ(ring.Read(), "");
      ring.reader.Publish();
    }
  }
}

TEST(Ring, PreparingNeverTouchesWhatWasNotRead) {
  Ring ring;
  std::string in, out;
  for (int lap = 0; lap < 50; ++lap) {
    for (uint32_t i = 0;; ++i) {
      std::string frame = FrameOf(i * 7 % 90);
      if (frame.size() > kUncounted) frame.back() = static_cast<char>(i);
      const size_t written = ring.Write(frame);
      ring.writer.Prepare();
      in += frame.substr(0, written);
      if (written < frame.size()) break;
    }
    for (std::string part; !(part = ring.Read(64)).empty();) out += part;
    ASSERT_EQ(in, out);
    ring.reader.Publish();
  }
}

TEST(Ring, AFullRingTakesNoMoreUntilTheReaderTellsThatItRead) {
  Ring ring;
  const std::string many(2 * kSize, 'x');
  const size_t written = ring.Write(many);
  EXPECT_GT(written, kSize / 2);
  EXPECT_LT(written, kSize);
  EXPECT_EQ(ring.Write(many), 0u);
  EXPECT_EQ(ring.Read().size(), written);
  EXPECT_EQ(ring.Write(many), 0u) << "the writer must not guess";
  EXPECT_TRUE(ring.reader.Publish());
  EXPECT_GT(ring.Write(many), 0u);
}

TEST(Ring, ARandomStreamStaysWholeOverManyLaps) {
  Ring ring;
  std::mt19937 random(1);
  uint32_t next_in = 0, next_out = 0;
  std::string in;
  for (int i = 0; i < 20000; ++i) {
    in.resize(random() % 1500);
    for (char& c : in) c = static_cast<char>(next_in++ * 31);
    const size_t written = ring.Write(in);
    next_in -= static_cast<uint32_t>(in.size() - written);
    for (const char c : ring.Read(random() % 2000)) {
      ASSERT_EQ(c, static_cast<char>(next_out++ * 31));
    }
    if (random() % 3 == 0) ring.reader.Publish();
  }
  EXPECT_GT(next_out, 20 * kSize);
  EXPECT_FALSE(ring.writer.broken());
  EXPECT_FALSE(ring.reader.broken());
}

TEST(Ring, TwoThreadsPassEveryByteInOrder) {
  Ring ring;
  constexpr uint32_t kBytes = 3'000'000;
  std::thread writer([&] {
    uint32_t next = 0;
    std::string in;
    while (next < kBytes) {
      in.resize(1 + next % 700);
      for (size_t i = 0; i < in.size(); ++i) in[i] = static_cast<char>((next + i) * 31);
      next += static_cast<uint32_t>(ring.Write(in));
      ring.writer.Prepare();
    }
  });
  uint32_t next = 0;
  bool in_order = true;
  while (next < kBytes) {
    const std::string out = ring.Read(1000);
    for (const char c : out) in_order = in_order && c == static_cast<char>(next++ * 31);
    if (out.empty()) std::this_thread::yield();
    ring.reader.Publish();
  }
  writer.join();
  EXPECT_TRUE(in_order);
}

TEST(Ring, ASizeThatCannotBeBreaksTheReader) {
  for (const uint32_t size : {uint32_t{kSize}, uint32_t{kSize - kWord + 1}, UINT32_MAX}) {
    Ring ring;
    WordAt(ring.memory(), kSize, 0).store(size);
    EXPECT_EQ(ring.Read(), "");
    EXPECT_TRUE(ring.reader.broken());
  }
  for (const uint32_t size : {0u, 1u, 11u, uint32_t{kSize}}) {  // frames shorter than a header
    Ring ring;
    WordAt(ring.memory(), kSize, 0).store(size | kFrameFlag);
    EXPECT_EQ(ring.Read(), "");
    EXPECT_TRUE(ring.reader.broken());
  }
  Ring ring;
  ring.Write(std::string(kSize / 2, 'x'));
  ring.Read();
  WordAt(ring.memory(), kSize, kSize / 2 + kLine).store(kSize / 2);  // beyond the end
  EXPECT_EQ(ring.Read(), "");
  EXPECT_TRUE(ring.reader.broken());
}

TEST(Ring, APositionThatCannotBeBreaksTheWriter) {
  for (const uint64_t told : {uint64_t{kSize}, uint64_t{1}, UINT64_MAX, uint64_t{1} << 63}) {
    Ring ring;
    ring.consumed.store(told);
    while (ring.Write(std::string(500, 'x')) > 0) {
    }
    EXPECT_TRUE(ring.writer.broken());
  }
  Ring ring;  // one that goes back
  for (int i = 0; i < 3; ++i) {
    ring.Write(std::string(kSize / 2, 'x'));
    ring.Read();
    ring.reader.Publish();
  }
  ring.Write(std::string(kSize / 2, 'x'));
  ring.consumed.store(0);
  while (ring.Write(std::string(500, 'x')) > 0) {
  }
  EXPECT_TRUE(ring.writer.broken());
}

// A peer that writes anything anywhere at any time: neither end leaves the ring (a sanitizer looks),
// and both stop.
TEST(Ring, ScribblingMakesNeitherEndLeaveTheRing) {
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    Ring ring;
    for (int i = 0; i < 50; ++i) {
      switch (random() % 5) {
        case 0:
          ring.Write(std::string(random() % 3000, 'x'));
          ring.writer.Prepare();
          break;
        case 4:
          ring.Write(FrameOf(random() % 3000));
          break;
        case 1:
          ring.Read(random() % 3000);
          break;
        case 2:
          ring.consumed.store(random() % 2 == 0 ? random() % (4 * kSize) : random());
          break;
        default:
          WordAt(ring.memory(), kSize, random() % kSize & ~(kLine - 1))
              .store(static_cast<uint32_t>(random() % (2 * kSize)) |
                     (random() % 2 == 0 ? kFrameFlag : 0));
      }
    }
  }
}

}  // namespace
}  // namespace polycall::transport::shm
