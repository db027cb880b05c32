#include "instance/instance.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "manifest/units.h"

namespace polycall::scheduler {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// How often a busy instance is asked for its counters. An idle one is asked as often as a hundred
// questions a second, shared by all instances, allow: scaling up within 100 ms needs it often, 200 idle
// instances within 1 % of a core need it seldom.
constexpr nanoseconds kBusyInterval = milliseconds(40);
constexpr nanoseconds kIdleShare = milliseconds(10);
constexpr nanoseconds kStatsTimeout = milliseconds(1000);

// Between leaving the resolution and being asked to end: callers that watch have moved by then, and
// find nobody shutting down.
constexpr nanoseconds kFarewell = milliseconds(50);

}  // namespace

Instance::Instance(EventLoop& loop, Launcher& launcher,
                   std::shared_ptr<const v1::Manifest> manifest, std::string id, uint32_t number,
                   Observer& observer)
    : loop_(loop),
      launcher_(launcher),
      manifest_(std::move(manifest)),
      id_(std::move(id)),
      number_(number),
      observer_(observer) {
  launcher_.Count(1);
}

Instance::~Instance() {
  launcher_.Count(-1);
  for (const auto timer : {health_timer_, stats_timer_, drain_timer_}) {
    loop_.Cancel(timer);
  }
  if (launched_.process.pidfd) {
    loop_.Forget(launched_.process.pidfd.get());
  }
  unlink(launcher_.SocketPath(id_).c_str());
}

Status Instance::Start(int front_door, Forker* forker) {
  auto socket = launcher_.MakeSocket(launcher_.SocketPath(id_), manifest_->callers());
  if (!socket.ok()) {
    return std::move(socket).status();
  }
  started_ = EventLoop::Clock::now();
  // The process alone has its socket then: with its end who waits in the backlog is told so, instead
  // of waiting out his time (the probe among them, and the loop with it).
  const std::vector<int> sockets = {socket->get(), front_door};
  auto launched = forker != nullptr ? forker->Fork(id_, sockets)
                                    : launcher_.Launch(*manifest_, id_, number_, sockets);
  socket->Close();
  if (!launched.ok()) {
    return std::move(launched).status();
  }
  launched_ = *std::move(launched);
  started_wall_ = std::chrono::system_clock::now().time_since_epoch() / nanoseconds(1);
  start_ticks_ = StartTicks(launched_.process.pid);
  Follow();
  probe_->Check(nanoseconds(manifest_->start_time()),
                [this](const Status& status) { OnProbed(status); });
  return OkStatus();
}

void Instance::Follow() {
  loop_.Watch(launched_.process.pidfd.get(), [this] { OnExit(); });
  log_ = std::make_unique<LogTail>(loop_, launcher_.LogPath(id_), [this](const std::string& line) {
    observer_.OnLog(this, line);
  });
  probe_ = std::make_unique<Probe>(loop_, target());
}

bool Instance::Adopt(const v1::LivingInstance& record, UniqueFd pidfd) {
  if (!pidfd) {
    pidfd = ReopenProcess(record.pid(), record.start_ticks());
  }
  auto cgroup = launcher_.OpenCgroup(*manifest_, id_);
  if (!pidfd || !cgroup.ok()) {
    if (cgroup.ok()) (void)(*cgroup)->KillAll();
    return false;
  }
  launched_.cgroup = *std::move(cgroup);
  launched_.process = {record.pid(), std::move(pidfd)};
  started_wall_ = record.started();
  start_ticks_ = record.start_ticks();
  start_time_ = nanoseconds(record.start_time());
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  started_ = EventLoop::Clock::now() - (now - nanoseconds(record.started()));
  Follow();
  log_->ReadAll();  // what was written meanwhile, and before
  if (record.draining()) {
    state_ = v1::DRAINING;
    // It was asked to end, or was about to be: a second time would end it at once.
    drain_timer_ = loop_.After(nanoseconds(manifest_->drain_time()), [this] {
      sick_ = "did not end within its drain time";
      Kill();
    });
  } else if (record.serving()) {
    state_ = v1::SERVING;
    ScheduleHealth();
    ScheduleStats();
  } else {
    probe_->Check(nanoseconds(manifest_->start_time()),
                  [this](const Status& status) { OnProbed(status); });
  }
  return true;
}

v1::LivingInstance Instance::Record() const {
  v1::LivingInstance record;
  record.set_id(id_);
  record.set_number(number_);
  record.set_pid(launched_.process.pid);
  record.set_start_ticks(start_ticks_);
  record.set_started(started_wall_);
  record.set_start_time(start_time_.count());
  record.set_serving(state_ == v1::SERVING);
  record.set_draining(state_ == v1::DRAINING);
  return record;
}

