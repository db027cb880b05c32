#include "polycall/c/arena.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "polycall/c/array.h"
#include "polycall/c/string.h"

namespace {

TEST(Arena, UsesTheCallersSpaceBeforeTheHeap) {
  alignas(8) char space[256];
  polycall_arena arena;
  polycall_arena_init(&arena, space, sizeof space);
  void* const first = polycall_arena_alloc(&arena, 100);
  EXPECT_EQ(first, static_cast<void*>(space));
  EXPECT_EQ(polycall_arena_heap_size(&arena), 0u);
  void* const second = polycall_arena_alloc(&arena, 1000);
  ASSERT_NE(second, nullptr);
  EXPECT_GT(polycall_arena_heap_size(&arena), 0u);
  polycall_arena_free(&arena);
  EXPECT_EQ(polycall_arena_heap_size(&arena), 0u);
  EXPECT_EQ(polycall_arena_alloc(&arena, 8), static_cast<void*>(space));
}

TEST(Arena, AlignsEverythingEvenInUnalignedSpace) {
  alignas(8) char space[128];
  polycall_arena arena;
  polycall_arena_init(&arena, space + 3, 99);
  for (size_t size = 0; size < 20; ++size) {
    void* const data = polycall_arena_alloc(&arena, size);
    ASSERT_NE(data, nullptr);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(data) % POLYCALL_ARENA_ALIGNMENT, 0u);
    std::memset(data, 0x5a, size);
  }
  polycall_arena_free(&arena);
}

TEST(Arena, TakesSpaceThatIsTooSmallForAnything) {
  char space[16];
  for (size_t size = 0; size < sizeof space; ++size) {
    polycall_arena arena;
    polycall_arena_init(&arena, space + 1, size);
    EXPECT_NE(polycall_arena_alloc(&arena, 64), nullptr);
    polycall_arena_free(&arena);
  }
}

TEST(Arena, RefusesWhatGoesBeyondItsLimitAndNothingLess) {
  polycall_arena arena;
  polycall_arena_init(&arena, nullptr, 0);
  polycall_arena_set_limit(&arena, 10000);
  size_t total = 0;
  while (polycall_arena_alloc(&arena, 16) != nullptr) total += 16;
  EXPECT_LE(polycall_arena_heap_size(&arena), 10000u);
  EXPECT_GE(total, 9000u);
  EXPECT_EQ(polycall_arena_alloc(&arena, SIZE_MAX), nullptr);
  EXPECT_EQ(polycall_arena_alloc(&arena, SIZE_MAX - 7), nullptr);
  EXPECT_EQ(polycall_arena_alloc(&arena, 10001), nullptr);
  polycall_arena_free(&arena);
}

TEST(Arena, ResetKeepsItsMemoryForTheNextRound) {
  polycall_arena arena;
  polycall_arena_init(&arena, nullptr, 0);
  for (int i = 0; i < 100; ++i) polycall_arena_alloc(&arena, 1000);
  polycall_arena_reset(&arena);
  const size_t kept = polycall_arena_heap_size(&arena);
  EXPECT_GT(kept, 0u);
  for (int i = 0; i < 10; ++i) {
    EXPECT_NE(polycall_arena_alloc(&arena, 1000), nullptr);
    polycall_arena_reset(&arena);
    EXPECT_EQ(polycall_arena_heap_size(&arena), kept);
  }
  polycall_arena_free(&arena);
}

TEST(Arena, OneGreatAllocationDoesNotWasteThePresentBlock) {
  polycall_arena arena;
  polycall_arena_init(&arena, nullptr, 0);
  polycall_arena_alloc(&arena, 8);
  polycall_arena_alloc(&arena, 1000000);
  const size_t heap = polycall_arena_heap_size(&arena);
  for (int i = 0; i < 100; ++i) polycall_arena_alloc(&arena, 32);
  EXPECT_EQ(polycall_arena_heap_size(&arena), heap);
  polycall_arena_free(&arena);
}

