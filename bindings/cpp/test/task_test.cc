#include <gtest/gtest.h>
#include <polycall/resumption.h>
#include <polycall/task.h>
#include <polycall/when_all.h>

#include <coroutine>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace polycall {
namespace {

Task<int> Seven() { co_return 7; }

Task<int> Add(int more) {
  const int seven = co_await Seven();
  co_return seven + more;
}

Task<void> Throw() {
  throw std::runtime_error("thrown");
  co_return;
}

// Resumes the coroutine on another thread.
class OnThread {
 public:
  bool await_ready() const { return false; }
  bool await_suspend(std::coroutine_handle<> coroutine) {
    return resumption_.Suspend(
        coroutine, [this] { std::thread([this] { resumption_.Complete(); }).detach(); });
  }
  void await_resume() const {}

 private:
  internal::Resumption resumption_;
};

// Completes inside the function that starts it.
class AtOnce {
 public:
  bool await_ready() const { return false; }
  bool await_suspend(std::coroutine_handle<> coroutine) {
    return resumption_.Suspend(coroutine, [this] { resumption_.Complete(); });
  }
  void await_resume() const {}

 private:
  internal::Resumption resumption_;
};

TEST(Task, ItsResultIsTheAwaitersValue) { EXPECT_EQ(BlockOn(Add(3)), 10); }

TEST(Task, WhatItThrowsComesOutOfTheAwait) {
  EXPECT_THROW(BlockOn(Throw()), std::runtime_error);
  const auto catching = []() -> Task<std::string> {
    try {
      co_await Throw();
    } catch (const std::runtime_error& error) {
      co_return error.what();
    }
    co_return "nothing";
  };
  EXPECT_EQ(BlockOn(catching()), "thrown");
}

TEST(Task, OneThatNobodyAwaitsNeverRuns) {
  bool ran = false;
  {
    const auto run = [&]() -> Task<void> {
      ran = true;
      co_return;
    };
    const Task<void> task = run();
  }
  EXPECT_FALSE(ran);
}

TEST(Task, ItMayBeResumedOnAnotherThread) {
  const auto hop = []() -> Task<std::pair<std::thread::id, std::thread::id>> {
    const std::thread::id before = std::this_thread::get_id();
    co_await OnThread();
    co_return std::pair(before, std::this_thread::get_id());
  };
  for (int i = 0; i < 200; ++i) {
    const auto [before, after] = BlockOn(hop());
    EXPECT_EQ(before, std::this_thread::get_id());
    // The same only if the other thread was done before this one suspended.
    static_cast<void>(after);
  }
}

TEST(Task, ImmediateCompletionsDoNotDeepenTheStack) {
  const auto loop = []() -> Task<int> {
    int count = 0;
    for (int i = 0; i < 1'000'000; ++i) {
      co_await AtOnce();
      ++count;
    }
    co_return count;
  };
  EXPECT_EQ(BlockOn(loop()), 1'000'000);
}

TEST(Task, WhatItsCoroutineHoldsIsGoneWhenBlockOnReturns) {
  auto held = std::make_shared<int>(1);
  const auto hold = [](std::shared_ptr<int> kept) -> Task<int> {
    co_await OnThread();
    co_return *kept;
  };
  EXPECT_EQ(BlockOn(hold(held)), 1);
  EXPECT_EQ(held.use_count(), 1);
}

TEST(Task, StartRunsItWithoutAnybodyWaiting) {
  bool ran = false;
  const auto run = [&]() -> Task<void> {
    co_await AtOnce();
    ran = true;
  };
  Start(run());
  EXPECT_TRUE(ran);
}

TEST(WhenAll, ResultsComeInTheTasksOrderWhereverTheyEnd) {
  const auto hop = [](int number) -> Task<int> {
    if (number % 2 == 0) co_await OnThread();
    co_return number;
  };
  for (int round = 0; round < 50; ++round) {
    std::vector<Task<int>> tasks;
    for (int i = 0; i < 8; ++i) tasks.push_back(hop(i));
    EXPECT_EQ(BlockOn(WhenAll(std::move(tasks))), (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7}));
  }
}

TEST(WhenAll, AnExceptionIsThrownWhenAllHaveEnded) {
  int ended = 0;
  const auto fail = [&](bool fails) -> Task<int> {
    co_await AtOnce();
    ++ended;
    if (fails) throw std::runtime_error("one");
    co_return 1;
  };
  std::vector<Task<int>> tasks;
  tasks.push_back(fail(false));
  tasks.push_back(fail(true));
  tasks.push_back(fail(false));
  EXPECT_THROW(BlockOn(WhenAll(std::move(tasks))), std::runtime_error);
  EXPECT_EQ(ended, 3);
}

TEST(WhenAll, NoTasksAreNoWait) { EXPECT_TRUE(BlockOn(WhenAll(std::vector<Task<int>>())).empty()); }

TEST(Task, ItsResultMayOnlyMove) {
  const auto make = []() -> Task<std::unique_ptr<int>> { co_return std::make_unique<int>(5); };
  EXPECT_EQ(*BlockOn(make()), 5);
}

}  // namespace
}  // namespace polycall
