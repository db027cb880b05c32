#include "transport/grpc/module/poller.h"

#include <chrono>

namespace polycall::transport {
namespace {

constexpr std::chrono::milliseconds kTick{1};
constexpr int kQuietTicks = 20;  // then the watchdog sleeps
// A thread beside another that polls goes after so many rounds in which it was not needed.
constexpr int kUnneeded = 64;

thread_local Poller* t_poller = nullptr;

}  // namespace

Poller::Poller() : queue_(grpc_completion_queue_create_for_next(nullptr)) {
  std::lock_guard lock(mutex_);
  polling_ = 1;
  threads_.emplace_back([this] { Poll(); });
  watchdog_ = std::thread([this] { Watch(); });
}

Poller::~Poller() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
    spare_.notify_all();
    watchdog_wakes_.notify_all();
  }
  watchdog_.join();
  grpc_completion_queue_shutdown(queue_);
  for (std::thread& thread : threads_) thread.join();
  grpc_completion_queue_destroy(queue_);
}

void Poller::Poll() {
  t_poller = this;
  int unneeded = 0;
  for (;;) {
    const grpc_event event =
        grpc_completion_queue_next(queue_, gpr_inf_future(GPR_CLOCK_REALTIME), nullptr);
    if (event.type != GRPC_OP_COMPLETE) return;  // shut down
    const bool alone = polling_.fetch_sub(1) == 1;
    events_.fetch_add(1, std::memory_order_relaxed);
    if (alone && watchdog_asleep_.load()) {
      std::lock_guard lock(mutex_);
      if (watchdog_asleep_.exchange(false)) watchdog_wakes_.notify_one();
    }
    unneeded = alone ? 0 : unneeded + 1;
    static_cast<Tag*>(event.tag)->Run(event.success != 0);
    if (unneeded < kUnneeded) {
      polling_.fetch_add(1);
      continue;
    }
    // Others polled all the time that we were away: one less will do, if one is left.
    unneeded = 0;
    std::unique_lock lock(mutex_);
    if (polling_.load() == 0 || stop_) {
      polling_.fetch_add(1);
      continue;
    }
    ++spares_;
    spare_.wait(lock, [this] { return wanted_ > 0 || stop_; });
    --spares_;
    if (wanted_ > 0) {
      --wanted_;  // counted by who sent us
    } else {
      polling_.fetch_add(1);
    }
  }
}

void Poller::SendAnother() {
  std::lock_guard lock(mutex_);
  if (polling_.load() > 0 || stop_) return;
  if (spares_ > wanted_) {
    ++wanted_;
    spare_.notify_one();
  } else if (threads_.size() < kMostThreads) {
    threads_.emplace_back([this] { Poll(); });
  } else {
    return;
  }
  polling_.fetch_add(1);
}

void Poller::YieldThread() {
  if (t_poller != nullptr) t_poller->SendAnother();
}

void Poller::Watch() {
  uint64_t seen = 0;
  int away = 0;  // ticks at which nobody polled
  int quiet = 0;
  std::unique_lock lock(mutex_);
  while (!stop_) {
    if (quiet >= kQuietTicks) {
      watchdog_asleep_ = true;
      // Somebody may have gone away before he could see that.
      if (polling_.load() > 0) {
        watchdog_wakes_.wait(lock, [this] { return stop_ || !watchdog_asleep_.load(); });
      }
      watchdog_asleep_ = false;
      quiet = 0;
    }
    watchdog_wakes_.wait_for(lock, kTick);
    if (polling_.load() == 0) {
      quiet = 0;
      if (++away >= 2) {
        lock.unlock();
        SendAnother();
        lock.lock();
        away = 0;
      }
    } else {
      away = 0;
      const uint64_t now = events_.load(std::memory_order_relaxed);
      quiet = now == seen ? quiet + 1 : 0;
      seen = now;
    }
  }
}

}  // namespace polycall::transport
