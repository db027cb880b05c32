#include "control/meter.h"

#include <cmath>
#include <numeric>

namespace polycall::scheduler {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kInterval{1};
constexpr size_t kSamples = 4;  // rates are of the last three seconds
constexpr milliseconds kShortestLook{500};

double SecondsBetween(EventLoop::Clock::time_point from, EventLoop::Clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

uint64_t Grown(uint64_t from, uint64_t to) { return to >= from ? to - from : to; }

// Within a bucket calls are taken to be spread evenly.
int64_t Quantile(const std::vector<uint64_t>& buckets, double share) {
  const auto all = static_cast<double>(std::accumulate(buckets.begin(), buckets.end(), 0ULL));
  double before = 0;
  for (size_t i = 0; all > 0 && i < buckets.size(); ++i) {
    const auto here = static_cast<double>(buckets[i]);
    if (here > 0 && before + here >= share * all) {
      const double low = i == 0 ? 0 : std::ldexp(1.0, static_cast<int>(i) - 1);
      const double high = std::ldexp(1.0, static_cast<int>(i));
      return static_cast<int64_t>(1000 * (low + (high - low) * (share * all - before) / here));
    }
    before += here;
  }
  return 0;
}

Sample SampleOf(const Instance& instance, EventLoop::Clock::time_point now) {
  const polycall::v1::Stats& stats = instance.stats();
  return {.time = now,
          .calls = instance.calls(),
          .failed = stats.calls_failed(),
          .latencies = {stats.latency_buckets().begin(), stats.latency_buckets().end()}};
}

}  // namespace

v1::Rates RatesBetween(const Sample& earlier, const Sample& later) {
  v1::Rates rates;
  const double took = SecondsBetween(earlier.time, later.time);
  if (took <= 0) {
    return rates;
  }
  rates.set_calls_per_second(static_cast<double>(Grown(earlier.calls, later.calls)) / took);
  rates.set_failures_per_second(static_cast<double>(Grown(earlier.failed, later.failed)) / took);
  std::vector<uint64_t> buckets = later.latencies;
  for (size_t i = 0; i < buckets.size() && i < earlier.latencies.size(); ++i) {
    buckets[i] = Grown(earlier.latencies[i], buckets[i]);
  }
  rates.set_latency_p50(Quantile(buckets, 0.5));
  rates.set_latency_p99(Quantile(buckets, 0.99));
  return rates;
}

Sample SumOf(const Sample& a, const Sample& b) {
  Sample sum = a;
  sum.calls += b.calls;
  sum.failed += b.failed;
  sum.latencies.resize(std::max(a.latencies.size(), b.latencies.size()));
  for (size_t i = 0; i < b.latencies.size(); ++i) {
    sum.latencies[i] += b.latencies[i];
  }
  return sum;
}

Meter::Meter(EventLoop& loop, Fleet& fleet, const Callers& callers)
    : loop_(loop), fleet_(fleet), callers_(callers) {
  timer_ = loop_.After(kInterval, [this] { Tick(); });
}

Meter::~Meter() { loop_.Cancel(timer_); }

void Meter::Tick() {
  const auto now = EventLoop::Clock::now();
  std::map<std::string, std::deque<Sample>> samples;
  for (const auto& [name, service] : fleet_.services()) {
    for (const auto& [id, instance] : service->instances()) {
      std::deque<Sample>& mine = samples[id] = std::move(samples_[id]);
      mine.push_back(SampleOf(*instance, now));
      if (mine.size() > kSamples) {
        mine.pop_front();
      }
    }
  }
  samples_ = std::move(samples);  // without those that have gone
  std::erase_if(processors_, [this](const auto& entry) { return !samples_.contains(entry.first); });
  timer_ = loop_.After(kInterval, [this] { Tick(); });
}

void Meter::AddRates(v1::Service* service) {
  const auto now = EventLoop::Clock::now();
  Sample before, after;
  for (v1::Instance& instance : *service->mutable_instances()) {
    Processor& processor = processors_[instance.id()];
    if (now - processor.time >= kShortestLook) {
      if (processor.time != EventLoop::Clock::time_point()) {
        processor.cores = static_cast<double>(instance.cpu_time() - processor.used) / 1e9 /
                          SecondsBetween(processor.time, now);
      }
      processor.time = now;
      processor.used = instance.cpu_time();
    }
    instance.set_cpu(processor.cores);
    const auto found = samples_.find(instance.id());
    if (found == samples_.end() || found->second.size() < 2) {
      continue;
    }
    const Sample& first = found->second.front();
    const Sample& last = found->second.back();
    *instance.mutable_rates() = RatesBetween(first, last);
    if (before.time == EventLoop::Clock::time_point() || first.time < before.time) {
      before.time = first.time;
    }
    before = SumOf(before, first);
    after = SumOf(after, last);
    after.time = last.time;
  }
  *service->mutable_rates() = RatesBetween(before, after);
}

v1::Snapshot Meter::Look() {
  v1::Snapshot snapshot;
  snapshot.set_time(WallTime());
  for (const auto& [name, service] : fleet_.services()) {
    v1::Service& described = *snapshot.add_services() = service->Describe();
    AddRates(&described);
  }
  for (v1::Wire& wire : callers_.Wires()) {
    *snapshot.add_wires() = std::move(wire);
  }
  return snapshot;
}

}  // namespace polycall::scheduler
