/* The measured loops of depth-1 benches. */
#include "bench_program.h"

#define MAX_SAMPLES 2000000
#define MIN_WARM_UP_CALLS 20
#define SHORT_BATCH 2000

static int warm_up(const bench_options* options, bench_call_fn call, void* arg) {
  const double share = options->seconds * BENCH_WARM_UP_SHARE;
  uint64_t end =
      bench_now() + (uint64_t)((share > options->warm_up ? share : options->warm_up) * 1e9);
  uint64_t calls = 0;
  while (calls < MIN_WARM_UP_CALLS || bench_now() < end) {
    if (call(arg) != 0) return 1;
    if (++calls >= options->max_calls) break;
  }
  return 0;
}

static void finish(bench_samples* samples, bench_result* result) {
  bench_samples_sort(samples);
  result->p50_ns = (double)bench_samples_quantile(samples, 0.50);
  result->p99_ns = (double)bench_samples_quantile(samples, 0.99);
  bench_samples_free(samples);
}

int bench_measure_latency(const bench_options* options, bench_call_fn call, void* arg,
                          bench_result* result) {
  bench_samples samples = bench_samples_new(MAX_SAMPLES);
  bench_span begin;
  uint64_t end;
  uint64_t before;
  if (warm_up(options, call, arg) != 0) return 1;
  begin = bench_span_begin(options->server_pid);
  before = begin.wall_ns;
  end = before + (uint64_t)(options->seconds * 1e9);
  while (before < end && result->calls < options->max_calls) {
    uint64_t after;
    if (call(arg) != 0) return 1;
    after = bench_now();
    bench_samples_add(&samples, after - before);
    before = after;
    ++result->calls;
  }
  result->span = bench_span_end(&begin, options->server_pid);
  finish(&samples, result);
  return 0;
}

int bench_measure_short_calls(const bench_options* options, bench_call_fn call, void* arg,
                              bench_result* result) {
  bench_samples samples = bench_samples_new(MAX_SAMPLES / 10);
  bench_span begin;
  uint64_t end;
  uint64_t before;
  if (warm_up(options, call, arg) != 0) return 1;
  begin = bench_span_begin(options->server_pid);
  before = begin.wall_ns;
  end = before + (uint64_t)(options->seconds * 1e9);
  while (before < end && result->calls < options->max_calls) {
    uint64_t after;
    for (int i = 0; i < SHORT_BATCH; ++i) {
      if (call(arg) != 0) return 1;
    }
    after = bench_now();
    /* Tenths of a nanosecond, or a call of 1.4 ns would read 1. */
    bench_samples_add(&samples, (after - before) * 10 / SHORT_BATCH);
    before = after;
    result->calls += SHORT_BATCH;
  }
  result->span = bench_span_end(&begin, options->server_pid);
  finish(&samples, result);
  result->p50_ns /= 10;
  result->p99_ns /= 10;
  return 0;
}
