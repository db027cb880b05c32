#include "call/method_metrics.h"

#include <new>
#include <numeric>

namespace polycall::call {

uint64_t MethodCounts::ended_in_all() const {
  return std::accumulate(ended.begin(), ended.end(), uint64_t{0});
}

uint64_t MethodCounts::in_flight() const {
  const uint64_t over = ended_in_all();
  return started > over ? started - over : 0;
}

uint64_t MethodCounts::measured() const {
  return std::accumulate(durations.begin(), durations.end(), uint64_t{0});
}

void MethodCounts::Add(const MethodCounts& other) {
  started += other.started;
  for (int i = 0; i < kStatusCodes; ++i) ended[i] += other.ended[i];
  for (int i = 0; i < kDurationBuckets; ++i) durations[i] += other.durations[i];
  ticks += other.ticks;
  bytes_in += other.bytes_in;
  bytes_out += other.bytes_out;
}

MethodMetrics::~MethodMetrics() {
  for (auto& shard : shards_) delete shard.load(std::memory_order_relaxed);
}

MethodMetrics::Shard* MethodMetrics::Make(int lane) const {
  auto* made = new (std::nothrow) Shard;
  Shard* there = nullptr;
  if (made == nullptr ||
      shards_[lane].compare_exchange_strong(there, made, std::memory_order_acq_rel)) {
    return made;
  }
  delete made;  // the shared lane: another thread was first
  return there;
}

MethodCounts MethodMetrics::Read() const {
  MethodCounts counts;
  const Shard* shards[base::kLanes];
  for (int i = 0; i < base::kLanes; ++i) {
    shards[i] = shards_[i].load(std::memory_order_acquire);
    if (shards[i] == nullptr) continue;
    for (int code = 0; code < kStatusCodes; ++code) {
      counts.ended[code] += shards[i]->ended[code].load(std::memory_order_relaxed);
    }
  }
  for (const Shard* shard : shards) {
    if (shard == nullptr) continue;
    counts.started += shard->started.load(std::memory_order_relaxed);
    counts.bytes_in += shard->bytes_in.load(std::memory_order_relaxed);
    counts.bytes_out += shard->bytes_out.load(std::memory_order_relaxed);
    counts.ticks += shard->ticks.load(std::memory_order_relaxed);
    for (int bucket = 0; bucket < kDurationBuckets; ++bucket) {
      counts.durations[bucket] += shard->durations[bucket].load(std::memory_order_relaxed);
    }
  }
  return counts;
}

}  // namespace polycall::call
