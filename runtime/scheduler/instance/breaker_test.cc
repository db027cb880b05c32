#include "instance/breaker.h"

#include <gtest/gtest.h>

namespace polycall::scheduler {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class BreakerTest : public ::testing::Test {
 protected:
  static Breaker::Clock::time_point At(milliseconds time) {
    return Breaker::Clock::time_point(time);
  }
  Breaker breaker_;
};

TEST_F(BreakerTest, TwentyFailuresWithoutASuccessPutAnInstanceOut) {
  EXPECT_FALSE(breaker_.Observe(At(seconds(0)), 19, 19));
  EXPECT_FALSE(breaker_.out());
  EXPECT_TRUE(breaker_.Observe(At(seconds(1)), 20, 20));
  EXPECT_TRUE(breaker_.out());
  EXPECT_EQ(breaker_.until(), At(seconds(2)));
}

TEST_F(BreakerTest, AServiceThatRefusesSomeCallsIsNotSick) {
  for (uint64_t i = 1; i < 100; ++i) {
    EXPECT_FALSE(breaker_.Observe(At(seconds(i)), 20 * i, 19 * i));
  }
  EXPECT_FALSE(breaker_.out());
}

TEST_F(BreakerTest, ItComesBackOnTrialAndStaysOutLongerWhenTheTrialFails) {
  breaker_.Observe(At(seconds(0)), 20, 20);
  EXPECT_FALSE(breaker_.Elapsed(At(milliseconds(900))));
  EXPECT_TRUE(breaker_.Elapsed(At(milliseconds(1000))));
  EXPECT_FALSE(breaker_.Observe(At(milliseconds(1100)), 24, 24));
  EXPECT_TRUE(breaker_.Observe(At(milliseconds(1200)), 25, 25));
  EXPECT_EQ(breaker_.until(), At(milliseconds(3200)));
}

TEST_F(BreakerTest, ASuccessMakesItWholeAgain) {
  breaker_.Observe(At(seconds(0)), 20, 20);
  EXPECT_TRUE(breaker_.Observe(At(seconds(1)), 21, 20)) << "a call that was under way";
  EXPECT_FALSE(breaker_.out());
  EXPECT_FALSE(breaker_.Observe(At(seconds(2)), 40, 39));
  EXPECT_TRUE(breaker_.Observe(At(seconds(3)), 41, 40)) << "twenty, not five";
}

}  // namespace
}  // namespace polycall::scheduler
