#include "base/mutex.h"

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <thread>
#include <vector>

namespace polycall::base {
namespace {

TEST(Mutex, OneThreadAtATimeIsInside) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 20'000;
  Mutex mutex;
  int64_t counter = 0;
  bool inside = false;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < kRounds; ++round) {
        MutexLock lock(mutex);
        EXPECT_FALSE(inside);
        inside = true;
        ++counter;
        // Long sections as well, so that others come to sleep.
        if (round % 1000 == 0) std::this_thread::yield();
        inside = false;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counter, int64_t{kThreads} * kRounds);
}

TEST(Mutex, AConditionVariableMayWaitOnIt) {
  Mutex mutex;
  std::condition_variable_any changed;
  bool ready = false;
  std::thread other([&] {
    MutexLock lock(mutex);
    ready = true;
    changed.notify_one();
  });
  mutex.Lock();
  EXPECT_TRUE(changed.wait_for(mutex, std::chrono::seconds(60), [&] { return ready; }));
  mutex.Unlock();
  other.join();
}

}  // namespace
}  // namespace polycall::base
