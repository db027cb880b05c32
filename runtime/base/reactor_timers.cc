// The reactor's timers: a binary heap that knows each timer's place, so that most timers, which are
// deadlines that never fire, are cheap to cancel.
#include <sys/timerfd.h>

#include <algorithm>

#include "base/reactor.h"

namespace polycall::base {

void Reactor::HeapUp(size_t index) {
  Timer* timer = heap_[index];
  while (index > 0) {
    const size_t parent = (index - 1) / 2;
    if (heap_[parent]->when <= timer->when) break;
    heap_[index] = heap_[parent];
    heap_[index]->heap_index = static_cast<int>(index);
    index = parent;
  }
  heap_[index] = timer;
  timer->heap_index = static_cast<int>(index);
}

void Reactor::HeapDown(size_t index) {
  Timer* timer = heap_[index];
  for (;;) {
    size_t child = 2 * index + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && heap_[child + 1]->when < heap_[child]->when) ++child;
    if (timer->when <= heap_[child]->when) break;
    heap_[index] = heap_[child];
    heap_[index]->heap_index = static_cast<int>(index);
    index = child;
  }
  heap_[index] = timer;
  timer->heap_index = static_cast<int>(index);
}

void Reactor::HeapRemove(size_t index) {
  heap_[index]->heap_index = -1;
  Timer* last = heap_.back();
  heap_.pop_back();
  if (index == heap_.size()) return;
  heap_[index] = last;
  last->heap_index = static_cast<int>(index);
  HeapDown(index);
  HeapUp(static_cast<size_t>(last->heap_index));
}

void Reactor::Schedule(Timer* timer, int64_t when) {
  MutexLock lock(timer_mutex_);
  if (timer->heap_index >= 0) HeapRemove(static_cast<size_t>(timer->heap_index));
  timer->when = when;
  heap_.push_back(timer);
  HeapUp(heap_.size() - 1);
  if (when < armed_at_) ArmTimerLocked();
}

// For the earliest timer. One that is cancelled leaves it armed: it then fires for nothing, once.
void Reactor::ArmTimerLocked() {
  armed_at_ = heap_.empty() ? kNever : heap_[0]->when;
  itimerspec when = {};
  if (armed_at_ != kNever) {
    const int64_t at = std::max<int64_t>(armed_at_, 1);
    when.it_value = {static_cast<time_t>(at / kSecond), static_cast<long>(at % kSecond)};
  }
  timerfd_settime(timer_fd_, TFD_TIMER_ABSTIME, &when, nullptr);
}

bool Reactor::Cancel(Timer* timer) {
  MutexLock lock(timer_mutex_);
  if (timer->heap_index < 0) return false;
  HeapRemove(static_cast<size_t>(timer->heap_index));
  return true;
}

// Fires what is due. False when the leadership was lost in a callback.
bool Reactor::RunTimers() {
  int64_t now = 0;
  for (;;) {
    Timer* due = nullptr;
    void (*fire)(Timer * timer) = nullptr;
    {
      MutexLock lock(timer_mutex_);
      if (now == 0) now = NowNs();
      if (heap_.empty() || heap_[0]->when > now) {
        ArmTimerLocked();
        return true;
      }
      due = heap_[0];
      // Read under the lock: RunWorker's timer, whose function touches nothing, is on a stack that its thread
      // leaves as soon as Cancel has told it that the timer fires.
      fire = due->fire;
      HeapRemove(0);
    }
    fire(due);
    if (!Leading()) {
      // Somebody else leads: he shall find the rest.
      MutexLock lock(timer_mutex_);
      ArmTimerLocked();
      return false;
    }
  }
}

}  // namespace polycall::base
