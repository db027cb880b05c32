#include "base/buffer.h"

#include <gtest/gtest.h>

#include <cstring>
#include <thread>
#include <vector>

namespace polycall::base {
namespace {

constexpr size_t kKibibyte = 1024;

TEST(Buffer, HasTheSizeThatWasAskedForAndRoomForIt) {
  for (const size_t edge : {size_t{0}, 16 * kKibibyte, 64 * kKibibyte, 4096 * kKibibyte}) {
    for (const size_t size : {edge - (edge > 0), edge, edge + 1, edge + 512, edge + 513}) {
      Buffer* buffer = NewBuffer(size);
      ASSERT_NE(buffer, nullptr);
      EXPECT_EQ(polycall_buffer_size(buffer), size);
      EXPECT_GE(buffer->capacity, size);
      memset(polycall_buffer_data(buffer), 'x', buffer->capacity);
      ReleaseBuffer(buffer);
    }
  }
}

TEST(Buffer, ASizeThatNoMemoryHasIsRefused) {
  EXPECT_EQ(NewBuffer(SIZE_MAX), nullptr);
  EXPECT_EQ(NewBuffer(SIZE_MAX - sizeof(Buffer)), nullptr);
}

TEST(Buffer, KnowsItsSoleOwner) {
  Buffer* buffer = NewBuffer(100);
  EXPECT_TRUE(IsSoleOwner(buffer));
  RetainBuffer(buffer);
  EXPECT_FALSE(IsSoleOwner(buffer));
  ReleaseBuffer(buffer);
  EXPECT_TRUE(IsSoleOwner(buffer));
  ReleaseBuffer(buffer);
}

TEST(Buffer, ALargeOneIsTakenAgainFromThePool) {
  Buffer* first = NewBuffer(100 * kKibibyte);
  ReleaseBuffer(first);
  Buffer* second = NewBuffer(90 * kKibibyte);  // of the same class
  EXPECT_EQ(second, first);
  EXPECT_EQ(second->size, 90 * kKibibyte);
  EXPECT_TRUE(IsSoleOwner(second));
  ReleaseBuffer(second);
}

TEST(Buffer, NoneMayBeReleasedAndRetained) {
  ReleaseBuffer(nullptr);
  polycall_buffer_retain(nullptr);
}

TEST(Buffer, TheLastOfManyThreadsEndsIt) {
  constexpr int kThreads = 4;
  for (int round = 0; round < 50; ++round) {
    Buffer* buffer = NewBuffer(20 * kKibibyte);
    memset(buffer->data(), round, buffer->size);
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      RetainBuffer(buffer);
      threads.emplace_back([buffer, round] {
        EXPECT_EQ(buffer->data()[buffer->size - 1], round);
        ReleaseBuffer(buffer);
      });
    }
    ReleaseBuffer(buffer);
    for (std::thread& thread : threads) thread.join();
  }
}

}  // namespace
}  // namespace polycall::base
