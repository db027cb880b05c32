#include "base/reactor.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

namespace polycall::base {
namespace {

int64_t Hang() { return DeadlineAfter(60 * kSecond); }  // a deadline that only a hang meets

// A task that runs a function.
struct FunctionTask {
  explicit FunctionTask(std::function<void()> what) : function(std::move(what)) {
    task.context = this;
    task.run = [](Task* task) { static_cast<FunctionTask*>(task->context)->function(); };
  }
  std::function<void()> function;
  Task task;
};

// A timer that runs a function.
struct FunctionTimer {
  explicit FunctionTimer(std::function<void()> what) : function(std::move(what)) {
    timer.context = this;
    timer.fire = [](Timer* timer) { static_cast<FunctionTimer*>(timer->context)->function(); };
  }
  std::function<void()> function;
  Timer timer;
};

// An eventfd as a source. Raise makes it ready.
class EventSource final : public Source {
 public:
  EventSource(Reactor* reactor, std::function<void(uint32_t events)> on_ready)
      : reactor_(reactor), on_ready_(std::move(on_ready)) {
    EXPECT_TRUE(reactor_->Add(this, fd_, EPOLLIN));
  }
  ~EventSource() { close(fd_); }
  void Raise() { ASSERT_EQ(eventfd_write(fd_, 1), 0); }
  void Remove() { reactor_->Remove(this, fd_); }
  Waiter& released() { return released_; }

  void OnReady(uint32_t events) override {
    eventfd_t value;
    if (events != 0) eventfd_read(fd_, &value);
    on_ready_(events);
  }
  void ReleaseSource() override { released_.Wake(); }

