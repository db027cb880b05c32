/* A C caller and a handler in another language, hosted in this process. */
#ifndef POLYCALL_BENCHMARKS_POLYCALL_HOSTED_ECHO_H_
#define POLYCALL_BENCHMARKS_POLYCALL_HOSTED_ECHO_H_

#include "common/bench_program.h"
#include "polycall/polycall.h"

/* A started server on `target` with the module of options->variant, "LANG:MODULE" (or, before it,
 * "plain:"). NULL after printing why. */
polycall_server* hosted_server_new(const char* module, const char* target);

/* As c_echo_measure_in_process, for plain_echo.proto: a plain function answers. */
int plain_echo_measure(const bench_options* options, const char* target, bench_result* result);

#endif /* POLYCALL_BENCHMARKS_POLYCALL_HOSTED_ECHO_H_ */
