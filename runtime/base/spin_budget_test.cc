#include "base/spin_budget.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace polycall::base {
namespace {

// How many of `waits` were looked in, where none of them paid.
int LooksInVain(SpinBudget* budget, int waits) {
  int looks = 0;
  for (int i = 0; i < waits; ++i) {
    if (budget->Next() == 0) continue;
    ++looks;
    budget->Failed();
  }
  return looks;
}

TEST(SpinBudget, LooksAlwaysWhileItPays) {
  SpinBudget budget;
  for (int i = 0; i < 1000; ++i) {
    ASSERT_GT(budget.Next(), 0u);
    budget.Paid();
  }
}

TEST(SpinBudget, AFewFailuresInARowCostNothing) {
  SpinBudget budget;
  EXPECT_EQ(LooksInVain(&budget, 2), 2);
  EXPECT_GT(budget.Next(), 0u);
}

TEST(SpinBudget, LookingInVainIsGivenUpButNotForEver) {
  SpinBudget budget;
  LooksInVain(&budget, 10'000);
  const int looks = LooksInVain(&budget, 100'000);
  EXPECT_GE(looks, 1);
  EXPECT_LE(looks, 50) << "more than one wait in thousands";
}

TEST(SpinBudget, OneSuccessBringsItBack) {
  SpinBudget budget;
  LooksInVain(&budget, 10'000);
  while (budget.Next() == 0) {
  }
  budget.Paid();
  EXPECT_EQ(LooksInVain(&budget, 2), 2);
}

TEST(SpinBudget, WhatIsFoundIsFoundWithoutSleeping) {
  SpinBudget budget;
  // In one of these at least nobody takes the processor from us between the looks.
  bool found = false;
  for (int i = 0; i < 1000 && !found; ++i) {
    SpinBudget fresh;
    int looks = 0;
    found = fresh.Spin([&] { return ++looks == 3; });
  }
  EXPECT_TRUE(found);
  EXPECT_FALSE(budget.Spin([] { return false; })) << "it looks for ever";
}

TEST(SpinBudget, WhatIsThereAtOnceDoesNotBringItBack) {
  SpinBudget budget;
  LooksInVain(&budget, 10'000);
  int found = 0;
  for (int i = 0; i < 10'000; ++i) found += budget.Spin([] { return true; }) ? 1 : 0;
  EXPECT_GT(found, 0);
  EXPECT_LE(LooksInVain(&budget, 2'000), 2) << "the next failure is not one more in a row";
}

TEST(SpinBudget, ASpinnerThatIsSetAsideHasFailed) {
  SpinBudget budget;
  for (int i = 0; i < 3; ++i) {
    int looks = 0;
    EXPECT_FALSE(budget.Spin([&] {
      // Another thread's turn, between two looks.
      if (++looks == 2) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      return looks == 3;
    }));
  }
  EXPECT_EQ(budget.Next(), 0u);
}

}  // namespace
}  // namespace polycall::base
