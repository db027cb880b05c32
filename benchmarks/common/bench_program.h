/* The frame that every benchmark program shares: its command line, its life as a server, its result.
 *
 *   PROGRAM server --target T [--pin CORE]           prints "READY <address>", serves until SIGTERM
 *   PROGRAM client --target T --bench B ...          prints one JSON object
 *   PROGRAM run    --target T --placement cross|same --bench B ...    both, for use by hand
 *   PROGRAM info                                     how it was built, as JSON
 *
 * A program refuses to measure when it was built without optimisation or with asserts. */
#ifndef POLYCALL_BENCHMARKS_COMMON_BENCH_PROGRAM_H_
#define POLYCALL_BENCHMARKS_COMMON_BENCH_PROGRAM_H_

#include "bench_measure.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct bench_options {
  const char* bench;   /* latency, inflight, stream, chat, inproc, first or idle */
  const char* target;  /* unix:/path, tcp://host:port or inproc:name */
  const char* variant; /* a program's own choice, as "sync"; "" by default */
  size_t payload;      /* bytes of EchoMessage.payload */
  uint32_t depth;      /* calls in flight (inflight) */
  double seconds;      /* measured time; warm-up comes on top */
  double warm_up;      /* at least so long; more than the share of `seconds` where a compiler works
                            beside the calls */
  uint64_t max_calls;  /* the load ends here even when time is left */
  uint32_t stream_count; /* messages of one server stream */
  uint32_t connections;  /* idle: how many */
  int pin;               /* core, or -1 */
  pid_t server_pid;      /* whose CPU time is counted in; 0: none */
} bench_options;

/* What a client measured. Zero: not measured. */
typedef struct bench_result {
  uint64_t calls;
  double p50_ns;
  double p99_ns;
  bench_span span;
} bench_result;

typedef struct bench_program {
  const char* peer;     /* "floor", "byhand", "polycall", "grpc" */
  const char* language; /* "c++", "c" */
  /* Serves: calls bench_server_ready once it listens, then bench_server_wait. Returns exit code. */
  int (*serve)(const bench_options* options);
  /* Measures options->bench. Nonzero: failed, a message was printed. */
  int (*measure)(const bench_options* options, bench_result* result);
} bench_program;

int bench_main(int argc, char** argv, const bench_program* program);

/* Tells the driver the address that callers use. */
void bench_server_ready(const char* address);
/* Blocks until SIGTERM or SIGINT came, or the longest life of a server (20 minutes) is over. */
void bench_server_wait(void);

/* One echo, checked. Nonzero: failed, a message was printed. */
typedef int (*bench_call_fn)(void* arg);

/* Depth 1: makes calls one after the other and times each. */
int bench_measure_latency(const bench_options* options, bench_call_fn call, void* arg,
                          bench_result* result);

/* As bench_measure_latency for calls that are shorter than a look at the clock: times batches and
 * gives quantiles of the batches' averages. */
int bench_measure_short_calls(const bench_options* options, bench_call_fn call, void* arg,
                              bench_result* result);

/* The share of `seconds` that a load runs before it is measured. */
#define BENCH_WARM_UP_SHARE 0.15

/* Prints "<what>: <why>" to standard error and returns 1. */
int bench_fail(const char* what, const char* why);

#ifdef __cplusplus
}
#endif

#endif /* POLYCALL_BENCHMARKS_COMMON_BENCH_PROGRAM_H_ */
