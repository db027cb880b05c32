// Many calls in flight where each answer starts the next call: the count, the clocks and the end, the
// same for every peer with an asynchronous client. For one thread: the peer's event loop.
#ifndef POLYCALL_BENCHMARKS_PEERS_CHAINED_H_
#define POLYCALL_BENCHMARKS_PEERS_CHAINED_H_

#include "common/bench_program.h"

namespace polycall_bench {

class Chained {
 public:
  Chained(const bench_options& options, bench_result* result)
      : options_(options),
        result_(result),
        measured_from_(bench_now() + Nanoseconds(options.seconds * BENCH_WARM_UP_SHARE)) {}

  // One call was answered: whether the chain goes on.
  bool GoesOn() {
    if (done_) return false;
    const uint64_t now = bench_now();
    if (begin_.wall_ns != 0) {
      ++result_->calls;
    } else if (now >= measured_from_) {
      begin_ = bench_span_begin(options_.server_pid);
      end_ = begin_.wall_ns + Nanoseconds(options_.seconds);
    }
    if (now >= end_ || result_->calls >= options_.max_calls) {
      result_->span = bench_span_end(&begin_, options_.server_pid);
      done_ = true;
    }
    return !done_;
  }

 private:
  static uint64_t Nanoseconds(double seconds) { return static_cast<uint64_t>(seconds * 1e9); }

  const bench_options& options_;
  bench_result* const result_;
  const uint64_t measured_from_;
  uint64_t end_ = UINT64_MAX;
  bench_span begin_ = {};
  bool done_ = false;
};

}  // namespace polycall_bench

#endif  // POLYCALL_BENCHMARKS_PEERS_CHAINED_H_