TEST(Arena, RunsWhatWasDeferredLastFirstAndOnce) {
  static std::vector<int> order;
  order.clear();
  polycall_arena arena;
  polycall_arena_init(&arena, nullptr, 0);
  static int numbers[] = {1, 2, 3};
  for (int& number : numbers) {
    ASSERT_TRUE(polycall_arena_defer(
        &arena, [](void* arg) { order.push_back(*static_cast<int*>(arg)); }, &number));
  }
  polycall_arena_reset(&arena);
  EXPECT_EQ(order, (std::vector<int>{3, 2, 1}));
  polycall_arena_free(&arena);
  EXPECT_EQ(order.size(), 3u);
}

TEST(Arena, GrowsTheLastAllocationInPlace) {
  alignas(8) char space[256];
  polycall_arena arena;
  polycall_arena_init(&arena, space, sizeof space);
  void* const data = polycall_arena_alloc(&arena, 20);
  EXPECT_EQ(polycall_arena_grow(&arena, data, 20, 100), data);
  polycall_arena_alloc(&arena, 8);
  void* const moved = polycall_arena_grow(&arena, data, 100, 120);
  EXPECT_NE(moved, data);
  polycall_arena_free(&arena);
}

TEST(Array, KeepsItsElementsWhileItGrows) {
  polycall_arena arena;
  polycall_arena_init(&arena, nullptr, 0);
  polycall_int32_array array = {nullptr, 0, 0};
  polycall_int32_array other = {nullptr, 0, 0};
  for (int32_t i = 0; i < 5000; ++i) {
    *static_cast<int32_t*>(polycall_array_add(&array, &arena, sizeof(int32_t))) = i;
    if (i % 7 == 0)
      *static_cast<int32_t*>(polycall_array_add(&other, &arena, sizeof(int32_t))) = -i;
  }
  ASSERT_EQ(array.size, 5000u);
  for (int32_t i = 0; i < 5000; ++i) ASSERT_EQ(array.data[i], i);
  for (size_t i = 0; i < other.size; ++i) ASSERT_EQ(other.data[i], -7 * static_cast<int32_t>(i));
  polycall_arena_free(&arena);
}

TEST(Array, CopiesElementsThatWereBorrowedBeforeItAddsOne) {
  polycall_arena arena;
  polycall_arena_init(&arena, nullptr, 0);
  int32_t borrowed[] = {1, 2, 3};
  polycall_int32_array array = {borrowed, 3, 0};
  *static_cast<int32_t*>(polycall_array_add(&array, &arena, sizeof(int32_t))) = 4;
  EXPECT_NE(array.data, borrowed);
  ASSERT_EQ(array.size, 4u);
  EXPECT_EQ(array.data[0], 1);
  EXPECT_EQ(array.data[3], 4);
  EXPECT_FALSE(polycall_array_reserve(&array, &arena, sizeof(int32_t), SIZE_MAX / 4));
  EXPECT_EQ(array.size, 4u);
  polycall_arena_free(&arena);
}

TEST(String, IsEqualByLengthAndBytesAndTakesNothing) {
  EXPECT_TRUE(polycall_string_equal(polycall_string_from(nullptr), polycall_string_from("")));
  EXPECT_TRUE(polycall_string_equal(polycall_string_from("ab"), polycall_bytes_from("abc", 2)));
  EXPECT_FALSE(polycall_string_equal(polycall_string_from("ab"), polycall_string_from("ac")));
}

TEST(String, CopiesAndTerminates) {
  polycall_arena arena;
  polycall_arena_init(&arena, nullptr, 0);
  const polycall_string copy = polycall_string_copy(&arena, polycall_bytes_from("abc", 2));
  EXPECT_EQ(std::string(copy.data, copy.size), "ab");
  EXPECT_STREQ(polycall_string_terminate(&arena, copy), "ab");
  EXPECT_STREQ(polycall_string_terminate(&arena, polycall_string_from(nullptr)), "");
  polycall_arena_free(&arena);
  polycall_arena_set_limit(&arena, 0);
  EXPECT_EQ(polycall_string_copy(&arena, polycall_string_from("a")).data, nullptr);
  EXPECT_EQ(polycall_string_terminate(&arena, polycall_string_from("a")), nullptr);
}

}  // namespace
