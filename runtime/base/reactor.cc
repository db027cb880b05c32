// Leading: who waits in epoll_wait, what he runs, and who watches him. The threads are in reactor_threads.cc.
#include "base/reactor.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/fork.h"
#include "base/log.h"
#include "base/spin_budget.h"
#include "base/status.h"
#include "base/syscalls.h"

namespace polycall::base {
namespace {

// A handler that runs longer than one to two ticks loses the leadership. The tick is long because
// its wake-ups disturb short calls on a busy core; methods known to be long do not wait for it.
constexpr int64_t kTick = 4 * kMillisecond;
constexpr int kQuietTicks = 25;  // then the watchdog sleeps until the next handler
// Of base::Ticks, so 20 to 50 us: how long others wait while a polled source is busy.
constexpr uint64_t kLongestPoll = 50'000;
constexpr size_t kMostPolled = 16;

struct LeadState {
  Reactor* reactor = nullptr;
  uint64_t word = 0;
  bool more = false;  // other sources wait, of which no event will tell
  SpinBudget spin;    // before it sleeps
};
thread_local LeadState t_lead;

// On how many processors this thread may run.
uint32_t OurCpus() {
  thread_local const uint32_t count = [] {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof(set), &set) == 0 ? static_cast<uint32_t>(CPU_COUNT(&set))
                                                        : 1;
  }();
  return count;
}

}  // namespace

Reactor::Reactor(const Options& options) : options_(options) {
  epoll_fd_ = epoll_create1(EPOLL_CLOEXEC);
  event_fd_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;
  timer_fd_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  epoll_event timer_event = {};
  timer_event.events = EPOLLIN;
  timer_event.data.ptr = this;  // no source has this address
  if (epoll_fd_ < 0 || event_fd_ < 0 || timer_fd_ < 0 ||
      epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, event_fd_, &event) != 0 ||
      epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, timer_fd_, &timer_event) != 0) {
    Log(POLYCALL_LOG_ERROR,
        ErrnoText("cannot make an epoll instance; raise the limit of open files", errno));
  }
  TrackFd(epoll_fd_);
  TrackFd(event_fd_);
  TrackFd(timer_fd_);
}

Reactor::~Reactor() {
  Stop();
  CloseTracked(timer_fd_);
  CloseTracked(event_fd_);
  CloseTracked(epoll_fd_);
}

Reactor& Reactor::Global() {
  static std::atomic<Reactor*> global{nullptr};
  static std::atomic<uint32_t> generation{0};
  static Mutex mutex;
  [[maybe_unused]] static const bool held = (HoldOverFork(&mutex, ForkRank::kReactor), true);
  Reactor* reactor = global.load(std::memory_order_acquire);
  if (reactor != nullptr && generation.load(std::memory_order_relaxed) == ForkGeneration()) {
    return *reactor;
  }
  MutexLock lock(mutex);
  reactor = global.load(std::memory_order_relaxed);
  if (reactor == nullptr || generation.load(std::memory_order_relaxed) != ForkGeneration()) {
    // After fork() the old one has no threads and locks in unknown states: it is left alone.
    reactor = new Reactor(Options{.name = "polycall"});
    generation.store(ForkGeneration(), std::memory_order_relaxed);
    global.store(reactor, std::memory_order_release);
    reactor->Start();
  }
  return *reactor;
}

bool Reactor::Leading() { return t_lead.reactor != nullptr; }

bool Reactor::StillLeading() {
  return t_lead.reactor != nullptr &&
         t_lead.reactor->lead_.load(std::memory_order_acquire) == t_lead.word;
}

bool Reactor::MoreToDo() { return t_lead.more; }

Reactor::Yielded Reactor::YieldIfLeading() {
  Reactor* reactor = t_lead.reactor;
  if (reactor == nullptr) return {};
  uint64_t word = t_lead.word;
  t_lead.reactor = nullptr;
  const uint64_t next = (word | 1) + 1;
  // Fails if the watchdog was faster: then somebody leads already.
  if (reactor->lead_.compare_exchange_strong(word, next)) reactor->Promote();
  return {reactor, next};
}

bool Reactor::OthersWait(const Yielded& yielded) {
  const Reactor* reactor = t_lead.reactor;
  // Each handler that a leader runs counts the word up.
  if (reactor == nullptr) {
    return yielded.reactor != nullptr && yielded.reactor->lead_.load() != yielded.word;
  }
  if (!StillLeading() || t_lead.more) return true;
  pollfd entry = {reactor->epoll_fd_, POLLIN, 0};
  return poll(&entry, 1, 0) > 0;
}

