// Reactor: leader and followers over one epoll instance.
//
// One thread, the leader, waits for readiness and runs what arrives itself, handlers included, so
// that a request costs no hand-off. Others take over only when they must:
//   - the leader is about to block or to run a handler known to be long (YieldIfLeading), or
//   - the watchdog finds it in one handler for longer than a tick (a stolen leadership).
// A thread that lost the leadership learns it when its handler returns (UserScope::Leave), and from
// then on touches nothing that belongs to the leader: sources, their read state, the event array.
// The new leader first resumes the source at which the old one stood (OnReady(0)).
#ifndef POLYCALL_BASE_REACTOR_H_
#define POLYCALL_BASE_REACTOR_H_

#include <sys/epoll.h>

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/waiter.h"

namespace polycall::base {

// Something with a file descriptor. OnReady is called by the leader only.
class Source {
 public:
  // `events` are epoll's. 0: a new leader asks to go on with what the old one had begun. After any
  // user code, check Reactor::Leading() and return at once, without touching members, if it is lost.
  virtual void OnReady(uint32_t events) = 0;
  static constexpr uint32_t kPolled = 1u << 27;  // in `events`: Poll said so; no flag of epoll's
  // Of a source that is polled (KeepPolling): whether OnReady would find something to do. By the
  // leader; cheap.
  virtual bool Poll() { return false; }
  // The leader stops polling. False: something came meanwhile. From now on events tell.
  virtual bool StopPolling() { return true; }
  // The reactor's reference, dropped when no leader can stand at this source any more.
  virtual void ReleaseSource() = 0;

 protected:
  ~Source() = default;
};

// A unit of work for a pool thread. Owned by whoever embeds it; `run` is called once.
struct Task {
  void (*run)(Task* task) = nullptr;
  void* context = nullptr;  // whose task it is
  Task* next = nullptr;
};

// A one-shot timer, embedded in what it times. Whoever schedules keeps the object alive until it
// fired or Cancel returned true.
struct Timer {
  int64_t when = 0;
  int heap_index = -1;
  void (*fire)(Timer* timer) = nullptr;
  void* context = nullptr;  // whose timer it is
};

class Reactor {
 public:
  struct Options {
    uint32_t max_threads = 256;
    bool donated_only = false;  // no threads of its own: RunWorker only
    const char* name = "polycall";
  };
  explicit Reactor(const Options& options);
  ~Reactor();  // Stops first.
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  // The process's reactor for callers' connections, callbacks and timers. Never destroyed; a new one
  // after fork().
  static Reactor& Global();

  // Starts the first thread, if it may have one of its own. Idempotent.
  void Start();
  // Ends all threads and waits for them; handlers under way finish first. Not from a pool thread.
  void Stop();

  // Registers; takes a reference that ReleaseSource drops. False with errno if the kernel refuses.
  bool Add(Source* source, int fd, uint32_t events);
  void Modify(Source* source, int fd, uint32_t events);
  // After this no new OnReady begins for `source`; call before the descriptor is closed.
  void Remove(Source* source, int fd);

  // Takes a further descriptor of a source out; Remove is for the last.
  void Forget(int fd);
  // From OnReady, by the leader: looks at `source` for `ticks` (base::Ticks) before it sleeps; not at
  // all where other threads of ours want the processor.
  void KeepPolling(Source* source, uint64_t ticks);

  // Runs `task` on a pool thread that is not the leader. Returns false when every thread is busy,
  // no more may be made and `max_queued` tasks wait already.
  bool Execute(Task* task, size_t max_queued = SIZE_MAX);

  void Schedule(Timer* timer, int64_t when);
  // True: it will not fire. False: it was not scheduled, has fired or is firing.
  bool Cancel(Timer* timer);

  // Lends this thread until Stop (true) or `deadline` (false).
  bool RunWorker(int64_t deadline);

  // True if the calling thread leads some reactor (this one, if called from its sources).
  static bool Leading();
  // The same, but knows at once of a leadership that the watchdog took away.
  static bool StillLeading();
  // Of one that leads: whether it knows of another source that waits. Costs nothing.
  static bool MoreToDo();
  // Gives the leadership up before blocking or long work. No effect if this thread does not lead.
  struct Yielded {
    Reactor* reactor = nullptr;  // NULL: there was nothing to give up
    uint64_t word = 0;
  };
  static Yielded YieldIfLeading();
  // Whether something else was to be done, or was done, since this thread leads, or since it yielded.
  // A system call for one that leads.
  static bool OthersWait(const Yielded& yielded);

