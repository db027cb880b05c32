#include "base/waiter.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/clock.h"

namespace polycall::base {
namespace {

using Result = Waiter::Result;

int64_t Hang() { return DeadlineAfter(60 * kSecond); }  // a deadline that only a hang meets

TEST(Waiter, AWakeBeforeTheWaitIsNotLost) {
  Waiter waiter;
  waiter.Wake();
  EXPECT_TRUE(waiter.Wait(Hang()));
}

TEST(Waiter, WakesDoNotAddUp) {
  Waiter waiter;
  waiter.Wake();
  waiter.Wake();
  EXPECT_TRUE(waiter.Wait(Hang()));
  EXPECT_FALSE(waiter.TryTake());
  EXPECT_EQ(waiter.WaitEither(NowNs()), Result::kTimeout);
}

TEST(Waiter, ATimeoutComesNotBeforeItsTime) {
  Waiter waiter;
  const int64_t deadline = DeadlineAfter(5 * kMillisecond);
  EXPECT_EQ(waiter.WaitEither(deadline), Result::kTimeout);
  EXPECT_GE(NowNs(), deadline);
  waiter.Wake();
  EXPECT_TRUE(waiter.Wait(Hang())) << "it may be used again";
}

TEST(Waiter, APromotionIsASignalOfItsOwn) {
  Waiter waiter;
  waiter.Promote();
  EXPECT_FALSE(waiter.TryTake());
  EXPECT_EQ(waiter.WaitEither(Hang()), Result::kPromoted);
  EXPECT_FALSE(waiter.TakePromotion());
}

TEST(Waiter, AWakeLeavesThePromotionToBeTaken) {
  Waiter waiter;
  waiter.Promote();
  waiter.Wake();
  EXPECT_EQ(waiter.WaitEither(Hang()), Result::kWoken);
  EXPECT_TRUE(waiter.TakePromotion());
  EXPECT_FALSE(waiter.TakePromotion());
}

TEST(Waiter, ASleeperIsWokenByAnotherThread) {
  Waiter ping, pong;
  constexpr int kRounds = 2000;
  std::thread other([&] {
    for (int i = 0; i < kRounds; ++i) {
      ASSERT_TRUE(ping.Wait(Hang())) << "round " << i;
      pong.Wake();
    }
  });
  for (int i = 0; i < kRounds; ++i) {
    ping.Wake();
    if (!pong.Wait(Hang())) {
      ADD_FAILURE() << "no answer in round " << i;
      break;
    }
  }
  other.join();
}

TEST(Waiter, ASleeperIsPromotedByAnotherThread) {
  Waiter waiter;
  std::thread other([&] { waiter.Promote(); });
  EXPECT_EQ(waiter.WaitEither(Hang()), Result::kPromoted);
  other.join();
}

}  // namespace
}  // namespace polycall::base
