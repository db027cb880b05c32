// Who is let in, who waits, and who is told to come again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <vector>

#include "daemon.h"

namespace polycall::scheduler_test {
namespace {

using ::testing::HasSubstr;

class Admission : public ::testing::Test {
 protected:
  void Serve(const std::string& more) {
    daemon_.Write("work", Daemon::WorkManifest("work", "process", "scale: {min: 1}\n" + more));
    ASSERT_TRUE(daemon_.Start()) << daemon_.Output();
    ASSERT_TRUE(daemon_.UntilServing("work", 1)) << daemon_.Story();
  }
  uint64_t InFlight() { return daemon_.Describe("work").instances(0).calls_in_flight(); }

  Daemon daemon_;
};

TEST_F(Admission, CallsBeyondTheQueueAreRefusedWithAHintAndTheOthersTakeTheirTurns) {
  Serve("admission: {in_flight: 1, queue: 2, wait: 60 s}\n");
  struct Sleeper {
    work::v1::Work::Client client;
    CallHandle handle = {};
  };
  std::vector<std::unique_ptr<Sleeper>> sleepers;
  std::atomic<int> ended{0};
  // One runs and two wait: there is no room for another.
  for (uint64_t i = 1; i <= 3; ++i) {
    auto sleeper = std::make_unique<Sleeper>(Sleeper{daemon_.Work("work")});
    work::v1::Number time;
    time.set_value(60'000);
    sleeper->client.SleepAsync(time, [&](StatusOr<work::v1::Number>) { ++ended; },
                               {.timeout = kPatience, .handle = &sleeper->handle});
    sleepers.push_back(std::move(sleeper));
    ASSERT_TRUE(Until([&] { return InFlight() == i; })) << daemon_.Story();
  }
  auto client = daemon_.Work("work");
  Metadata trailing;
  const Status refused =
      client.Square({}, {.timeout = kPatience, .trailing_metadata = &trailing}).status();
  EXPECT_EQ(refused.code(), Code::kResourceExhausted) << refused.ToString();
  EXPECT_THAT(std::string(refused.message()), HasSubstr("retry after "));
  EXPECT_TRUE(trailing.Find("retry-after-ms").has_value());
  for (auto& sleeper : sleepers) sleeper->handle.Cancel();
  EXPECT_TRUE(client.Square({}, {.timeout = kPatience, .wait_for_ready = true}).ok() ||
              Until([&] { return client.Square({}, {.timeout = kPatience}).ok(); }));
  EXPECT_TRUE(Until([&] { return ended == 3; }));
}

// They once kept their places until their turn: callers with short deadlines shut out all others.
TEST_F(Admission, WhoWaitsNoMoreLeavesTheQueue) {
  Serve("admission: {in_flight: 1, queue: 2, wait: 1 h}\n");
  auto client = daemon_.Work("work");
  std::atomic<int> ended{0};
  std::vector<CallHandle> handles(3);
  work::v1::Number time;
  time.set_value(600'000);
  for (uint64_t i = 0; i < handles.size(); ++i) {
    client.SleepAsync(time, [&](StatusOr<work::v1::Number>) { ++ended; },
                      {.timeout = std::chrono::hours(1), .handle = &handles[i]});
    ASSERT_TRUE(Until([&] { return InFlight() == i + 1; })) << daemon_.Story();
  }
  const auto code = [&] {
    return client.Square({}, {.timeout = std::chrono::milliseconds(200)}).status().code();
  };
  EXPECT_EQ(code(), Code::kResourceExhausted);
  handles[1].Cancel();
  handles[2].Cancel();
  // It waits, as the first goes on.
  EXPECT_TRUE(Until([&] { return code() == Code::kDeadlineExceeded; }));
  handles[0].Cancel();
  EXPECT_TRUE(Until([&] { return ended == 3; }));
}

// A caller with fifty calls in the queue and one with a single call: the single one's turn is next or next
// but one, not the fifty-first.
TEST_F(Admission, ANoisyCallerDoesNotStarveOthers) {
  Serve("admission: {in_flight: 1, queue: 1000, wait: 60 s}\n");
  auto noisy = daemon_.Work("work");
  std::atomic<int> ended{0};
  constexpr uint64_t kCalls = 50;
  work::v1::Number time;
  time.set_value(1000);
  std::vector<CallHandle> handles(kCalls);
  for (CallHandle& handle : handles) {
    noisy.SleepAsync(time, [&](StatusOr<work::v1::Number>) { ++ended; },
                     {.timeout = kPatience, .handle = &handle});
  }
  ASSERT_TRUE(Until([&] { return InFlight() + static_cast<uint64_t>(ended) >= kCalls; }));
  // Another process: callers are told apart by their connection's peer.
  const pid_t child = fork();
  if (child == 0) {
    _exit(daemon_.Work("work").Square({}, {.timeout = kPatience}).ok() ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  // All of the other's calls would have taken fifty seconds.
  EXPECT_LT(ended, static_cast<int>(kCalls)) << "it waited for all the calls of the other";
  for (CallHandle& handle : handles) handle.Cancel();
  EXPECT_TRUE(Until([&] { return ended == static_cast<int>(kCalls); }));
}

TEST_F(Admission, ACallEndsWithItsTimeWhateverItsCallerWouldWait) {
  Serve("limits: {call_time: 50 ms}\n");
  work::v1::Number time;
  time.set_value(20'000);
  auto slept = daemon_.Work("work").Sleep(time, {.timeout = kPatience});
  EXPECT_EQ(slept.status().code(), Code::kDeadlineExceeded) << slept.status().ToString();
  auto squared = daemon_.Work("work").Square({}, {.timeout = kPatience});
  EXPECT_TRUE(squared.ok() || squared.status().code() == Code::kDeadlineExceeded);
}

TEST_F(Admission, UsersThatAreNotNamedDoNotGetToTheSocket) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to be somebody else";
  Serve("callers: [UID:4711]\n");
  const auto as = [&](uid_t user) {
    const pid_t child = fork();
    if (child == 0) {
      if (setuid(user) != 0) _exit(3);
      _exit(daemon_.Work("work").Square({}, {.timeout = kPatience}).ok() ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  };
  EXPECT_EQ(as(4711), 0) << daemon_.Story();
  EXPECT_EQ(as(4712), 1);
}

}  // namespace
}  // namespace polycall::scheduler_test
