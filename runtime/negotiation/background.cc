#include "negotiation/background.h"

#include <condition_variable>
#include <utility>

#include "base/clock.h"
#include "base/give_way.h"
#include "base/mutex.h"
#include "base/reactor.h"

namespace polycall::negotiation {

// The timer and the task each hold a reference while the reactor knows them.
struct Background::Core : std::enable_shared_from_this<Background::Core> {
  explicit Core(std::function<int64_t()> w) : work(std::move(w)) {
    task.context = timer.context = this;
    task.run = [](base::Task* t) { static_cast<Core*>(t->context)->Run(); };
    timer.fire = [](base::Timer* t) { static_cast<Core*>(t->context)->Fired(); };
  }

  // The run of a timer is on the leader's thread: the work goes to another.
  void Fired() {
    std::shared_ptr<Core> self;
    base::MutexLock lock(mutex);
    self = std::move(timer_self);
    PostLocked();
  }

  void PostLocked() REQUIRES(mutex) {
    if (stopped) return;
    if (posted) {
      again = running;  // one that has not begun will see everything
      return;
    }
    posted = true;
    task_self = shared_from_this();
    base::Reactor::Global().Execute(&task);
  }

  void ScheduleLocked(int64_t when) REQUIRES(mutex) {
    if (stopped) return;
    base::Reactor& reactor = base::Reactor::Global();
    // One that is just firing runs the work, which then says when it wants to run next.
    if (timer_self && (timer.when <= when || !reactor.Cancel(&timer))) return;
    timer_self = shared_from_this();
    reactor.Schedule(&timer, when);
  }

  void Run() {
    std::shared_ptr<Core> self;
    bool wanted;
    {
      base::MutexLock lock(mutex);
      self = std::move(task_self);
      wanted = running = !stopped;
      again = false;
    }
    int64_t next = base::kNever;
    if (wanted) {
      const base::Aside aside(true);
      base::GiveWay();
      next = work();
    }
    base::MutexLock lock(mutex);
    posted = running = false;
    if (again) PostLocked();
    if (next != base::kNever) ScheduleLocked(next);
    ended.notify_all();
  }

  std::function<int64_t()> work;
  base::Mutex mutex;
  std::condition_variable_any ended;
  base::Task task;
  base::Timer timer;
  std::shared_ptr<Core> task_self GUARDED_BY(mutex);
  std::shared_ptr<Core> timer_self GUARDED_BY(mutex);  // set while the timer is
  bool posted GUARDED_BY(mutex) = false;
  bool running GUARDED_BY(mutex) = false;
  bool again GUARDED_BY(mutex) = false;
  bool stopped GUARDED_BY(mutex) = false;
};

Background::Background(std::function<int64_t()> work)
    : core_(std::make_shared<Core>(std::move(work))) {}

Background::~Background() { Stop(); }

void Background::RunSoon() {
  base::MutexLock lock(core_->mutex);
  core_->PostLocked();
}

void Background::RunAt(int64_t when) {
  base::MutexLock lock(core_->mutex);
  core_->ScheduleLocked(when);
}

void Background::Stop() {
  std::shared_ptr<Core> timer_self;  // dropped after the lock
  base::MutexLock lock(core_->mutex);
  core_->stopped = true;
  if (core_->timer_self && base::Reactor::Global().Cancel(&core_->timer)) {
    timer_self = std::move(core_->timer_self);
  }
}

void Background::StopAndWait() {
  Stop();
  base::MutexLock lock(core_->mutex);
  while (core_->posted || core_->timer_self) {
    core_->ended.wait_for(core_->mutex, std::chrono::milliseconds(5));
  }
}

}  // namespace polycall::negotiation
