#include "server/metrics.h"

#include <algorithm>
#include <chrono>
#include <thread>

namespace polycall::server {
namespace {

int64_t UnixMilliseconds() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

void SlowCalls::Forget() {
  const int64_t oldest = base::NowNs() - kKept;
  std::erase_if(entries_, [oldest](const Entry& entry) { return entry.ended < oldest; });
  threshold_.store(entries_.size() < kMost ? 0 : entries_.back().call.ticks,
                   std::memory_order_relaxed);
}

void SlowCalls::Add(const call::Call& call, int32_t code, uint64_t ticks) {
  Entry entry;
  entry.ended = base::NowNs();
  entry.call.method = call.spec().path;
  entry.call.code = code;
  entry.call.ticks = ticks;
  entry.call.ended_unix_ms = UnixMilliseconds();
  if (const call::Link* link = call.link()) {
    entry.call.peer = link->peer();
    entry.call.transport = link->transport();
  }
  base::MutexLock lock(mutex_);
  Forget();
  const auto place = std::find_if(entries_.begin(), entries_.end(),
                                  [ticks](const Entry& other) { return other.call.ticks < ticks; });
  entries_.insert(place, std::move(entry));
  if (entries_.size() > kMost) entries_.pop_back();
  threshold_.store(entries_.size() < kMost ? 0 : entries_.back().call.ticks,
                   std::memory_order_relaxed);
  // Ticks are a nanosecond or less each: this is early rather than late, and Forget looks at the clock.
  outdated_.store(base::Ticks() + static_cast<uint64_t>(kKept), std::memory_order_relaxed);
}

std::vector<transport::SlowCall> SlowCalls::List() {
  std::vector<transport::SlowCall> list;
  base::MutexLock lock(mutex_);
  Forget();
  for (const Entry& entry : entries_) list.push_back(entry.call);
  return list;
}

double TickLength::Nanoseconds() {
  double length = length_.load();
  if (length != 0) return length;
  // A server that is asked in its first moments: the error is then what reading the clocks takes.
  const int64_t least = 2 * base::kMillisecond;
  if (uptime_ns() < least) std::this_thread::sleep_for(std::chrono::nanoseconds(least));
  const uint64_t ticks = base::Ticks() - began_ticks_;
  const double measured = static_cast<double>(uptime_ns()) / static_cast<double>(ticks);
  return length_.compare_exchange_strong(length, measured) ? measured : length;
}

}  // namespace polycall::server