 private:
  Reactor* const reactor_;
  const std::function<void(uint32_t)> on_ready_;
  const int fd_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  Waiter released_;
};

TEST(Reactor, RunsTasks) {
  Reactor reactor({.max_threads = 2});
  reactor.Start();
  Waiter ran;
  FunctionTask task([&] {
    EXPECT_FALSE(Reactor::Leading());
    ran.Wake();
  });
  EXPECT_TRUE(reactor.Execute(&task.task));
  EXPECT_TRUE(ran.Wait(Hang()));
}

TEST(Reactor, TheOnlyThreadRunsTasksToo) {
  Reactor reactor({.max_threads = 1});
  reactor.Start();
  for (int i = 0; i < 100; ++i) {
    Waiter ran;
    FunctionTask task([&] { ran.Wake(); });
    EXPECT_TRUE(reactor.Execute(&task.task));
    ASSERT_TRUE(ran.Wait(Hang()));
  }
}

TEST(Reactor, RefusesATaskWhenItsQueueIsFull) {
  Reactor reactor({.donated_only = true});
  FunctionTask first([] {}), second([] {});
  EXPECT_TRUE(reactor.Execute(&first.task, 1));
  EXPECT_FALSE(reactor.Execute(&second.task, 1));
}

TEST(Reactor, BlockedTasksGetThreadsUpToTheLimit) {
  Reactor reactor({.max_threads = 4});  // one of them leads
  reactor.Start();
  Waiter all_here;
  std::atomic<int> here{0};
  std::mutex gate;
  gate.lock();
  std::vector<std::unique_ptr<FunctionTask>> tasks;
  for (int i = 0; i < 3; ++i) {
    tasks.push_back(std::make_unique<FunctionTask>([&] {
      if (++here == 3) all_here.Wake();
      std::lock_guard wait(gate);
    }));
    EXPECT_TRUE(reactor.Execute(&tasks.back()->task));
  }
  EXPECT_TRUE(all_here.Wait(Hang()));
  EXPECT_LE(reactor.threads(), 4u);
  gate.unlock();
  reactor.Stop();
}

TEST(Reactor, TimersFireInTheOrderOfTheirTimes) {
  Reactor reactor({.max_threads = 1});
  std::mt19937 random(7);
  const int64_t now = NowNs();
  std::vector<int64_t> fired, expected;
  Waiter last_fired;
  std::vector<std::unique_ptr<FunctionTimer>> timers;
  for (int i = 0; i < 500; ++i) {
    timers.push_back(std::make_unique<FunctionTimer>([] {}));
    Timer* timer = &timers.back()->timer;
    timers.back()->function = [&fired, timer] { fired.push_back(timer->when); };
    reactor.Schedule(timer, now - static_cast<int64_t>(random() % 1000));
    if (random() % 3 == 0) {
      EXPECT_TRUE(reactor.Cancel(timer));
      EXPECT_FALSE(reactor.Cancel(timer));
    } else {
      // Some are put off, some brought forward.
      if (random() % 2 == 0) reactor.Schedule(timer, now - static_cast<int64_t>(random() % 1000));
      expected.push_back(timer->when);
    }
  }
  FunctionTimer last([&] { last_fired.Wake(); });
  reactor.Schedule(&last.timer, now + kMillisecond);
  reactor.Start();  // all are due
  ASSERT_TRUE(last_fired.Wait(Hang()));
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(fired, expected);
  EXPECT_FALSE(reactor.Cancel(&last.timer)) << "it has fired";
}

TEST(Reactor, AnEarlierTimerOvertakesOneThatIsWaitedFor) {
  Reactor reactor({.max_threads = 1});
  reactor.Start();
  FunctionTimer late([] { ADD_FAILURE() << "the late timer was cancelled"; });
  Waiter fired;
  FunctionTimer soon([&] { fired.Wake(); });
  reactor.Schedule(&late.timer, DeadlineAfter(3600 * kSecond));
  reactor.Schedule(&soon.timer, DeadlineAfter(kMillisecond));
  EXPECT_TRUE(fired.Wait(Hang()));
  EXPECT_TRUE(reactor.Cancel(&late.timer));
}

TEST(Reactor, ASourceIsServedAndReleasedOnceRemoved) {
  Reactor reactor({.max_threads = 2});
  reactor.Start();
  Waiter served;
  EventSource source(&reactor, [&](uint32_t events) {
    EXPECT_TRUE(Reactor::Leading());
    EXPECT_NE(events & EPOLLIN, 0u);
    served.Wake();
  });
  source.Raise();
  EXPECT_TRUE(served.Wait(Hang()));
  source.Remove();
  EXPECT_TRUE(source.released().Wait(Hang()));
  source.Raise();  // nobody looks any more
  reactor.Stop();
  EXPECT_FALSE(served.TryTake());
  EXPECT_FALSE(source.released().TryTake()) << "released twice";
}

TEST(Reactor, ALeaderThatBlocksInUserCodeLosesTheLeadershipAndAnotherServes) {
  Reactor reactor({.max_threads = 4});
  Waiter blocked, served, resumed, ended;
  std::atomic<bool> still_leads{true};
  EventSource blocking(&reactor, [&](uint32_t events) {
    if (events == 0) return resumed.Wake();  // the new leader stands where the old one stood
    UserScope scope;
    blocked.Wake();
    EXPECT_TRUE(served.Wait(Hang()));
    still_leads = scope.Leave();
    EXPECT_FALSE(Reactor::Leading());
    ended.Wake();
  });
  EventSource other(&reactor, [&](uint32_t events) {
    if (events != 0) served.Wake();
  });
  reactor.Start();
  blocking.Raise();
  ASSERT_TRUE(blocked.Wait(Hang()));
  other.Raise();
  ASSERT_TRUE(ended.Wait(Hang()));
  EXPECT_FALSE(still_leads);
  EXPECT_TRUE(resumed.Wait(Hang()));
  reactor.Stop();
}

TEST(Reactor, ShortUserCodeKeepsTheLeadership) {
  Reactor reactor({.max_threads = 4});
  Waiter ended;
  EventSource source(&reactor, [&](uint32_t events) {
    UserScope scope;
    // A machine that is too busy may take it away; then there is nothing to see here.
    if (scope.Leave()) EXPECT_TRUE(Reactor::StillLeading());
    ended.Wake();
  });
  reactor.Start();
  for (int i = 0; i < 100; ++i) {
    source.Raise();
    ASSERT_TRUE(ended.Wait(Hang()));
  }
  reactor.Stop();
}

TEST(Reactor, ALeaderMayYieldBeforeItBlocks) {
  Reactor reactor({.max_threads = 4});
  Waiter blocked, served, ended;
  EventSource blocking(&reactor, [&](uint32_t events) {
    if (events == 0) return;
    Reactor::YieldIfLeading();
    EXPECT_FALSE(Reactor::Leading());
    blocked.Wake();
    EXPECT_TRUE(served.Wait(Hang()));
    ended.Wake();
  });
  EventSource other(&reactor, [&](uint32_t events) {
    if (events != 0) served.Wake();
  });
  reactor.Start();
  blocking.Raise();
  ASSERT_TRUE(blocked.Wait(Hang()));
  other.Raise();
  EXPECT_TRUE(ended.Wait(Hang()));
  reactor.Stop();
}

// An event makes it be polled for as long as it may; it tells whether it was.
class PolledSource final : public Source {
 public:
  explicit PolledSource(Reactor* reactor) : reactor_(reactor) {
    EXPECT_TRUE(reactor_->Add(this, fd_, EPOLLIN | EPOLLET));
  }
  ~PolledSource() { close(fd_); }
  void Raise() { ASSERT_EQ(eventfd_write(fd_, 1), 0); }
  void OnReady(uint32_t events) override {
    if (events == kPolled) {
      ready = false;
      polled.Wake();
    } else if (events != 0) {
      reactor_->KeepPolling(this, UINT64_MAX / 4);
      raised.Wake();
    }
  }
  bool Poll() override { return ready.load(); }
  bool StopPolling() override {
    stopped.Wake();
    return true;
  }
  void ReleaseSource() override {}

