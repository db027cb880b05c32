#include "negotiation/background.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/clock.h"

namespace polycall::negotiation {
namespace {

void AwaitRuns(const std::atomic<int>& runs, int least) {
  const int64_t end = base::DeadlineAfter(60 * base::kSecond);
  while (runs.load() < least && base::NowNs() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_GE(runs.load(), least);
}

TEST(Background, RunsSoonAndAtATime) {
  std::atomic<int> runs{0};
  Background work([&] {
    ++runs;
    return base::kNever;
  });
  work.RunSoon();
  AwaitRuns(runs, 1);
  const int64_t when = base::DeadlineAfter(20 * base::kMillisecond);
  work.RunAt(when);
  AwaitRuns(runs, 2);
  EXPECT_GE(base::NowNs(), when);
  work.StopAndWait();
}

TEST(Background, RunsAgainWhenTheWorkWantsTo) {
  std::atomic<int> runs{0};
  Background work([&] { return ++runs < 5 ? base::DeadlineAfter(1) : base::kNever; });
  work.RunSoon();
  AwaitRuns(runs, 5);
  work.StopAndWait();
}

TEST(Background, AWishDuringARunIsARunOfItsOwn) {
  std::atomic<int> runs{0};
  std::atomic<bool> go{false};
  Background work([&] {
    ++runs;
    while (!go) std::this_thread::yield();
    return base::kNever;
  });
  work.RunSoon();
  AwaitRuns(runs, 1);
  work.RunSoon();
  work.RunSoon();
  go = true;
  AwaitRuns(runs, 2);
  work.StopAndWait();
  EXPECT_EQ(runs.load(), 2);
}

TEST(Background, StopAndWaitWaitsForTheRunAndNoneFollows) {
  std::atomic<int> runs{0};
  std::atomic<int> ended{0};
  Background work([&] {
    ++runs;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    ++ended;
    return base::DeadlineAfter(1);
  });
  work.RunSoon();
  AwaitRuns(runs, 1);
  work.StopAndWait();
  EXPECT_EQ(runs.load(), ended.load());
  work.RunSoon();
  work.RunAt(base::NowNs());
  work.StopAndWait();
  EXPECT_EQ(runs.load(), ended.load());
}

}  // namespace
}  // namespace polycall::negotiation
