// The scheduler's one loop: descriptors, timers, and work from other threads.
#ifndef POLYCALL_SCHEDULER_LOOP_EVENT_LOOP_H_
#define POLYCALL_SCHEDULER_LOOP_EVENT_LOOP_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "sandbox/unique_fd.h"

namespace polycall::scheduler {

// Everything that decides something in polycalld runs here, in one thread, so that nothing of it needs
// a lock. Loop thread only, but for Post and Stop.
class EventLoop {
 public:
  using Clock = std::chrono::steady_clock;
  using TimerId = uint64_t;

  EventLoop();

  // Calls `ready` while `fd` is readable or hung up. The descriptor stays the caller's; Forget it
  // before it is closed.
  void Watch(int fd, std::function<void()> ready);
  void Forget(int fd);

  // Calls `fire` once after `delay`. Cancel is fine for a timer that has fired. 0 is no timer.
  TimerId After(std::chrono::nanoseconds delay, std::function<void()> fire);
  void Cancel(TimerId timer);

  // Runs `work` in the loop, soon. [Any thread]
  void Post(std::function<void()> work);

  // Runs until Stop.
  void Run();
  void Stop();  // [any thread]

 private:
  void RunPosted();
  void FireDue();
  int TimeoutMs() const;

  UniqueFd epoll_;
  UniqueFd wake_;
  std::unordered_map<int, std::function<void()>> watched_;
  std::map<std::pair<Clock::time_point, TimerId>, std::function<void()>> timers_;
  std::unordered_map<TimerId, Clock::time_point> due_;
  TimerId next_timer_ = 1;
  bool running_ = true;

  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;  // guarded by mutex_
};

}  // namespace polycall::scheduler

#endif  // POLYCALL_SCHEDULER_LOOP_EVENT_LOOP_H_
