#include "call/method_metrics.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace polycall::call {
namespace {

TEST(MethodMetrics, BucketsBeginWhereTheOnesBeforeEnd) {
  for (int bucket = 1; bucket < kDurationBuckets; ++bucket) {
    const uint64_t begin = BucketBegin(bucket);
    EXPECT_EQ(DurationBucket(begin), bucket);
    EXPECT_EQ(DurationBucket(begin - 1), bucket - 1);
  }
  EXPECT_EQ(DurationBucket(0), 0);
  EXPECT_EQ(DurationBucket(UINT64_MAX), kDurationBuckets - 1);
}

TEST(MethodMetrics, CountsCallsByStatus) {
  MethodMetrics metrics;
  for (int i = 0; i < 3; ++i) metrics.Started(10);
  metrics.Ended(0, 1000);
  metrics.Ended(14, 0);  // not measured
  metrics.Sent(5);
  metrics.Received(7);
  const MethodCounts counts = metrics.Read();
  EXPECT_EQ(counts.started, 3u);
  EXPECT_EQ(counts.ended[0], 1u);
  EXPECT_EQ(counts.ended[14], 1u);
  EXPECT_EQ(counts.failed(), 1u);
  EXPECT_EQ(counts.in_flight(), 1u);
  EXPECT_EQ(counts.measured(), 1u);
  EXPECT_EQ(counts.ticks, 1000u);
  EXPECT_EQ(counts.bytes_in, 37u);
  EXPECT_EQ(counts.bytes_out, 5u);
}

TEST(MethodMetrics, AStatusThatIsNoneCountsAsUnknown) {
  MethodMetrics metrics;
  metrics.Ended(-1, 0);
  metrics.Ended(17, 0);
  EXPECT_EQ(metrics.Read().ended[2], 2u);
}

// More threads than lanes: those that share one must not lose counts, nor those that come after others ended.
TEST(MethodMetrics, LosesNothingOfManyThreads) {
  constexpr int kThreads = 2 * base::kLanes;
  constexpr int kCalls = 2000;
  MethodMetrics metrics;
  for (int round = 0; round < 2; ++round) {
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&metrics] {
        for (int call = 0; call < kCalls; ++call) {
          metrics.Started(1);
          metrics.Ended(0, 500);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  const MethodCounts counts = metrics.Read();
  EXPECT_EQ(counts.started, 2u * kThreads * kCalls);
  EXPECT_EQ(counts.ended[0], 2u * kThreads * kCalls);
  EXPECT_EQ(counts.measured(), 2u * kThreads * kCalls);
  EXPECT_EQ(counts.bytes_in, 2u * kThreads * kCalls);
  EXPECT_EQ(counts.in_flight(), 0u);
}

}  // namespace
}  // namespace polycall::call
