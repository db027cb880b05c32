// MethodMetrics: what became of the calls of one method of a server.
//
// Written on the path of every call: plain loads and stores in the calling thread's lane, no locked
// instruction, no clock that was not read anyway. Read by whoever asks, which is rare.
#ifndef POLYCALL_CALL_METHOD_METRICS_H_
#define POLYCALL_CALL_METHOD_METRICS_H_

#include <array>
#include <atomic>
#include <cstdint>

#include "base/lane.h"

namespace polycall::call {

inline constexpr int kStatusCodes = 17;

// Durations in ticks of base::Ticks(), on a scale of four steps per doubling: from 128 ticks on, to 2^41.
inline constexpr int kFirstOctave = 7;
inline constexpr int kOctaves = 34;
inline constexpr int kDurationBuckets = kOctaves * 4 + 1;

inline int DurationBucket(uint64_t ticks) {
  if (ticks < (uint64_t{1} << kFirstOctave)) return 0;
  const int octave = 63 - __builtin_clzll(ticks);
  const int bucket =
      (octave - kFirstOctave) * 4 + static_cast<int>((ticks >> (octave - 2)) & 3) + 1;
  return bucket < kDurationBuckets ? bucket : kDurationBuckets - 1;
}

// Where bucket `bucket` begins.
inline uint64_t BucketBegin(int bucket) {
  if (bucket == 0) return 0;
  return static_cast<uint64_t>(4 + (bucket - 1) % 4) << ((bucket - 1) / 4 + kFirstOctave - 2);
}

// One reading.
struct MethodCounts {
  uint64_t started = 0;
  std::array<uint64_t, kStatusCodes> ended{};  // by status code
  std::array<uint64_t, kDurationBuckets> durations{};
  uint64_t ticks = 0;  // the durations' sum
  uint64_t bytes_in = 0;
  uint64_t bytes_out = 0;

  uint64_t ended_in_all() const;
  uint64_t failed() const { return ended_in_all() - ended[0]; }
  uint64_t in_flight() const;
  uint64_t measured() const;
  void Add(const MethodCounts& other);
};

// Thread-safe. Counting is const: methods are described by const objects, and do count.
class MethodMetrics {
 public:
  MethodMetrics() = default;
  ~MethodMetrics();
  MethodMetrics(const MethodMetrics&) = delete;
  MethodMetrics& operator=(const MethodMetrics&) = delete;

  // `lane` is the calling thread's.
  void Started(uint64_t bytes_in, int lane = base::ThisLane()) const {
    if (Shard* shard = Mine(lane)) {
      base::AddInLane(&shard->started, 1, lane);
      if (bytes_in != 0) base::AddInLane(&shard->bytes_in, bytes_in, lane);
    }
  }
  // `ticks` 0: nobody measured.
  void Ended(int32_t code, uint64_t ticks, int lane = base::ThisLane()) const {
    Shard* shard = Mine(lane);
    if (shard == nullptr) return;
    base::AddInLane(&shard->ended[code >= 0 && code < kStatusCodes ? code : 2], 1, lane);
    if (ticks == 0) return;
    base::AddInLane(&shard->durations[DurationBucket(ticks)], 1, lane);
    base::AddInLane(&shard->ticks, ticks, lane);
  }
  // More bytes of calls that have started.
  void Received(uint64_t bytes) const {
    const int lane = base::ThisLane();
    if (Shard* shard = Mine(lane)) base::AddInLane(&shard->bytes_in, bytes, lane);
  }
  void Sent(uint64_t bytes) const {
    const int lane = base::ThisLane();
    if (Shard* shard = Mine(lane)) base::AddInLane(&shard->bytes_out, bytes, lane);
  }

  // The sums so far. Never more ended than started.
  MethodCounts Read() const;

 private:
  struct alignas(64) Shard {
    std::atomic<uint64_t> started{0};
    std::atomic<uint64_t> bytes_in{0};
    std::atomic<uint64_t> bytes_out{0};
    std::atomic<uint64_t> ticks{0};
    std::atomic<uint64_t> ended[kStatusCodes]{};
    std::atomic<uint64_t> durations[kDurationBuckets]{};
  };

  // NULL: no memory.
  Shard* Mine(int lane) const {
    Shard* shard = shards_[lane].load(std::memory_order_acquire);
    return shard != nullptr ? shard : Make(lane);
  }
  Shard* Make(int lane) const;

  mutable std::atomic<Shard*> shards_[base::kLanes]{};
};

}  // namespace polycall::call

#endif  // POLYCALL_CALL_METHOD_METRICS_H_
