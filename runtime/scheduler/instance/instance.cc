#include "instance/instance.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

#include "manifest/units.h"

namespace polycall::scheduler {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// How often a busy instance is asked for its counters, and an idle one. Scaling up within 100 ms
// needs the first; 200 idle instances within 1 % of a core need the second.
constexpr nanoseconds kBusyInterval = milliseconds(40);
constexpr nanoseconds kIdleInterval = milliseconds(1000);

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
      observer_(observer) {}

Instance::~Instance() {
  for (const auto timer : {health_timer_, stats_timer_, drain_timer_}) {
    loop_.Cancel(timer);
  }
  if (launched_.process.pidfd) {
    loop_.Forget(launched_.process.pidfd.get());
  }
  unlink(launcher_.SocketPath(id_).c_str());
}

Status Instance::Start(int front_door) {
  auto socket = launcher_.MakeSocket(launcher_.SocketPath(id_));
  if (!socket.ok()) {
    return std::move(socket).status();
  }
  started_ = EventLoop::Clock::now();
  // The process alone has its socket then: with its end who waits in the backlog is told so, instead
  // of waiting out his time (the probe among them, and the loop with it).
  auto launched = launcher_.Launch(*manifest_, id_, number_, {socket->get(), front_door});
  socket->Close();
  if (!launched.ok()) {
    return std::move(launched).status();
  }
  launched_ = *std::move(launched);
  loop_.Watch(launched_.process.pidfd.get(), [this] { OnExit(); });
  log_ = std::make_unique<LogTail>(loop_, launcher_.LogPath(id_), [this](const std::string& line) {
    observer_.OnLog(this, line);
  });
  probe_ = std::make_unique<Probe>(loop_, target());
  probe_->Check(nanoseconds(manifest_->start_time()),
                [this](const Status& status) { OnProbed(status); });
  return OkStatus();
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
  stats_timer_ = loop_.After(in_flight() > 0 ? kBusyInterval : kIdleInterval, [this] {
    probe_->Stats(kIdleInterval, [this](const StatusOr<polycall::v1::Stats>& stats) {
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

InstanceEnd Instance::EndOf(int code, int status) const {
  InstanceEnd end;
  end.wanted = state_ == v1::DRAINING;
  end.failed = code != CLD_EXITED || status != 0;
  const CgroupUse use = launched_.cgroup->Use();
  const std::string memory = FormatBytes(manifest_->limits().memory());
  if (code == CLD_EXITED) {
    end.reason = "exit code " + std::to_string(status);
    if (use.oom_kills > 0) {
      end.reason += "; processes of it were killed: out of its " + memory + " of memory";
    }
  } else if (!sick_.empty()) {
    end.reason = "killed: " + sick_;
  } else if (use.oom_kills > 0) {
    end.reason = "killed: out of its " + memory + " of memory";
  } else {
    end.reason = std::string("killed by ") + strsignal(status);
  }
  if (use.pid_refusals > 0) {
    end.reason +=
        "; it had been refused processes beyond its " + std::to_string(manifest_->limits().pids());
  }
  return end;
}

void Instance::OnExit() {
  siginfo_t info{};
  if (waitid(P_PIDFD, static_cast<id_t>(launched_.process.pidfd.get()), &info, WEXITED) != 0) {
    info.si_code = CLD_KILLED;  // adopted: not our child, only its end is known
    info.si_status = SIGKILL;
  }
  loop_.Forget(launched_.process.pidfd.get());
  launched_.process.pidfd.Close();
  const InstanceEnd end = EndOf(info.si_code, info.si_status);
  (void)launched_.cgroup->KillAll();
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