void Reactor::Watch() {
  pthread_setname_np(pthread_self(), "polycall-watch");
  uint64_t last = 0;
  int quiet = 0;
  while (!stop_) {
    watchdog_waiter_.Wait(DeadlineAfter(kTick));
    uint64_t word = lead_.load();
    if (word == last && (word & 1) != 0) {
      if (lead_.compare_exchange_strong(word, word + 1)) Promote();
      word = lead_.load();
    }
    quiet = word == last ? quiet + 1 : 0;
    last = word;
    if (quiet >= kQuietTicks && (word & 1) == 0) {
      watchdog_asleep_.store(true);
      // Pairs with UserScope: either it sees that we sleep, or we see that it began.
      if (lead_.load() == word && !stop_) watchdog_waiter_.Wait(kNever);
      watchdog_asleep_.store(false);
      quiet = 0;
    }
  }
}

void Reactor::Lead() {
  t_lead.reactor = this;
  t_lead.word = lead_.load(std::memory_order_acquire);
  if (current_ != nullptr) {
    StandAt(current_);
    current_->OnReady(0);
    if (t_lead.reactor != this) return;
    current_ = nullptr;
    SkipGraves();
  }
  if (!RunEvents()) return;  // what the old leader had been told and not done: edges come once
  while (!stop_.load(std::memory_order_relaxed)) {
    if (has_graves_.load(std::memory_order_acquire)) DrainGraveyard();
    if (task_count_.load(std::memory_order_acquire) > 0 && !RunOrphanTask()) return;
    int count;
    if (hot_.empty()) {
      count = 0;
      // Peers that call one after the other are found by looking for a while: neither end is woken then.
      const bool found = MaySpin() && t_lead.spin.Spin([&] {
        count = LookForEvents(epoll_fd_, events_, kMaxEvents);
        return count != 0;
      });
      if (!found) count = WaitForEvents(epoll_fd_, events_, kMaxEvents);
    } else {
      const Polled polled = PollSources();
      if (polled == Polled::kLost) return;
      count = polled == Polled::kSleep ? WaitForEvents(epoll_fd_, events_, kMaxEvents)
                                       : LookForEvents(epoll_fd_, events_, kMaxEvents);
    }
    event_count_ = count > 0 ? count : 0;
    event_next_ = 0;
    if (!RunEvents()) return;
    // A donated thread whose time is over hands on; Work() decides.
    if (donated_.load(std::memory_order_relaxed) > 0) break;
  }
  t_lead.reactor = nullptr;
  MutexLock lock(mutex_);
  leaderless_ = true;
}

// A source that is polled tells of nothing while nobody looks at it: it counts as one that waits.
void Reactor::StandAt(Source* source) {
  current_ = source;
  t_lead.more = event_next_ < event_count_ || hot_.size() > 1 ||
                (hot_.size() == 1 && hot_[0].source != source);
}

// False: the leadership is lost, and what is left the new leader's.
bool Reactor::RunEvents() {
  while (event_next_ < event_count_) {
    const epoll_event event = events_[event_next_++];
    if (event.data.ptr == this) {
      uint64_t value;
      [[maybe_unused]] ssize_t got = read(timer_fd_, &value, sizeof(value));
      if (!RunTimers()) return false;
      continue;
    }
    auto* source = static_cast<Source*>(event.data.ptr);
    if (source == nullptr) {
      uint64_t value;
      [[maybe_unused]] ssize_t got = read(event_fd_, &value, sizeof(value));
      continue;
    }
    StandAt(source);
    source->OnReady(event.events);
    if (t_lead.reactor != this) return false;
    current_ = nullptr;
    SkipGraves();
  }
  return true;
}

// A source that went away in this round may stand further on in the array.
void Reactor::SkipGraves() {
  if (!has_graves_.load(std::memory_order_acquire)) return;
  MutexLock lock(mutex_);
  int kept = event_next_;
  for (int i = event_next_; i < event_count_; ++i) {
    auto* source = static_cast<Source*>(events_[i].data.ptr);
    if (std::find(graveyard_.begin(), graveyard_.end(), source) == graveyard_.end()) {
      events_[kept++] = events_[i];
    }
  }
  event_count_ = kept;
}

// A task that nobody else can run (donated threads only, or at the limit): the leader stops leading
// for it. False when it did.
bool Reactor::RunOrphanTask() {
  Task* task = nullptr;
  {
    MutexLock lock(mutex_);
    if (!idle_.empty() || waking_ > 0 || MaySpawn()) return true;
    task = PopTaskLocked();
    if (task == nullptr) return true;
    t_lead.reactor = nullptr;
    leaderless_ = true;
  }
  task->run(task);
  return false;
}

