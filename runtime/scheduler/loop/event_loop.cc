#include "loop/event_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

namespace polycall::scheduler {
namespace {
constexpr int kEventsPerRound = 64;
}  // namespace

EventLoop::EventLoop()
    : epoll_(epoll_create1(EPOLL_CLOEXEC)), wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  Watch(wake_.get(), [this] {
    uint64_t count = 0;
    (void)!read(wake_.get(), &count, sizeof count);
    RunPosted();
  });
}

void EventLoop::Watch(int fd, std::function<void()> ready) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
  watched_[fd] = std::move(ready);
}

void EventLoop::Forget(int fd) {
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  watched_.erase(fd);
}

EventLoop::TimerId EventLoop::After(std::chrono::nanoseconds delay, std::function<void()> fire) {
  const TimerId id = next_timer_++;
  const auto due = Clock::now() + delay;
  timers_.emplace(std::pair(due, id), std::move(fire));
  due_.emplace(id, due);
  return id;
}

void EventLoop::Cancel(TimerId timer) {
  if (const auto found = due_.find(timer); found != due_.end()) {
    timers_.erase({found->second, timer});
    due_.erase(found);
  }
}

void EventLoop::Post(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(work));
  }
  const uint64_t one = 1;
  (void)!write(wake_.get(), &one, sizeof one);
}

void EventLoop::RunPosted() {
  std::vector<std::function<void()>> work;
  {
    const std::lock_guard lock(mutex_);
    work.swap(posted_);
  }
  for (const auto& each : work) {
    each();
  }
}

void EventLoop::FireDue() {
  const auto now = Clock::now();
  while (!timers_.empty() && timers_.begin()->first.first <= now) {
    const auto fire = std::move(timers_.begin()->second);
    due_.erase(timers_.begin()->first.second);
    timers_.erase(timers_.begin());
    fire();
  }
}

int EventLoop::TimeoutMs() const {
  if (timers_.empty()) {
    return -1;
  }
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(timers_.begin()->first.first - Clock::now());
  return static_cast<int>(std::clamp<int64_t>(left.count(), 0, INT_MAX));
}

void EventLoop::Run() {
  epoll_event events[kEventsPerRound];
  while (running_) {
    const int count = epoll_wait(epoll_.get(), events, kEventsPerRound, TimeoutMs());
    for (int i = 0; i < count; ++i) {
      // What was forgotten by an earlier event of this round is not called any more; what is called
      // may forget itself.
      if (const auto found = watched_.find(events[i].data.fd); found != watched_.end()) {
        const auto ready = found->second;
        ready();
      }
    }
    FireDue();
  }
}

void EventLoop::Stop() {
  Post([this] { running_ = false; });
}

}  // namespace polycall::scheduler