void Instance::OnProbed(const Status& status) {
  if (state_ == v1::STARTING) {
    if (status.ok()) {
      start_time_ = EventLoop::Clock::now() - started_;
      state_ = v1::SERVING;
      ScheduleHealth();
      ScheduleStats();
      observer_.OnServing(this);
    } else {
      sick_ = "did not serve within " + FormatDuration(manifest_->start_time()) + " (" +
              status.ToString() + ")";
      Kill();
    }
    return;
  }
  if (state_ == v1::DRAINING && drain_timer_ == 0) {  // drained before it served
    status.ok() ? Terminate() : Kill();
    return;
  }
  if (state_ != v1::SERVING) {
    return;
  }
  failures_ = status.ok() ? 0 : failures_ + 1;
  if (failures_ >= manifest_->health().failures()) {
    sick_ = "failed " + std::to_string(failures_) + " health checks (" + status.ToString() + ")";
    Kill();
  } else {
    ScheduleHealth();
  }
}

void Instance::ScheduleHealth() {
  health_timer_ = loop_.After(nanoseconds(manifest_->health().interval()), [this] {
    probe_->Check(nanoseconds(manifest_->health().timeout()),
                  [this](const Status& status) { OnProbed(status); });
  });
}

void Instance::ScheduleStats() {
  const nanoseconds idle = std::max(kBusyInterval, kIdleShare * launcher_.instances());
  stats_timer_ = loop_.After(in_flight() > 0 ? kBusyInterval : idle, [this] {
    probe_->Stats(kStatsTimeout, [this](const StatusOr<polycall::v1::Stats>& stats) {
      if (stats.ok()) {
        stats_ = *stats;
        // Our own that are under way may be counted or not: it never goes down.
        const uint64_t ours = std::min(probe_->calls(), stats_.calls_started());
        calls_ = std::max(calls_, stats_.calls_started() - ours);
        observer_.OnStats(this);
      }
      if (state_ == v1::SERVING) {
        ScheduleStats();
      }
    });
  });
}

uint64_t Instance::in_flight() const {
  return stats_.calls_in_flight() > 0 ? stats_.calls_in_flight() - 1 : 0;
}

uint64_t Instance::calls_ended() const { return calls_ - std::min(calls_, in_flight()); }

void Instance::Drain() {
  if (state_ == v1::DRAINING || state_ == v1::ENDED) {
    return;
  }
  const bool served = state_ == v1::SERVING;
  state_ = v1::DRAINING;
  if (served) {
    drain_timer_ = loop_.After(kFarewell, [this] { Terminate(); });
  }
}

void Instance::Terminate() {
  kill(launched_.process.pid, SIGTERM);
  drain_timer_ = loop_.After(nanoseconds(manifest_->drain_time()), [this] {
    sick_ = "did not end within " + FormatDuration(manifest_->drain_time()) + " of being asked to";
    Kill();
  });
}

void Instance::Kill() {
  if (state_ != v1::ENDED) {
    (void)launched_.cgroup->KillAll();
    kill(launched_.process.pid, SIGKILL);
  }
}

InstanceEnd Instance::EndOf(const ProcessEnd& how) const {
  InstanceEnd end;
  end.wanted = state_ == v1::DRAINING;
  end.failed = how.code != CLD_EXITED || how.status != 0;
  const CgroupUse use = launched_.cgroup->Use();
  const std::string memory = FormatBytes(manifest_->limits().memory());
  if (!how.known) {
    end.reason = "ended while polycalld was away";
  } else if (how.code == CLD_EXITED) {
    end.reason = "exit code " + std::to_string(how.status);
    if (use.oom_kills > 0) {
      end.reason += "; processes of it were killed: out of its " + memory + " of memory";
    }
  } else if (!sick_.empty()) {
    end.reason = "killed: " + sick_;
  } else if (use.oom_kills > 0) {
    end.reason = "killed: out of its " + memory + " of memory";
  } else {
    end.reason = std::string("killed by ") + strsignal(how.status);
  }
  if (use.pid_refusals > 0) {
    end.reason +=
        "; it had been refused processes beyond its " + std::to_string(manifest_->limits().pids());
  }
  return end;
}

void Instance::OnExit() {
  const ProcessEnd how = EndOfProcess(launched_.process.pidfd.get(), launched_.process.pid);
  loop_.Forget(launched_.process.pidfd.get());
  launched_.process.pidfd.Close();
  const InstanceEnd end = EndOf(how);
  (void)launched_.cgroup->KillAll();
  launcher_.Forget(*manifest_, id_);
  log_->ReadAll();
  state_ = v1::ENDED;
  observer_.OnEnded(this, end);
}

v1::Instance Instance::Describe() const {
  v1::Instance described;
  described.set_id(id_);
  described.set_state(state_);
  described.set_pid(launched_.process.pid);
  described.set_target(target());
  described.set_age((EventLoop::Clock::now() - started_) / nanoseconds(1));
  described.set_start_time(start_time_.count());
  described.set_calls_started(calls_);
  described.set_calls_in_flight(in_flight());
  described.set_calls_failed(stats_.calls_failed());
  described.set_connections(stats_.connections_open());
  if (launched_.cgroup) {
    const CgroupUse use = launched_.cgroup->Use();
    described.set_memory(use.memory);
    described.set_cpu_time(use.cpu_ns);
  }
  return described;
}

}  // namespace polycall::scheduler