  std::atomic<bool> ready{false};
  Waiter raised, polled, stopped;

 private:
  Reactor* const reactor_;
  const int fd_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
};

TEST(Reactor, ALeaderWithNothingElseToDoLooksAtAPolledSource) {
  Reactor reactor({.max_threads = 1});
  PolledSource source(&reactor);
  reactor.Start();
  source.Raise();
  ASSERT_TRUE(source.raised.Wait(Hang()));
  source.ready = true;
  EXPECT_TRUE(source.polled.Wait(Hang())) << "no event told of it";
  reactor.Stop();
}

TEST(Reactor, ALeaderDoesNotLookWhereItTakesTheProcessorFromAHandler) {
  std::thread([] {
    cpu_set_t one, before;
    ASSERT_EQ(sched_getaffinity(0, sizeof(before), &before), 0);
    CPU_ZERO(&one);
    for (int i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++i) {
      if (CPU_ISSET(i, &before)) CPU_SET(i, &one);
    }
    ASSERT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
    Reactor reactor({.max_threads = 2});  // its threads inherit that
    PolledSource source(&reactor);
    reactor.Start();
    Waiter begun, go_on;
    FunctionTask handler([&] {
      begun.Wake();
      EXPECT_TRUE(go_on.Wait(Hang()));
    });
    EXPECT_TRUE(reactor.Execute(&handler.task));
    ASSERT_TRUE(begun.Wait(Hang()));
    source.Raise();
    EXPECT_TRUE(source.stopped.Wait(Hang()));
    go_on.Wake();
    reactor.Stop();
  }).join();
}

TEST(Reactor, ALeaderKnowsWhetherOthersWait) {
  Reactor reactor({.max_threads = 1});
  Waiter served, ended;
  EventSource other(&reactor, [&](uint32_t) { served.Wake(); });
  EventSource source(&reactor, [&](uint32_t) {
    EXPECT_FALSE(Reactor::OthersWait({}));
    other.Raise();
    EXPECT_TRUE(Reactor::OthersWait({}));
    ended.Wake();
  });
  reactor.Start();
  source.Raise();
  EXPECT_TRUE(ended.Wait(Hang()));
  EXPECT_TRUE(served.Wait(Hang()));
  reactor.Stop();
}

TEST(Reactor, APolledSourceCountsAsOneThatWaits) {
  Reactor reactor({.max_threads = 1});
  Waiter ended;
  PolledSource polled(&reactor);
  EventSource source(&reactor, [&](uint32_t) {
    EXPECT_TRUE(Reactor::OthersWait({})) << "no event would tell of what it has";
    ended.Wake();
  });
  reactor.Start();
  polled.Raise();
  ASSERT_TRUE(polled.raised.Wait(Hang()));
  source.Raise();
  EXPECT_TRUE(ended.Wait(Hang()));
  reactor.Stop();
}

TEST(Reactor, OneThatYieldedKnowsWhetherAHandlerRanMeanwhile) {
  Reactor reactor({.max_threads = 4});
  Waiter served, ended;
  EventSource other(&reactor, [&](uint32_t events) {
    if (events == 0) return;
    { UserScope handler; }
    served.Wake();
  });
  EventSource source(&reactor, [&](uint32_t events) {
    if (events == 0) return;
    const Reactor::Yielded yielded = Reactor::YieldIfLeading();
    EXPECT_FALSE(Reactor::OthersWait(yielded));
    other.Raise();
    EXPECT_TRUE(served.Wait(Hang()));
    EXPECT_TRUE(Reactor::OthersWait(yielded));
    ended.Wake();
  });
  reactor.Start();
  source.Raise();
  EXPECT_TRUE(ended.Wait(Hang()));
  reactor.Stop();
}

TEST(Reactor, ADonatedThreadServesSourcesTasksAndTimers) {
  Reactor reactor({.donated_only = true});
  reactor.Start();
  EXPECT_EQ(reactor.threads(), 0u);
  Waiter served, ran, fired;
  EventSource source(&reactor, [&](uint32_t events) {
    if (events != 0) served.Wake();
  });
  FunctionTask task([&] { ran.Wake(); });
  FunctionTimer timer([&] { fired.Wake(); });
  std::atomic<bool> stopped{false};
  std::thread worker([&] { stopped = reactor.RunWorker(kNever); });
  source.Raise();
  EXPECT_TRUE(reactor.Execute(&task.task));
  reactor.Schedule(&timer.timer, DeadlineAfter(kMillisecond));
  EXPECT_TRUE(served.Wait(Hang()));
  EXPECT_TRUE(ran.Wait(Hang()));
  EXPECT_TRUE(fired.Wait(Hang()));
  reactor.Stop();
  worker.join();
  EXPECT_TRUE(stopped);
}

// A thread whose time was over handed the lead on after it had looked whether anybody led: one that took it
// in between got company, and two threads read the same connection.
TEST(Reactor, DonatedThreadsThatComeAndGoNeverLeadAtTheSameTime) {
  Reactor reactor(Reactor::Options{.donated_only = true});
  class Busy final : public Source {
   public:
    void OnReady(uint32_t) override {
      if (inside.fetch_add(1) != 0) together.fetch_add(1);
      rounds.fetch_add(1);
      inside.fetch_sub(1);
    }
    void ReleaseSource() override {}
    std::atomic<int> inside{0};
    std::atomic<int> together{0};
    std::atomic<int> rounds{0};
  };
  Busy busy;
  const int fd = eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC);  // readable for ever
  ASSERT_TRUE(reactor.Add(&busy, fd, EPOLLIN));
  std::vector<std::thread> workers;
  for (int i = 0; i < 4; ++i) {
    workers.emplace_back([&] {
      for (int turn = 0; turn < 500; ++turn) reactor.RunWorker(NowNs() + 20'000 + turn % 7 * 1000);
    });
  }
  for (std::thread& worker : workers) worker.join();
  EXPECT_GT(busy.rounds.load(), 0);
  EXPECT_EQ(busy.together.load(), 0);
  reactor.Remove(&busy, fd);
  reactor.Stop();
  close(fd);
}

TEST(Reactor, ADonatedThreadComesBackAtItsDeadline) {
  Reactor reactor({.donated_only = true});
  reactor.Start();
  const int64_t deadline = DeadlineAfter(5 * kMillisecond);
  EXPECT_FALSE(reactor.RunWorker(deadline));
  EXPECT_GE(NowNs(), deadline);
  reactor.Stop();
  EXPECT_TRUE(reactor.RunWorker(Hang())) << "a stopped reactor keeps nobody";
}

TEST(Reactor, StopWaitsForTheTaskUnderWay) {
  Reactor reactor({.max_threads = 2});
  reactor.Start();
  Waiter entered;
  std::atomic<bool> ended{false};
  FunctionTask task([&] {
    entered.Wake();
    for (int i = 0; i < 1000; ++i) std::this_thread::yield();
    ended = true;
  });
  EXPECT_TRUE(reactor.Execute(&task.task));
  ASSERT_TRUE(entered.Wait(Hang()));
  reactor.Stop();
  EXPECT_TRUE(ended);
}

}  // namespace
}  // namespace polycall::base
