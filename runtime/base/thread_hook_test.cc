#include "base/thread_hook.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace polycall::base {
namespace {

using testing::ElementsAre;

std::mutex g_mutex;
std::vector<std::string> g_events;

// Each hook has a name as argument; what it attaches is the name too.
void* Attach(void* name) {
  std::lock_guard lock(g_mutex);
  g_events.push_back("attach " + std::string(static_cast<const char*>(name)));
  return name;
}
void Detach(void* name, void* attached) {
  std::lock_guard lock(g_mutex);
  EXPECT_EQ(attached, name);
  g_events.push_back("detach " + std::string(static_cast<const char*>(name)));
}

class ThreadHook : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (first_ != nullptr) return;  // a process has few hooks, and the suite may be repeated
    static char first[] = "first", second[] = "second";
    first_ = polycall_thread_hook_new(Attach, Detach, first);
    second_ = polycall_thread_hook_new(Attach, Detach, second);
  }
  void SetUp() override { g_events.clear(); }

  static inline const polycall_thread_hook* first_ = nullptr;
  static inline const polycall_thread_hook* second_ = nullptr;
};

TEST_F(ThreadHook, AThreadIsAttachedOnceAndDetachedAtItsEnd) {
  std::thread([] {
    for (int i = 0; i < 3; ++i) ApplyThreadHook(first_);
  }).join();
  EXPECT_THAT(g_events, ElementsAre("attach first", "detach first"));
}

TEST_F(ThreadHook, EachThreadIsAttachedForItself) {
  for (int i = 0; i < 2; ++i) std::thread([] { ApplyThreadHook(first_); }).join();
  EXPECT_THAT(g_events,
              ElementsAre("attach first", "detach first", "attach first", "detach first"));
}

TEST_F(ThreadHook, WhatWasAttachedLastIsDetachedFirst) {
  std::thread([] {
    ApplyThreadHook(first_);
    ApplyThreadHook(second_);
    ApplyThreadHook(first_);
  }).join();
  EXPECT_THAT(g_events,
              ElementsAre("attach first", "attach second", "detach second", "detach first"));
}

TEST_F(ThreadHook, NoHookIsFine) {
  ApplyThreadHook(nullptr);
  EXPECT_TRUE(g_events.empty());
}

TEST_F(ThreadHook, AProcessHasAtMostThirtyTwo) {
  int made = 0;
  while (made < 100 && polycall_thread_hook_new(Attach, Detach, nullptr) != nullptr) ++made;
  EXPECT_LE(made, 30);
  EXPECT_EQ(polycall_thread_hook_new(Attach, Detach, nullptr), nullptr);
}

}  // namespace
}  // namespace polycall::base
