#include "loop/event_loop.h"

#include <gtest/gtest.h>

#include <thread>

namespace polycall::scheduler {
namespace {

using std::chrono::milliseconds;

TEST(EventLoop, TimersFireInTheirOrderAndCancelledOnesDoNot) {
  EventLoop loop;
  std::string order;
  loop.After(milliseconds(20), [&] { order += 'b'; });
  loop.After(milliseconds(1), [&] { order += 'a'; });
  const auto cancelled = loop.After(milliseconds(10), [&] { order += 'x'; });
  loop.Cancel(cancelled);
  loop.Cancel(cancelled);
  loop.After(milliseconds(30), [&] { loop.Stop(); });
  loop.Run();
  EXPECT_EQ(order, "ab");
}

TEST(EventLoop, WorkOfOtherThreadsRunsInTheLoop) {
  EventLoop loop;
  std::thread::id where;
  std::thread other([&] {
    loop.Post([&] { where = std::this_thread::get_id(); });
    loop.Stop();
  });
  loop.Run();
  other.join();
  EXPECT_EQ(where, std::this_thread::get_id());
}

TEST(EventLoop, AWatcherMayForgetItself) {
  EventLoop loop;
  int fds[2];
  ASSERT_EQ(pipe(fds), 0);
  int calls = 0;
  loop.Watch(fds[0], [&] {
    ++calls;
    loop.Forget(fds[0]);
    loop.After(milliseconds(5), [&] { loop.Stop(); });
  });
  ASSERT_EQ(write(fds[1], "x", 1), 1);
  loop.Run();
  EXPECT_EQ(calls, 1);
  close(fds[0]);
  close(fds[1]);
}

}  // namespace
}  // namespace polycall::scheduler
