// The reactor's threads: the tasks that they run, and who is to lead next. What a leader does is in reactor.cc.
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <system_error>

#include "base/log.h"
#include "base/reactor.h"

namespace polycall::base {
namespace {

constexpr int64_t kIdleThreadLife = 10 * kSecond;

}  // namespace

void Reactor::Start() {
  MutexLock lock(mutex_);
  if (started_) return;
  started_ = true;
  if (!options_.donated_only) SpawnLocked();
}

void Reactor::SpawnLocked() {
  if (stop_) return;
  try {
    own_threads_.emplace_back([this] {
      pthread_setname_np(pthread_self(), options_.name);
      Work(kNever, false);
    });
    thread_count_.fetch_add(1, std::memory_order_relaxed);
  } catch (const std::system_error& error) {
    Log(POLYCALL_LOG_ERROR, std::string("cannot start a thread: ") + error.what());
  }
}

void Reactor::Stop() {
  std::vector<std::thread> threads;
  {
    MutexLock lock(mutex_);
    stop_.store(true);
    for (Worker* worker : idle_) worker->waiter.Wake();
    idle_.clear();
    threads.swap(own_threads_);
  }
  WakeLeader();
  for (std::thread& thread : threads) thread.join();
  // Donated threads leave by themselves; the sources must stay until they have.
  for (;;) {
    if (donated_ == 0) break;
    WakeLeader();
    usleep(200);
  }
  watchdog_waiter_.Wake();
  if (watchdog_.joinable()) watchdog_.join();
  DrainGraveyard();
}

void Reactor::Work(int64_t deadline, bool donated) {
  Worker self;
  mutex_.Lock();
  while (!stop_) {
    if (deadline != kNever && NowNs() >= deadline) {
      // Under the lock since we looked: another thread that took the lead meanwhile would get company.
      if (leaderless_) PromoteLocked();
      break;
    }
    if (leaderless_) {
      leaderless_ = false;
      // A task may wait behind us while nobody is idle: it gets a thread of its own.
      if (task_head_ != nullptr && idle_.empty() && waking_ == 0 && MaySpawn()) SpawnLocked();
      mutex_.Unlock();
      Lead();
      mutex_.Lock();
      continue;
    }
    if (Task* task = PopTaskLocked()) {
      mutex_.Unlock();
      task->run(task);
      mutex_.Lock();
      continue;
    }
    idle_.push_back(&self);
    mutex_.Unlock();
    resting_.fetch_add(1, std::memory_order_relaxed);
    const bool woken = self.waiter.Wait(donated ? deadline : DeadlineAfter(kIdleThreadLife));
    resting_.fetch_sub(1, std::memory_order_relaxed);
    mutex_.Lock();
    auto it = std::find(idle_.begin(), idle_.end(), &self);
    if (it != idle_.end()) {
      idle_.erase(it);
      if (!woken && !donated) break;  // not needed for a while
    } else {
      if (!woken) self.waiter.TryTake();
      if (waking_ > 0) --waking_;
    }
  }
  if (!donated) {
    // One that Stop does not wait for leaves by itself; the lock is the last thing it touches.
    auto own = std::find_if(
        own_threads_.begin(), own_threads_.end(),
        [](const std::thread& thread) { return thread.get_id() == std::this_thread::get_id(); });
    if (own != own_threads_.end()) {
      own->detach();
      own_threads_.erase(own);
    }
    thread_count_.fetch_sub(1, std::memory_order_relaxed);
  }
  mutex_.Unlock();
}

Task* Reactor::PopTaskLocked() {
  Task* task = task_head_;
  if (task == nullptr) return nullptr;
  task_head_ = task->next;
  if (task_head_ == nullptr) task_tail_ = nullptr;
  task_count_.fetch_sub(1, std::memory_order_relaxed);
  return task;
}

bool Reactor::RunWorker(int64_t deadline) {
  {
    MutexLock lock(mutex_);
    if (stop_) return true;
    donated_.fetch_add(1);
  }
  thread_count_.fetch_add(1, std::memory_order_relaxed);
  // A leader that blocks in epoll_wait would miss the deadline: a timer wakes it.
  Timer timer;
  timer.fire = [](Timer*) {};
  if (deadline != kNever) Schedule(&timer, deadline);
  Work(deadline, true);
  if (deadline != kNever) Cancel(&timer);
  thread_count_.fetch_sub(1, std::memory_order_relaxed);
  MutexLock lock(mutex_);
  donated_.fetch_sub(1);
  return stop_;
}

bool Reactor::Execute(Task* task, size_t max_queued) {
  task->next = nullptr;
  bool wake_leader = false;
  {
    MutexLock lock(mutex_);
    const bool idle = !idle_.empty();
    const bool may_spawn = MaySpawn();
    if (!idle && !may_spawn && task_count_ >= max_queued) return false;
    if (task_tail_ != nullptr) {
      task_tail_->next = task;
    } else {
      task_head_ = task;
    }
    task_tail_ = task;
    task_count_.fetch_add(1, std::memory_order_release);
    if (idle) {
      idle_.back()->waiter.Wake();
      idle_.pop_back();
      ++waking_;
    } else if (may_spawn && waking_ < task_count_) {
      SpawnLocked();
    } else {
      wake_leader = true;
    }
  }
  // Nobody else is there to run it: the leader takes it between two rounds.
  if (wake_leader) WakeLeader();
  return true;
}

// Somebody must lead: an idle thread, a new one, or the next that has nothing else to do.
void Reactor::Promote() {
  MutexLock lock(mutex_);
  PromoteLocked();
}

void Reactor::PromoteLocked() {
  leaderless_ = true;
  if (!idle_.empty()) {
    idle_.back()->waiter.Wake();
    idle_.pop_back();
    ++waking_;
  } else if (waking_ == 0 && MaySpawn()) {
    SpawnLocked();
  }
}

}  // namespace polycall::base
