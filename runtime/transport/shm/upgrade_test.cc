#include "transport/shm/upgrade.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <thread>

#include "call/frame.h"

namespace polycall::transport::shm {
namespace {

constexpr int64_t kPatience = 60 * base::kSecond;

// Both ends of an upgraded connection.
class Ends {
 public:
  explicit Ends(bool same_user = true) {
    int sockets[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, sockets), 0);
    std::unique_ptr<Upgrade> caller, server;
    Upgrade::Expect(sockets[1]);
    server = Upgrade::Offer(sockets[0]);
    EXPECT_NE(server, nullptr);
    call::FrameHeader frame;
    EXPECT_TRUE(Upgrade::ReadOffer(sockets[1], &frame, sizeof(frame),
                                   base::DeadlineAfter(kPatience), &caller)
                    .ok());
    EXPECT_EQ(frame.type, call::FrameType::kShm);
    EXPECT_NE(caller, nullptr);
    const base::Status mapped = caller->Map(sockets[1]);
    EXPECT_TRUE(mapped.ok()) << mapped.message();
    a = server->Finish(std::make_unique<SocketStream>(sockets[0], false));
    b = caller->Finish(std::make_unique<SocketStream>(sockets[1], false));
    if (!same_user) AsStrangers(sockets);
  }

  std::unique_ptr<ByteStream> a, b;

 private:
  // As between two users: without eventfds, and copied.
  void AsStrangers(const int* sockets) {
    base::Ref<Region> region, mapped;
    int fd = -1;
    EXPECT_TRUE(Region::Make(&region, &fd).ok());
    EXPECT_TRUE(Region::Map(fd, &mapped).ok());
    close(fd);
    const int s0 = dup(sockets[0]), s1 = dup(sockets[1]);
    a = nullptr;
    b = nullptr;
    a = std::make_unique<ShmStream>(std::make_unique<SocketStream>(s0, false), region, kServer,
                                    Bells{eventfd(0, EFD_CLOEXEC), -1}, false);
    b = std::make_unique<ShmStream>(std::make_unique<SocketStream>(s1, false), mapped, kCaller,
                                    Bells{eventfd(0, EFD_CLOEXEC), -1}, false);
  }
};

bool WriteAll(ByteStream& stream, std::string_view bytes) {
  int kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  while (!bytes.empty()) {
    const ssize_t written = stream.WriteOne(bytes.data(), bytes.size());
    if (written > 0) {
      bytes.remove_prefix(static_cast<size_t>(written));
    } else if (errno == EAGAIN) {
      stream.Wait(POLLOUT, kick, nullptr);
    } else {
      break;
    }
  }
  close(kick);
  return bytes.empty();
}

std::string ReadExactly(ByteStream& stream, size_t size) {
  std::string bytes(size, '\0');
  size_t have = 0;
  while (have < size) {
    const ssize_t got = stream.ReadWaiting(bytes.data() + have, size - have);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) break;
    if (got > 0) have += static_cast<size_t>(got);
  }
  bytes.resize(have);
  return bytes;
}

class Streams : public testing::TestWithParam<bool> {};

TEST_P(Streams, PingAndPongWakeEachOther) {
  Ends ends(GetParam());
  constexpr int kRounds = 3000;
  std::thread echo([&] {
    for (int i = 0; i < kRounds; ++i) WriteAll(*ends.a, ReadExactly(*ends.a, 32));
  });
  for (int i = 0; i < kRounds; ++i) {
    const std::string message(32, static_cast<char>('a' + i % 26));
    ASSERT_TRUE(WriteAll(*ends.b, message));
    ASSERT_EQ(ReadExactly(*ends.b, 32), message);
    if (i % 1000 == 0) usleep(2000);  // both have gone to sleep
  }
  echo.join();
}

TEST_P(Streams, AWriterWaitsForAReaderThatIsSlow) {
  Ends ends(GetParam());
  const size_t size = 20 * kRingSize;
  std::string sent(size, '\0');
  for (size_t i = 0; i < size; ++i) sent[i] = static_cast<char>(i * 31);
  std::thread writer([&] { EXPECT_TRUE(WriteAll(*ends.a, sent)); });
  usleep(20'000);  // the ring is full
  std::string received;
  while (received.size() < size) {
    const std::string part = ReadExactly(*ends.b, std::min<size_t>(70'000, size - received.size()));
    ASSERT_FALSE(part.empty());
    received += part;
  }
  writer.join();
  EXPECT_TRUE(received == sent);
}

TEST_P(Streams, ShutdownEndsAReadThatSleeps) {
  Ends ends(GetParam());
  std::thread reader([&] {
    char byte;
    ssize_t got;
    do {
      got = ends.a->ReadWaiting(&byte, 1);
    } while (got < 0 && (errno == EAGAIN || errno == EINTR));
    EXPECT_EQ(got, 0);
  });
  usleep(20'000);
  ends.a->Shutdown();
  reader.join();
}

INSTANTIATE_TEST_SUITE_P(, Streams, testing::Bool(),
                         [](const auto& info) { return info.param ? "OfOneUser" : "OfTwoUsers"; });

TEST(Batches, OnlyAPeerOnAnotherCoreGetsItsFramesInSmallBatches) {
  base::Ref<Region> region;
  int fd = -1;
  ASSERT_TRUE(Region::Make(&region, &fd).ok());
  close(fd);
  int sockets[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, sockets), 0);
  ShmStream stream(std::make_unique<SocketStream>(sockets[0], false), region, kServer,
                   Bells{eventfd(0, EFD_CLOEXEC), -1}, false);
  Side* const sides = region->header().sides;
  const size_t large = SocketStream(sockets[1], false).BatchLimit();
  EXPECT_EQ(stream.BatchLimit(), large) << "where the peer is is not known";
  sides[kServer].cpu = 1;
  sides[kCaller].cpu = 1;
  EXPECT_EQ(stream.BatchLimit(), large);
  sides[kCaller].cpu = 2;
  EXPECT_LT(stream.BatchLimit(), large);
}

TEST(Upgrade, MemoryThatCouldShrinkIsRefused) {
  const int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  ASSERT_EQ(ftruncate(fd, static_cast<off_t>(kRegionSize)), 0);
  base::Ref<Region> region;
  EXPECT_EQ(Region::Map(fd, &region).code(), POLYCALL_FAILED_PRECONDITION);
  fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
  EXPECT_EQ(Region::Map(fd, &region).code(), POLYCALL_FAILED_PRECONDITION) << "no layout in it";
  close(fd);
}

TEST(Upgrade, WhatIsNoMemoryIsRefused) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  base::Ref<Region> region;
  EXPECT_EQ(Region::Map(ends[0], &region).code(), POLYCALL_FAILED_PRECONDITION);
  close(ends[0]);
  close(ends[1]);
}

TEST(Upgrade, AnAnswerWithoutDescriptorsIsNoOffer) {
  int sockets[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, sockets), 0);
  Upgrade::Expect(sockets[1]);
  ASSERT_EQ(write(sockets[0], "0123456789abcdef", 16), 16);
  char bytes[16];
  std::unique_ptr<Upgrade> offer;
  EXPECT_TRUE(
      Upgrade::ReadOffer(sockets[1], bytes, 16, base::DeadlineAfter(kPatience), &offer).ok());
  EXPECT_EQ(offer, nullptr);
  EXPECT_EQ(std::string(bytes, 16), "0123456789abcdef");
  close(sockets[0]);
  close(sockets[1]);
}

}  // namespace
}  // namespace polycall::transport::shm
