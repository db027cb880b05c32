/* PolyCall C on the same work: the generated typed API, plain structs and an arena per call. */
#ifndef POLYCALL_BENCHMARKS_POLYCALL_C_ECHO_H_
#define POLYCALL_BENCHMARKS_POLYCALL_C_ECHO_H_

#include "common/bench_program.h"
#include "echo.polycall.h"

/* Adds the handlers to a server. */
polycall_code c_echo_add(polycall_server* server, polycall_status* status);

/* A server with the handlers, not started. NULL after printing why. */
polycall_server* c_echo_server_new(void);

int c_echo_serve(const bench_options* options);
int c_echo_measure(const bench_options* options, bench_result* result);

/* Measures calls one after the other to `target` in this process. */
int c_echo_measure_in_process(const bench_options* options, const char* target,
                              bench_result* result);

/* Prints what failed with the status's code and message, clears it, returns 1. */
int c_echo_fail(const char* what, polycall_status* status);

#endif /* POLYCALL_BENCHMARKS_POLYCALL_C_ECHO_H_ */