bool Reactor::Add(Source* source, int fd, uint32_t events) {
  epoll_event event = {};
  event.events = events;
  event.data.ptr = source;
  return epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event) == 0;
}

void Reactor::Modify(Source* source, int fd, uint32_t events) {
  epoll_event event = {};
  event.events = events;
  event.data.ptr = source;
  epoll_ctl(epoll_fd_, EPOLL_CTL_MOD, fd, &event);
}

void Reactor::Forget(int fd) { epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr); }

// A leader that looks must not take the processor from a handler that runs.
bool Reactor::MaySpin() const {
  const uint32_t awake =
      thread_count_.load(std::memory_order_relaxed) - resting_.load(std::memory_order_relaxed);
  return awake <= 1 || awake < OurCpus();
}

void Reactor::KeepPolling(Source* source, uint64_t ticks) {
  // Many active ones are better served by epoll.
  const uint64_t until = Ticks() + (hot_.size() > kMostPolled || !MaySpin() ? 0 : ticks);
  for (Hot& hot : hot_) {
    if (hot.source != source) continue;
    hot.until = until;
    return;
  }
  hot_.push_back({source, until});
}

// Looks at the sources that were active a moment ago. Comes back often enough for all others.
Reactor::Polled Reactor::PollSources() {
  const uint64_t begin = Ticks();
  for (;;) {
    for (size_t i = 0; i < hot_.size(); ++i) {
      Source* source = hot_[i].source;
      if (!source->Poll()) continue;
      StandAt(source);
      source->OnReady(Source::kPolled);
      if (t_lead.reactor != this) return Polled::kLost;
      current_ = nullptr;
      if (has_graves_.load(std::memory_order_acquire)) return Polled::kLook;
    }
    const uint64_t now = Ticks();
    for (size_t i = 0; i < hot_.size();) {
      if (static_cast<int64_t>(now - hot_[i].until) < 0 || !hot_[i].source->StopPolling()) {
        ++i;
        continue;
      }
      hot_[i] = hot_.back();
      hot_.pop_back();
    }
    if (has_graves_.load(std::memory_order_relaxed) || stop_.load(std::memory_order_relaxed) ||
        task_count_.load(std::memory_order_relaxed) > 0) {
      return Polled::kLook;
    }
    if (hot_.empty()) return Polled::kSleep;
    if (now - begin > kLongestPoll) return Polled::kLook;
  }
}

void Reactor::Remove(Source* source, int fd) {
  epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr);
  {
    MutexLock lock(mutex_);
    graveyard_.push_back(source);
    has_graves_.store(true, std::memory_order_release);
  }
  if (t_lead.reactor != this) WakeLeader();
}

void Reactor::DrainGraveyard() {
  std::vector<Source*> dead;
  {
    MutexLock lock(mutex_);
    dead.swap(graveyard_);
    has_graves_.store(false, std::memory_order_release);
  }
  std::erase_if(hot_, [&](const Hot& hot) {
    return std::find(dead.begin(), dead.end(), hot.source) != dead.end();
  });
  for (Source* source : dead) source->ReleaseSource();
}

void Reactor::WakeLeader() {
  const uint64_t one = 1;
  [[maybe_unused]] ssize_t written = write(event_fd_, &one, sizeof(one));
}

UserScope::UserScope() : reactor_(t_lead.reactor) {
  if (reactor_ == nullptr) return;
  if ((t_lead.word & 1) != 0) {
    // A callback inside a handler: the outer scope tells. Were this one to mark its end as the end of
    // user code, the outer one would mark its own as a beginning, and the watchdog would make a second
    // leader beside us.
    reactor_ = nullptr;
    return;
  }
  t_lead.word = (t_lead.word + 2) | 1;
  reactor_->lead_.exchange(t_lead.word);
  if (reactor_->watchdog_asleep_.load()) {
    if (!reactor_->watched_.exchange(true)) {
      // The first handler starts the watchdog. If that handler takes long the next leader comes here and
      // has met nobody since who knows of the thread's object: it only looks whether there is one.
      reactor_->watchdog_asleep_.store(false);
      reactor_->watchdog_ = std::thread([reactor = reactor_] { reactor->Watch(); });
    } else {
      reactor_->watchdog_waiter_.Wake();
    }
  }
}

bool UserScope::Leave() {
  left_ = true;
  if (reactor_ == nullptr) return true;
  if (t_lead.reactor != reactor_) return false;  // it yielded itself
  uint64_t word = t_lead.word;
  if (reactor_->lead_.compare_exchange_strong(word, word - 1)) {
    t_lead.word = word - 1;
    return true;
  }
  t_lead.reactor = nullptr;
  return false;
}

}  // namespace polycall::base
