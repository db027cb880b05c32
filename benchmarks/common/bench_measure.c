#include "bench_measure.h"

#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

uint64_t bench_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t bench_cpu_of(pid_t pid) {
  clockid_t clock = CLOCK_PROCESS_CPUTIME_ID;
  struct timespec used;
  if (pid != 0 && clock_getcpuclockid(pid, &clock) != 0) return 0;
  if (clock_gettime(clock, &used) != 0) return 0;
  return (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec;
}

void bench_pin(int core) {
  cpu_set_t set;
  if (core < 0) return;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  if (sched_setaffinity(0, sizeof(set), &set) != 0) {
    fprintf(stderr, "cannot pin to core %d: is there one? (see nproc)\n", core);
    exit(2);
  }
}

void bench_raise_file_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

bench_samples bench_samples_new(size_t capacity) {
  bench_samples samples = {malloc(capacity * sizeof(uint64_t)), 0, capacity};
  if (samples.values == NULL) {
    fprintf(stderr, "no memory for %zu samples\n", capacity);
    exit(2);
  }
  /* Touched now: a page fault inside the measured loop would be measured. */
  memset(samples.values, 0, capacity * sizeof(uint64_t));
  return samples;
}

void bench_samples_free(bench_samples* samples) {
  free(samples->values);
  samples->values = NULL;
  samples->count = samples->capacity = 0;
}

static int compare(const void* left, const void* right) {
  uint64_t a = *(const uint64_t*)left;
  uint64_t b = *(const uint64_t*)right;
  return (a > b) - (a < b);
}

void bench_samples_sort(bench_samples* samples) {
  qsort(samples->values, samples->count, sizeof(uint64_t), compare);
}

uint64_t bench_samples_quantile(const bench_samples* samples, double q) {
  size_t rank;
  if (samples->count == 0) return 0;
  rank = (size_t)ceil(q * (double)samples->count);
  if (rank < 1) rank = 1;
  if (rank > samples->count) rank = samples->count;
  return samples->values[rank - 1];
}

bench_span bench_span_begin(pid_t server) {
  bench_span span;
  span.server_cpu_ns = server != 0 ? bench_cpu_of(server) : 0;
  span.client_cpu_ns = bench_cpu_of(0);
  span.wall_ns = bench_now();
  return span;
}

bench_span bench_span_end(const bench_span* begin, pid_t server) {
  bench_span span;
  span.wall_ns = bench_now() - begin->wall_ns;
  span.client_cpu_ns = bench_cpu_of(0) - begin->client_cpu_ns;
  span.server_cpu_ns = server != 0 ? bench_cpu_of(server) - begin->server_cpu_ns : 0;
  return span;
}
