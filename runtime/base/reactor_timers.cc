// The reactor's timers: a binary heap that knows each timer's place, so that most timers, which are
// deadlines that never fire, are cheap to cancel.
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
  {
    MutexLock lock(timer_mutex_);
    if (timer->heap_index >= 0) HeapRemove(static_cast<size_t>(timer->heap_index));
    timer->when = when;
    heap_.push_back(timer);
    HeapUp(heap_.size() - 1);
  }
  // The leader computes its timeout under timer_mutex_ and publishes it before it sleeps, so an
  // earlier timer either was seen by it or sees it.
  const int64_t wake_at = wake_at_.load(std::memory_order_acquire);
  if (wake_at != 0 && when < wake_at) WakeLeader();
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
    {
      MutexLock lock(timer_mutex_);
      if (heap_.empty()) return true;
      if (now == 0) now = NowNs();
      if (heap_[0]->when > now) return true;
      due = heap_[0];
      HeapRemove(0);
    }
    due->fire(due);
    if (!Leading()) return false;
  }
}

int Reactor::TimeoutMs() {
  MutexLock lock(timer_mutex_);
  if (heap_.empty()) {
    wake_at_.store(kNever, std::memory_order_release);
    return -1;
  }
  const int64_t when = heap_[0]->when;
  wake_at_.store(when, std::memory_order_release);
  const int64_t left = when - NowNs();
  if (left <= 0) return 0;
  // Rounded up: a timer never fires early.
  return static_cast<int>(std::min<int64_t>((left + kMillisecond - 1) / kMillisecond, 3600 * 1000));
}

}  // namespace polycall::base
