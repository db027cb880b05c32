#include "service/restarts.h"

#include <gtest/gtest.h>

#include "service/scaling.h"

namespace polycall::scheduler {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

v1::Restart Policy() {
  v1::Restart policy;
  policy.set_first_pause(nanoseconds(milliseconds(100)).count());
  policy.set_longest_pause(nanoseconds(seconds(1)).count());
  policy.set_crash_loop_after(3);
  return policy;
}

TEST(Restarts, ThePauseDoublesUpToTheLongestAndVariesByAQuarterAtMost) {
  Restarts restarts(Policy(), 1);
  const Restarts::Clock::time_point now{};
  int64_t expected = 100;
  for (int i = 0; i < 6; ++i) {
    const nanoseconds pause = restarts.Ended(now);
    EXPECT_LE(pause, milliseconds(expected));
    EXPECT_GE(pause, milliseconds(expected) * 3 / 4);
    expected = std::min<int64_t>(expected * 2, 1000);
  }
}

TEST(Restarts, ManyEndsWithinAMinuteAreACrashLoopAndAreForgottenAfterIt) {
  Restarts restarts(Policy(), 1);
  const Restarts::Clock::time_point start{};
  restarts.Ended(start);
  restarts.Ended(start + seconds(1));
  EXPECT_FALSE(restarts.crash_loop(start + seconds(1)));
  restarts.Ended(start + seconds(2));
  EXPECT_TRUE(restarts.crash_loop(start + seconds(2)));
  EXPECT_FALSE(restarts.crash_loop(start + seconds(90)));
  EXPECT_LE(restarts.Ended(start + seconds(90)), milliseconds(100)) << "the pause starts again";
}

class Scaling : public ::testing::Test {
 protected:
  uint32_t Wanted(uint64_t in_flight, uint32_t instances, seconds at, bool waiting = false) {
    return policy_->Wanted(
        scale_, {std::chrono::steady_clock::time_point(at), in_flight, instances, waiting});
  }
  void SetUp() override {
    scale_.set_min(0);
    scale_.set_max(4);
    scale_.set_target_in_flight(10);
    scale_.set_idle_time(nanoseconds(seconds(30)).count());
  }
  v1::Scale scale_;
  std::unique_ptr<ScalingPolicy> policy_ = MakeTargetInFlight();
};

TEST_F(Scaling, GoesUpAtOnceWithTheCallsInFlightAndStopsAtTheMost) {
  EXPECT_EQ(Wanted(0, 0, seconds(0)), 0U);
  EXPECT_EQ(Wanted(0, 0, seconds(0), true), 1U) << "somebody waits";
  EXPECT_EQ(Wanted(10, 1, seconds(1)), 1U);
  EXPECT_EQ(Wanted(11, 1, seconds(1)), 2U);
  EXPECT_EQ(Wanted(1000, 2, seconds(1)), 4U);
}

TEST_F(Scaling, GoesDownOneByOneAfterTheIdleTime) {
  EXPECT_EQ(Wanted(40, 4, seconds(0)), 4U);
  EXPECT_EQ(Wanted(0, 4, seconds(29)), 4U);
  EXPECT_EQ(Wanted(0, 4, seconds(31)), 3U);
  EXPECT_EQ(Wanted(0, 3, seconds(40)), 3U) << "the next one waits again";
  EXPECT_EQ(Wanted(0, 3, seconds(62)), 2U);
}

TEST_F(Scaling, KeepsTheLeastAndTheWarmSpares) {
  scale_.set_min(1);
  scale_.set_warm_spares(1);
  EXPECT_EQ(Wanted(0, 0, seconds(0)), 1U);
  EXPECT_EQ(Wanted(5, 1, seconds(0)), 2U);
  EXPECT_EQ(Wanted(0, 2, seconds(100)), 1U);
  scale_.set_min(0);
  EXPECT_EQ(Wanted(0, 0, seconds(200)), 1U) << "a spare is there before anybody calls";
}

}  // namespace
}  // namespace polycall::scheduler
