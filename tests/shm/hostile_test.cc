// A peer that scribbles over the memory it shares with us ends its own connection at worst.
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <random>
#include <string>
#include <thread>

#include "base/clock.h"
#include "echo.h"
#include "hostile_peer.h"
#include "transport/stream/socket.h"

namespace polycall::shm_test {
namespace {

constexpr int kRounds = 30;

TEST(HostileCaller, ThatScribblesEverywhereHarmsNobodyElse) {
  const TemporaryFolder folder;
  const EchoServer server(folder.Path("s"));
  EchoClient honest(folder.Path("s"));
  EXPECT_EQ(honest.Call("before"), POLYCALL_OK);
  EXPECT_STREQ(honest.transport(), "shm");
  std::mt19937 random(1);
  for (int i = 0; i < kRounds; ++i) {
    const auto hostile = HostileCaller(folder.Path("s"));
    ASSERT_NE(hostile, nullptr);
    if (i % 2 == 0) {
      hostile->Scribble(&random);
      EXPECT_TRUE(hostile->PeerLeft()) << "the server ends it";
    } else {
      for (int k = 0; k < 20; ++k) hostile->ScribblePlausibly(&random);
    }
    ASSERT_EQ(honest.Call("still there?"), POLYCALL_OK) << i;
    ASSERT_EQ(honest.Call(std::string(200'000, 'x')), POLYCALL_OK) << i;
  }
  while (server.connections() > 1) usleep(1000);  // the test's own time is the bound
}

TEST(HostileCaller, ThatScribblesWhileItIsServedHarmsNobodyElse) {
  const TemporaryFolder folder;
  const EchoServer server(folder.Path("s"));
  EchoClient honest(folder.Path("s"));
  std::atomic<bool> stop{false};
  std::thread scribbler([&] {
    std::mt19937 random(2);
    while (!stop) {
      const auto hostile = HostileCaller(folder.Path("s"));
      if (hostile == nullptr) continue;
      for (int k = 0; k < 30; ++k) {
        hostile->ScribblePlausibly(&random);
        if (k % 10 == 9) hostile->Scribble(&random);
      }
    }
  });
  for (int i = 0; i < 300; ++i) ASSERT_EQ(honest.Call("still there?"), POLYCALL_OK) << i;
  stop = true;
  scribbler.join();
  while (server.connections() > 1) usleep(1000);
}

// Every call of the caller ends, with an error, and another server is reached as ever.
TEST(HostileServer, EndsTheCallsOfItsCallersAtWorst) {
  const TemporaryFolder folder;
  int listener = -1;
  ASSERT_TRUE(transport::ListenUnix(folder.Path("h"), &listener).ok());
  std::atomic<bool> stop{false};
  std::thread server([&] {
    std::mt19937 random(3);
    for (int i = 0; !stop; ++i) {
      if (!transport::PollUntil(listener, POLLIN, base::DeadlineAfter(50 * base::kMillisecond))) {
        continue;
      }
      const auto hostile = HostileServer(listener);
      for (int k = 0; hostile != nullptr && k < 20; ++k) {
        if (i % 2 == 0) {
          hostile->Scribble(&random);
        } else {
          hostile->ScribblePlausibly(&random);
        }
      }
    }
  });
  for (int i = 0; i < kRounds; ++i) {
    EchoClient client(folder.Path("h"));
    // What a server says is its own to say: an echo that is none is INTERNAL here.
    EXPECT_NE(client.Call(i % 4 < 2 ? "hello?" : std::string(100'000, 'x')), POLYCALL_OK) << i;
  }
  stop = true;
  server.join();
  close(listener);
  const EchoServer good(folder.Path("s"));
  EXPECT_EQ(EchoClient(folder.Path("s")).Call("hello"), POLYCALL_OK);
}

// A bell that is full must not block who rings it for longer than its owner lives; nor may one that is
// rung for nothing end anything.
TEST(HostileCaller, ThatRingsWithoutEndIsServedLikeAnyOther) {
  const TemporaryFolder folder;
  const EchoServer server(folder.Path("s"));
  EchoClient honest(folder.Path("s"));
  const auto hostile = HostileCaller(folder.Path("s"));
  ASSERT_NE(hostile, nullptr);
  std::atomic<bool> stop{false};
  std::thread ringer([&] {
    const uint64_t one = 1;
    while (!stop) [[maybe_unused]] const ssize_t written = write(hostile->peer_bell, &one, 8);
  });
  for (int i = 0; i < 100; ++i) ASSERT_EQ(honest.Call("still there?"), POLYCALL_OK) << i;
  stop = true;
  ringer.join();
}

}  // namespace
}  // namespace polycall::shm_test
