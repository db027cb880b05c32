#include "channel/backoff.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>

namespace polycall::channel {
namespace {

constexpr int64_t kInitial = 50'000'000;
constexpr int64_t kMost = 10'000'000'000;

TEST(Backoff, WaitsGrowBySixTenthsUpToTheGreatest) {
  Backoff backoff(kInitial, kMost, 7);
  for (uint32_t failures = 0; failures < 30; ++failures) {
    const double wanted = std::min(static_cast<double>(kInitial) * std::pow(1.6, failures),
                                   static_cast<double>(kMost));
    for (int i = 0; i < 100; ++i) {
      const auto wait = static_cast<double>(backoff.After(failures));
      EXPECT_GE(wait, 0.799 * wanted) << failures;
      EXPECT_LE(wait, 1.201 * wanted) << failures;
    }
  }
}

TEST(Backoff, EndlessFailuresStayWithinTheBound) {
  Backoff backoff(kInitial, kMost, 7);
  const auto wait = static_cast<double>(backoff.After(UINT32_MAX));
  EXPECT_GE(wait, 0.799 * kMost);
  EXPECT_LE(wait, 1.201 * kMost);
}

TEST(Backoff, CallersDoNotComeAllAtOnce) {
  std::set<int64_t> waits;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    waits.insert(Backoff(kInitial, kMost, seed << 32).After(0));
  }
  EXPECT_GT(waits.size(), 20u);
  Backoff one(kInitial, kMost, 0);
  waits.clear();
  for (int i = 0; i < 100; ++i) waits.insert(one.After(0));
  EXPECT_GT(waits.size(), 20u);
}

}  // namespace
}  // namespace polycall::channel