  size_t queued_tasks() const { return task_count_.load(std::memory_order_relaxed); }
  uint32_t threads() const { return thread_count_.load(std::memory_order_relaxed); }

 private:
  friend class UserScope;
  struct Worker {
    Waiter waiter;
  };

  void Work(int64_t deadline, bool donated);
  void Lead();
  bool RunTimers();
  void ArmTimerLocked() REQUIRES(timer_mutex_);
  void DrainGraveyard();
  enum class Polled { kLost, kLook, kSleep };
  Polled PollSources();
  bool MaySpin() const;
  void StandAt(Source* source);
  bool RunEvents();
  void SkipGraves();
  void WakeLeader();
  void Promote();
  void PromoteLocked() REQUIRES(mutex_);
  bool MaySpawn() const {
    return !options_.donated_only &&
           thread_count_.load(std::memory_order_relaxed) < options_.max_threads;
  }
  void SpawnLocked() REQUIRES(mutex_);
  Task* PopTaskLocked() REQUIRES(mutex_);
  bool RunOrphanTask();
  void Watch();
  void HeapUp(size_t index) REQUIRES(timer_mutex_);
  void HeapDown(size_t index) REQUIRES(timer_mutex_);
  void HeapRemove(size_t index) REQUIRES(timer_mutex_);

  const Options options_;
  int epoll_fd_ = -1;
  int event_fd_ = -1;
  int timer_fd_ = -1;  // so that epoll_wait has no timeout: arming one costs on each round

  // counter << 1 | in user code. Only the leader and thieves change it.
  alignas(64) std::atomic<uint64_t> lead_{0};
  std::atomic<bool> watchdog_asleep_{true};
  Source* current_ = nullptr;  // the leader's: where it stands
  static constexpr int kMaxEvents = 32;
  epoll_event events_[kMaxEvents];  // the leader's: what it was told, and how far it is
  int event_count_ = 0;
  int event_next_ = 0;
  struct Hot {
    Source* source;
    uint64_t until;
  };
  std::vector<Hot> hot_;  // the leader's: sources that it polls

  alignas(64) Mutex mutex_;
  bool started_ GUARDED_BY(mutex_) = false;
  bool leaderless_ GUARDED_BY(mutex_) = true;
  std::vector<Worker*> idle_ GUARDED_BY(mutex_);  // a stack: the warmest thread first
  Task* task_head_ GUARDED_BY(mutex_) = nullptr;
  Task* task_tail_ GUARDED_BY(mutex_) = nullptr;
  std::atomic<size_t> task_count_{0};
  uint32_t waking_ GUARDED_BY(mutex_) = 0;  // idle threads that were woken and have not come yet
  std::vector<std::thread> own_threads_ GUARDED_BY(mutex_);
  std::atomic<uint32_t> donated_{0};
  std::vector<Source*> graveyard_ GUARDED_BY(mutex_);
  std::atomic<bool> has_graves_{false};
  std::atomic<bool> stop_{false};
  std::atomic<uint32_t> thread_count_{0};
  std::atomic<uint32_t> resting_{0};  // of them, that wait for work

  Mutex timer_mutex_;
  std::vector<Timer*> heap_ GUARDED_BY(timer_mutex_);
  int64_t armed_at_ GUARDED_BY(timer_mutex_) = kNever;  // when timer_fd_ fires

  std::thread watchdog_;  // touched by who started it, and by Stop
  std::atomic<bool> watched_{false};
  Waiter watchdog_waiter_;
};

// Marks that user code runs, on a leader or anywhere else. Leave tells if this thread still leads
// (trivially true for a thread that did not lead when the scope began).
class UserScope {
 public:
  UserScope();
  bool Leave();
  ~UserScope() {
    if (!left_) Leave();
  }

 private:
  Reactor* reactor_;
  bool left_ = false;
};

}  // namespace polycall::base

#endif  // POLYCALL_BASE_REACTOR_H_
