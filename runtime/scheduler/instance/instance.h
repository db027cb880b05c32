// One instance of a service: a process, its socket, its health.
#ifndef POLYCALL_SCHEDULER_INSTANCE_INSTANCE_H_
#define POLYCALL_SCHEDULER_INSTANCE_INSTANCE_H_

#include <memory>
#include <string>

#include "instance/breaker.h"
#include "instance/forker.h"
#include "instance/launcher.h"
#include "instance/log_tail.h"
#include "instance/probe.h"
#include "instance/process_end.h"
#include "loop/event_loop.h"
#include "polycall/scheduler/v1/scheduler.pb.h"
#include "polycall/scheduler/v1/state.pb.h"

namespace polycall::scheduler {

// Why an instance's process ended.
struct InstanceEnd {
  bool wanted = false;  // it was drained
  bool failed = false;  // a signal or an exit code that is not 0
  std::string reason;   // "exit code 3", "killed: out of its 64 MiB of memory"
};

// Starting -> serving -> draining -> ended. Loop thread only.
class Instance {
 public:
  class Observer {
   public:
    virtual ~Observer() = default;
    virtual void OnServing(Instance* instance) = 0;
    // The instance may be deleted from within.
    virtual void OnEnded(Instance* instance, const InstanceEnd& end) = 0;
    virtual void OnLog(Instance* instance, const std::string& line) = 0;
    // New counters are in stats().
    virtual void OnStats(Instance* instance) = 0;
  };

  Instance(EventLoop& loop, Launcher& launcher, std::shared_ptr<const v1::Manifest> manifest,
           std::string id, uint32_t number, Observer& observer);
  ~Instance();

  // Starts the process, which listens on its own socket and on `front_door`, the service's; forked by
  // `forker` if there is one. A status when it cannot be started; OnEnded does not come then.
  Status Start(int front_door, Forker* forker = nullptr);

  // Takes up the process that an earlier polycalld started. `pidfd` is the kept one; empty: looked for
  // by number and start. False: it is not there any more; OnEnded does not come then.
  bool Adopt(const v1::LivingInstance& record, UniqueFd pidfd);

  // What the next polycalld has to know; without the manifest.
  v1::LivingInstance Record() const;

  // Takes it out: callers hear of it first (the observer's OnDraining), a moment later the process is
  // asked to end: it accepts no more, ends its calls, and goes; killed when drain_time is over. Then
  // OnEnded comes. One that does not serve yet is asked when it does: before, it knows no signal.
  void Drain();
  void Kill();

  const std::string& id() const { return id_; }
  uint32_t number() const { return number_; }
  const std::shared_ptr<const v1::Manifest>& manifest() const { return manifest_; }
  v1::InstanceState state() const { return state_; }
  std::string target() const { return "unix:" + launcher_.SocketPath(id_); }
  const polycall::v1::Stats& stats() const { return stats_; }
  // Calls that have ended, ours left out.
  uint64_t calls_ended() const;
  Breaker& breaker() { return breaker_; }
  const Breaker& breaker() const { return breaker_; }

  int pidfd() const { return launched_.process.pidfd.get(); }
  // Calls in flight at the last look, without the looking one.
  uint64_t in_flight() const;
  // Calls so far at the last look, without our own.
  uint64_t calls() const { return calls_; }

  v1::Instance Describe() const;

 private:
  void OnExit();
  void Follow();
  void OnProbed(const Status& status);
  void Terminate();
  void ScheduleHealth();
  void ScheduleStats();
  InstanceEnd EndOf(const ProcessEnd& end) const;

  EventLoop& loop_;
  Launcher& launcher_;
  const std::shared_ptr<const v1::Manifest> manifest_;
  const std::string id_;
  const uint32_t number_;
  Observer& observer_;

  v1::InstanceState state_ = v1::STARTING;
  EventLoop::Clock::time_point started_;
  int64_t started_wall_ = 0;  // nanoseconds since 1970
  uint64_t start_ticks_ = 0;
  std::chrono::nanoseconds start_time_{0};
  Launched launched_;
  std::unique_ptr<Probe> probe_;
  std::unique_ptr<LogTail> log_;
  EventLoop::TimerId health_timer_ = 0;
  EventLoop::TimerId stats_timer_ = 0;
  EventLoop::TimerId drain_timer_ = 0;  // until it is asked to end, then until it is killed
  uint32_t failures_ = 0;               // of health checks, one after the other
  Breaker breaker_;
  std::string sick_;  // why it was killed by us
  polycall::v1::Stats stats_;
  uint64_t calls_ = 0;
};

}  // namespace polycall::scheduler

#endif  // POLYCALL_SCHEDULER_INSTANCE_INSTANCE_H_
