/* The C++ side of the benches that mix C++ and Python in one process: a shared library that
 * python_echo.py loads. It uses the libpolycall.so that the Python module loaded. */
#ifndef POLYCALL_BENCHMARKS_POLYCALL_IN_PROCESS_H_
#define POLYCALL_BENCHMARKS_POLYCALL_IN_PROCESS_H_

#include <stddef.h>

#if defined(__GNUC__)
#define BENCH_EXPORT __attribute__((visibility("default")))
#else
#define BENCH_EXPORT
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Serves the C++ handlers on `target` ("inproc:name") until the process ends. Nonzero: failed. */
BENCH_EXPORT int bench_in_process_serve(const char* target);

typedef struct bench_in_process_result {
  double p50_ns;
  double p99_ns;
  unsigned long long calls;
  unsigned long long wall_ns;
  unsigned long long cpu_ns;
} bench_in_process_result;

/* Blocking C++ echoes to `target` for `seconds`. Nonzero: failed. */
BENCH_EXPORT int bench_in_process_measure(const char* target, size_t payload, double seconds,
                                          bench_in_process_result* result);

#ifdef __cplusplus
}
#endif

#endif /* POLYCALL_BENCHMARKS_POLYCALL_IN_PROCESS_H_ */
