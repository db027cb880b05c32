// Metrics of a server beside those of its methods: the slowest calls of the last minutes, and what a tick is.
#ifndef POLYCALL_SERVER_METRICS_H_
#define POLYCALL_SERVER_METRICS_H_

#include <atomic>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "call/call.h"
#include "transport/server_report.h"

namespace polycall::server {

// The slowest calls of the last kMinutes minutes. Thread-safe.
class SlowCalls {
 public:
  static constexpr size_t kMost = 16;
  static constexpr int64_t kKept = 5 * 60 * base::kSecond;

  // Whether a call that took so long, and ended now, belongs here. Two loads: on the path of every call.
  bool Wants(uint64_t ticks, uint64_t now) const {
    return ticks > threshold_.load(std::memory_order_relaxed) ||
           now > outdated_.load(std::memory_order_relaxed);
  }
  void Add(const call::Call& call, int32_t code, uint64_t ticks);
  std::vector<transport::SlowCall> List();

 private:
  void Forget() REQUIRES(mutex_);

  struct Entry {
    transport::SlowCall call;
    int64_t ended;
  };
  std::atomic<uint64_t> threshold_{0};
  std::atomic<uint64_t> outdated_{UINT64_MAX};  // ticks when the oldest entry is too old
  base::Mutex mutex_;
  std::vector<Entry> entries_ GUARDED_BY(mutex_);
};

// How long a tick is. The first question settles the answer: what was shown once does not change.
class TickLength {
 public:
  TickLength() : began_ns_(base::NowNs()), began_ticks_(base::Ticks()) {}
  double Nanoseconds();
  int64_t uptime_ns() const { return base::NowNs() - began_ns_; }

 private:
  const int64_t began_ns_;
  const uint64_t began_ticks_;
  std::atomic<double> length_{0};
};

}  // namespace polycall::server

#endif  // POLYCALL_SERVER_METRICS_H_
