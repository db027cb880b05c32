#include "base/gate.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace polycall::base {
namespace {

class Gates : public testing::TestWithParam<bool> {};

TEST_P(Gates, LetsInUntilItIsClosed) {
  Gate gate(GetParam());
  EXPECT_TRUE(gate.Enter());
  EXPECT_TRUE(gate.EnterCounted());
  EXPECT_EQ(gate.inside(), 2u);
  EXPECT_FALSE(gate.closed());
  gate.Close();
  EXPECT_TRUE(gate.closed());
  EXPECT_FALSE(gate.Enter());
  EXPECT_FALSE(gate.EnterCounted());
  EXPECT_EQ(gate.inside(), 2u);
  gate.Leave();
  gate.Leave();
  EXPECT_EQ(gate.inside(), 0u);
  EXPECT_EQ(gate.counted(), 1u);
}

TEST_P(Gates, OneThatDidNothingIsNotCounted) {
  Gate gate(GetParam());
  ASSERT_TRUE(gate.EnterCounted());
  gate.LeaveUncounted();
  EXPECT_EQ(gate.inside(), 0u);
  EXPECT_EQ(gate.counted(), 0u);
}

// More threads than lanes pass until they are refused; what is behind the gate goes when nobody is inside.
TEST_P(Gates, NobodyIsInsideWhenTheCloserSaysSo) {
  for (int round = 0; round < 20; ++round) {
    Gate gate(GetParam());
    auto treasure = std::make_unique<int>(round);
    std::atomic<uint64_t> passed{0};
    std::atomic<int> began{0};
    std::vector<std::thread> threads;
    constexpr int kThreads = kLanes + 8;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&, round] {
        uint64_t mine = 0;
        bool first = true;
        while (gate.EnterCounted()) {
          EXPECT_EQ(*treasure, round);
          gate.Leave();
          ++mine;
          if (std::exchange(first, false)) began.fetch_add(1);
        }
        passed.fetch_add(mine);
      });
    }
    while (began.load() < kThreads) std::this_thread::yield();
    gate.Close();
    while (gate.inside() > 0) std::this_thread::yield();
    treasure.reset();
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(gate.counted(), passed.load());
    EXPECT_EQ(gate.inside(), 0u);
  }
}

INSTANTIATE_TEST_SUITE_P(Fenced, Gates, testing::Bool(),
                         [](const testing::TestParamInfo<bool>& info) {
                           return info.param ? "ByTheCloser" : "ByEverybody";
                         });

}  // namespace
}  // namespace polycall::base
