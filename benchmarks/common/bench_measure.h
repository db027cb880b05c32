/* What every benchmark program measures with: clocks, CPU time of two processes, samples, pinning.
 * C, so that the C programs share it. Nothing here is thread-safe unless it says so. */
#ifndef POLYCALL_BENCHMARKS_COMMON_BENCH_MEASURE_H_
#define POLYCALL_BENCHMARKS_COMMON_BENCH_MEASURE_H_

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Nanoseconds of the monotonic clock. */
uint64_t bench_now(void);

/* CPU nanoseconds that all threads of process `pid` have used (0: this process). It is getrusage's
 * user + system time, but exact to the nanosecond and readable for another process. */
uint64_t bench_cpu_of(pid_t pid);

/* Pins this thread, and those it makes later, to one core. Negative: leaves it alone. */
void bench_pin(int core);

/* Raises the soft limit of open files to the hard one: 1,000 connections need it. */
void bench_raise_file_limit(void);

/* Durations of single calls, at most `capacity`; further ones are counted but not kept. */
typedef struct bench_samples {
  uint64_t* values;
  size_t count;
  size_t capacity;
} bench_samples;

bench_samples bench_samples_new(size_t capacity);
void bench_samples_free(bench_samples* samples);
void bench_samples_sort(bench_samples* samples);
/* The nearest-rank quantile (0 < q <= 1) of sorted samples; 0 when there are none. */
uint64_t bench_samples_quantile(const bench_samples* samples, double q);

static inline void bench_samples_add(bench_samples* samples, uint64_t value) {
  if (samples->count < samples->capacity) samples->values[samples->count++] = value;
}

/* Time and CPU of a span of work, on both sides. */
typedef struct bench_span {
  uint64_t wall_ns;
  uint64_t client_cpu_ns;
  uint64_t server_cpu_ns;
} bench_span;

/* The clocks as they stand; `server` 0 when there is no other process. */
bench_span bench_span_begin(pid_t server);
/* What has passed since `begin`. */
bench_span bench_span_end(const bench_span* begin, pid_t server);

#ifdef __cplusplus
}
#endif

#endif /* POLYCALL_BENCHMARKS_COMMON_BENCH_MEASURE_H_ */
