/* The statistics that every figure goes through. */
#include "bench_measure.h"

#include <stdio.h>
#include <unistd.h>

static int failures;

static void check(int holds, const char* sentence) {
  printf("%s %s\n", holds ? "ok  " : "FAIL", sentence);
  if (!holds) ++failures;
}

static void quantiles(void) {
  bench_samples samples = bench_samples_new(100);
  check(bench_samples_quantile(&samples, 0.5) == 0, "no samples have the quantile 0");
  for (uint64_t value = 100; value >= 1; --value) bench_samples_add(&samples, value);
  bench_samples_sort(&samples);
  check(bench_samples_quantile(&samples, 0.50) == 50, "the p50 of 1..100 is 50");
  check(bench_samples_quantile(&samples, 0.99) == 99, "the p99 of 1..100 is 99");
  check(bench_samples_quantile(&samples, 1.00) == 100, "the last quantile is the maximum");
  bench_samples_add(&samples, 1000);
  check(samples.count == 100, "samples beyond the capacity are not kept");
  bench_samples_free(&samples);
}

static void one_sample(void) {
  bench_samples samples = bench_samples_new(4);
  bench_samples_add(&samples, 7);
  bench_samples_sort(&samples);
  check(bench_samples_quantile(&samples, 0.01) == 7 && bench_samples_quantile(&samples, 0.99) == 7,
        "a single sample is all quantiles");
  bench_samples_free(&samples);
}

static void cpu(void) {
  bench_span begin = bench_span_begin(getpid());
  bench_span span;
  volatile uint64_t sum = 0;
  while (bench_cpu_of(0) - begin.client_cpu_ns < 2000000) ++sum;
  span = bench_span_end(&begin, getpid());
  check(span.client_cpu_ns >= 2000000, "a span counts this process's CPU time");
  check(span.server_cpu_ns >= 2000000, "a span counts another process's CPU time by its pid");
  check(span.wall_ns > 0, "a span counts time");
  check(bench_cpu_of(0x7ffffff0) == 0, "a process that does not exist has used no CPU");
}

int main(void) {
  quantiles();
  one_sample();
  cpu();
  return failures == 0 ? 0 : 1;
}
