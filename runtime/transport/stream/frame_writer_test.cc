#include "transport/stream/frame_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "transport/stream/frame_reader.h"
#include "transport/stream/test_frames.h"

namespace polycall::transport {
namespace {

using testing::IsEmpty;
using Result = FrameWriter::Result;

struct Frame {
  uint32_t call_id;
  uint32_t argument;
  std::string body;
};

// A writer at one end of a socket pair, a reader at the other.
class Pipe {
 public:
  Pipe() {
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds_), 0);
    const int small = 16 * 1024;
    setsockopt(fds_[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
    stream_ = std::make_unique<SocketStream>(fds_[0], false);
    writer.set_stream(stream_.get());
    reader_.set_max_body(64u << 20);
  }
  ~Pipe() { CloseReader(); }
  void CloseReader() {
    if (fds_[1] >= 0) close(fds_[1]);
    fds_[1] = -1;
  }

  Result Write(uint32_t call_id, uint32_t argument, std::string_view body, bool later = false) {
    polycall_message message = call::ViewMessage(body, nullptr);
    call::Encoded encoded;
    EXPECT_TRUE(encoded.Encode(&message).ok());
    return writer.Write(MessageHeader(call_id, argument), {}, &encoded, later);
  }

  // What has arrived and was not taken yet.
  std::vector<Frame> Arrived() {
    std::vector<Frame> frames;
    for (;;) {
      size_t size = 0;
      uint8_t* space = reader_.Space(&size);
      const ssize_t got = recv(fds_[1], space, size, MSG_DONTWAIT);
      if (got <= 0) return frames;
      reader_.Filled(static_cast<size_t>(got), size);
      call::FrameHeader header;
      std::string_view body;
      base::Buffer* buffer;
      const char* error;
      ReadResult result;
      while ((result = reader_.Next(&header, &body, &buffer, &error)) == ReadResult::kFrame) {
        frames.push_back({header.call_id, header.argument, std::string(body)});
      }
      EXPECT_EQ(result, ReadResult::kMore) << error;
    }
  }

  // Takes `count` frames, and does what a reactor does for a writer that is blocked.
  std::vector<Frame> Take(size_t count) {
    std::vector<Frame> frames;
    const int64_t hang = base::DeadlineAfter(60 * base::kSecond);
    while (frames.size() < count && base::NowNs() < hang) {
      std::vector<Frame> more = Arrived();
      if (more.empty()) {
        writer.Flush();
        pollfd readable = {fds_[1], POLLIN, 0};
        poll(&readable, 1, 1);
      }
      std::move(more.begin(), more.end(), std::back_inserter(frames));
    }
    return frames;
  }

  ByteStream* stream() { return stream_.get(); }

  FrameWriter writer;

 private:
  using ReadResult = FrameReader::Result;
  int fds_[2];
  std::unique_ptr<SocketStream> stream_;  // owns fds_[0]
  FrameReader reader_;
};

TEST(FrameWriter, AFrameIsHeaderSectionsAndMessage) {
  Pipe pipe;
  polycall_message message = call::ViewMessage("message", nullptr);
  call::Encoded encoded;
  ASSERT_TRUE(encoded.Encode(&message).ok());
  EXPECT_EQ(pipe.writer.Write(MessageHeader(7, 9), "sections ", &encoded, false), Result::kOk);
  EXPECT_EQ(pipe.writer.Write(MessageHeader(8), {}, nullptr, false), Result::kOk);
  const std::vector<Frame> frames = pipe.Arrived();
  ASSERT_EQ(frames.size(), 2u);
  EXPECT_EQ(frames[0].call_id, 7u);
  EXPECT_EQ(frames[0].argument, 9u);
  EXPECT_EQ(frames[0].body, "sections message");
  EXPECT_EQ(frames[1].body, "");
}

TEST(FrameWriter, WhatMayComeLaterLeavesTogetherAndInOrder) {
  Pipe pipe;
  EXPECT_EQ(pipe.Write(1, 0, "a", true), Result::kOk);
  EXPECT_EQ(pipe.Write(2, 0, "b", true), Result::kOk);
  EXPECT_THAT(pipe.Arrived(), IsEmpty());
  EXPECT_GT(pipe.writer.queued_bytes(), 0u);
  EXPECT_EQ(pipe.Write(3, 0, "c"), Result::kOk);
  EXPECT_EQ(pipe.Arrived().size(), 3u);
  EXPECT_EQ(pipe.Write(4, 0, "d", true), Result::kOk);
  EXPECT_EQ(pipe.writer.Flush(), Result::kOk);
  const std::vector<Frame> last = pipe.Arrived();
  ASSERT_EQ(last.size(), 1u);
  EXPECT_EQ(last[0].body, "d");
  EXPECT_EQ(pipe.writer.queued_bytes(), 0u);
}

TEST(FrameWriter, WhatMayComeLaterDoesNotWaitForMoreThanTheBuffer) {
  Pipe pipe;
  for (int i = 0; i < 9; ++i) pipe.Write(1, 0, std::string(8 * 1024, 'x'), true);
  EXPECT_FALSE(pipe.Arrived().empty());
}

TEST(FrameWriter, WhatMayComeLaterLeavesAtTheStreamsOwnLimit) {
  // Gathers what it is given, and wants it in small batches.
  class Eager final : public ByteStream {
   public:
    ssize_t Read(void*, size_t) override { return 0; }
    ssize_t Write(const iovec* pieces, int count) override {
      size_t size = 0;
      for (int i = 0; i < count; ++i) size += pieces[i].iov_len;
      writes.push_back(size);
      return static_cast<ssize_t>(size);
    }
    size_t BatchLimit() const override { return 100; }
    void Shutdown() override {}
    int fd() const override { return -1; }
    std::vector<size_t> writes;
  } stream;
  FrameWriter writer;
  writer.set_stream(&stream);
  const call::FrameHeader frame = MessageHeader(1, 0);
  for (int i = 0; i < 14; ++i) EXPECT_EQ(writer.Write(frame, {}, nullptr, true), Result::kOk);
  EXPECT_EQ(stream.writes, (std::vector<size_t>{112, 112})) << "frames of 16 bytes, by seven";
}

TEST(FrameWriter, APeerThatDoesNotReadBlocksTheWriterWithoutLoss) {
  Pipe pipe;
  const std::string large = Pattern(1, 1 << 20);
  EXPECT_EQ(pipe.Write(1, 0, large), Result::kBlocked);
  EXPECT_TRUE(pipe.writer.blocked());
  EXPECT_GT(pipe.writer.queued_bytes(), 0u);
  EXPECT_EQ(pipe.Write(2, 0, "small"), Result::kBlocked);
  // A message that lies in a buffer is queued by reference.
  base::Buffer* buffer = base::NewBuffer(300'000);
  const std::string shared = Pattern(3, 300'000);
  memcpy(buffer->data(), shared.data(), shared.size());
  {
    polycall_message message =
        call::ViewMessage({reinterpret_cast<char*>(buffer->data()), shared.size()}, buffer);
    call::Encoded encoded;
    ASSERT_TRUE(encoded.Encode(&message).ok());
    EXPECT_EQ(pipe.writer.Write(MessageHeader(3), {}, &encoded, false), Result::kBlocked);
  }
  base::ReleaseBuffer(buffer);  // ours; the writer has its own

  const std::vector<Frame> frames = pipe.Take(3);
  ASSERT_EQ(frames.size(), 3u);
  EXPECT_TRUE(frames[0].body == large);
  EXPECT_EQ(frames[1].body, "small");
  EXPECT_TRUE(frames[2].body == shared);
  EXPECT_EQ(pipe.writer.Flush(), Result::kOk);
  EXPECT_EQ(pipe.writer.queued_bytes(), 0u);
}

TEST(FrameWriter, AnEncodedObjectMayBePartlySent) {
  static const std::string body = Pattern(5, 1 << 20);
  const polycall_message_type type = {sizeof(type),
                                      "test.Pattern",
                                      &body,
                                      [](const void*) { return body.size(); },
                                      [](const void*, void* out, size_t size) {
                                        memcpy(out, body.data(), size);
                                        return 0;
                                      },
                                      nullptr,
                                      nullptr,
                                      nullptr};
  Pipe pipe;
  {
    polycall_message message = POLYCALL_MESSAGE_INIT;
    message.type = &type;
    call::Encoded encoded;
    ASSERT_TRUE(encoded.Encode(&message).ok());
    EXPECT_EQ(pipe.writer.Write(MessageHeader(1), {}, &encoded, false), Result::kBlocked);
  }
  const std::vector<Frame> frames = pipe.Take(1);
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_TRUE(frames[0].body == body);
}

// An object of which nothing is copied but its first byte.
struct Sliced {
  std::string body = Pattern(6, 1 << 20);
  polycall_message_type type = {sizeof(type),
                                "test.Sliced",
                                nullptr,
                                [](const void* object) { return Body(object).size(); },
                                [](const void*, void*, size_t) { return 1; },
                                nullptr,
                                nullptr,
                                Slices};
  polycall_message message() {
    polycall_message message = POLYCALL_MESSAGE_INIT;
    message.type = &type;
    message.object = this;
    return message;
  }

 private:
  static const std::string& Body(const void* object) {
    return static_cast<const Sliced*>(object)->body;
  }
  static size_t Slices(const void* object, size_t, void* room, size_t, polycall_slice* slices,
                       size_t) {
    const std::string& body = Body(object);
    memcpy(room, body.data(), 1);
    slices[0] = {room, 1};
    slices[1] = {body.data() + 1, 100'000};
    slices[2] = {body.data() + 100'001, body.size() - 100'001};
    return 3;
  }
};

TEST(FrameWriter, SlicesLeaveAsOneFrameAndWhatIsLeftOfThemIsCopied) {
  const std::string body = Sliced().body;
  for (const bool behind : {false, true}) {  // behind another frame they wait from the start
    Pipe pipe;
    if (behind) pipe.Write(7, 0, "first", true);
    {
      Sliced sliced;
      const polycall_message message = sliced.message();
      call::Encoded encoded;
      ASSERT_TRUE(encoded.Encode(&message, pipe.stream()).ok());
      ASSERT_EQ(encoded.slices().size(), 3u);
      EXPECT_EQ(pipe.writer.Write(MessageHeader(1), "sections ", &encoded, false),
                Result::kBlocked);
      sliced.body.assign(sliced.body.size(), '-');
    }
    EXPECT_EQ(pipe.Write(2, 0, "last"), Result::kBlocked);
    std::vector<Frame> frames = pipe.Take(behind ? 3 : 2);
    if (behind) frames.erase(frames.begin());
    ASSERT_EQ(frames.size(), 2u);
    EXPECT_TRUE(frames[0].body == "sections " + body);
    EXPECT_EQ(frames[1].body, "last");
  }
}

TEST(FrameWriter, SlicesOfAHolderAreSentFromWhereTheyLieUntilHeWantsThemBack) {
  for (const bool early : {false, true}) {
    Pipe pipe;
    base::ForeignBuffer holder;
    holder.Init(nullptr, 0, [](base::ForeignBuffer*) {});
    Sliced sliced;
    const std::string body = sliced.body;
    {
      const polycall_message message = sliced.message();
      call::Encoded encoded;
      encoded.set_holder(&holder);
      ASSERT_TRUE(encoded.Encode(&message, pipe.stream()).ok());
      EXPECT_EQ(pipe.writer.Write(MessageHeader(1), {}, &encoded, false), Result::kBlocked);
    }
    EXPECT_FALSE(base::IsSoleOwner(&holder));
    std::vector<Frame> frames;
    if (early) {
      EXPECT_EQ(pipe.writer.LetGo(&holder), Result::kOk);
      EXPECT_TRUE(base::IsSoleOwner(&holder));
      sliced.body.assign(body.size(), '-');
    }
    frames = pipe.Take(1);
    ASSERT_EQ(frames.size(), 1u);
    EXPECT_TRUE(frames[0].body == body);
    EXPECT_TRUE(base::IsSoleOwner(&holder));
  }
}

TEST(FrameWriter, AHolderIsLetGoWhileOthersSendHisSlices) {
  Pipe pipe;
  for (uint32_t round = 1; round <= 50; ++round) {
    base::ForeignBuffer holder;
    holder.Init(nullptr, 0, [](base::ForeignBuffer*) {});
    auto sliced = std::make_unique<Sliced>();
    const std::string body = sliced->body;
    {
      const polycall_message message = sliced->message();
      call::Encoded encoded;
      encoded.set_holder(&holder);
      ASSERT_TRUE(encoded.Encode(&message, pipe.stream()).ok());
      pipe.writer.Write(MessageHeader(round), {}, &encoded, false);
    }
    std::vector<Frame> frames;
    std::thread reactor([&] { frames = pipe.Take(1); });
    EXPECT_EQ(pipe.writer.LetGo(&holder), Result::kOk);
    EXPECT_TRUE(base::IsSoleOwner(&holder));
    sliced.reset();
    reactor.join();
    ASSERT_EQ(frames.size(), 1u);
    EXPECT_TRUE(frames[0].body == body);
  }
}

TEST(FrameWriter, ABrokenWriterLetsAHolderGo) {
  Pipe pipe;
  base::ForeignBuffer holder;
  holder.Init(nullptr, 0, [](base::ForeignBuffer*) {});
  Sliced sliced;
  const polycall_message message = sliced.message();
  call::Encoded encoded;
  encoded.set_holder(&holder);
  ASSERT_TRUE(encoded.Encode(&message, pipe.stream()).ok());
  EXPECT_EQ(pipe.writer.Write(MessageHeader(1), {}, &encoded, false), Result::kBlocked);
  pipe.writer.Break();
  EXPECT_EQ(pipe.writer.LetGo(&holder), Result::kBroken);
  EXPECT_TRUE(base::IsSoleOwner(&holder));
}

TEST(FrameWriter, FramesOfManyThreadsStayWholeAndEachThreadsInOrder) {
  constexpr uint32_t kThreads = 4;
  constexpr uint32_t kFrames = 500;
  Pipe pipe;
  const auto size_of = [](uint32_t thread, uint32_t frame) {
    return frame % 50 == 0 ? size_t{20'000} : (thread * 131 + frame * 17) % 700;
  };
  std::vector<std::thread> threads;
  for (uint32_t t = 1; t <= kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (uint32_t i = 0; i < kFrames; ++i) {
        EXPECT_NE(pipe.Write(t, i, Pattern(t + i, size_of(t, i)), i % 3 == 0), Result::kBroken);
      }
    });
  }
  std::map<uint32_t, uint32_t> next;
  for (const Frame& frame : pipe.Take(kThreads * kFrames)) {
    EXPECT_EQ(frame.argument, next[frame.call_id]++) << "thread " << frame.call_id;
    EXPECT_TRUE(frame.body ==
                Pattern(frame.call_id + frame.argument, size_of(frame.call_id, frame.argument)));
  }
  for (std::thread& thread : threads) thread.join();
  for (uint32_t t = 1; t <= kThreads; ++t) EXPECT_EQ(next[t], kFrames);
}

TEST(FrameWriter, AConnectionThatIsGoneIsBroken) {
  Pipe pipe;
  pipe.CloseReader();
  EXPECT_EQ(pipe.Write(1, 0, "x"), Result::kBroken);
  EXPECT_EQ(pipe.Write(2, 0, "x"), Result::kBroken);
}

TEST(FrameWriter, AConnectionThatGoesWhileItIsBlockedIsBrokenAtTheFlush) {
  Pipe pipe;
  EXPECT_EQ(pipe.Write(1, 0, Pattern(1, 1 << 20)), Result::kBlocked);
  pipe.CloseReader();
  EXPECT_EQ(pipe.writer.Flush(), Result::kBroken);
  EXPECT_EQ(pipe.Write(2, 0, "x"), Result::kBroken);
}

TEST(FrameWriter, ABrokenWriterDropsWhatItKept) {
  Pipe pipe;
  EXPECT_EQ(pipe.Write(1, 0, "kept", true), Result::kOk);
  pipe.writer.Break();
  EXPECT_EQ(pipe.writer.queued_bytes(), 0u);
  EXPECT_EQ(pipe.Write(2, 0, "x"), Result::kBroken);
  EXPECT_THAT(pipe.Arrived(), IsEmpty());
}

}  // namespace
}  // namespace polycall::transport
