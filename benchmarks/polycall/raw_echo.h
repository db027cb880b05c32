/* PolyCall with payloads as plain bytes: what the runtime alone costs, without a binding or a codec.
 * Written in C straight on the ABI. */
#ifndef POLYCALL_BENCHMARKS_POLYCALL_RAW_ECHO_H_
#define POLYCALL_BENCHMARKS_POLYCALL_RAW_ECHO_H_

#include <polycall/polycall.h>

#include "common/bench_program.h"

enum { RAW_ECHO_METHOD = 0, RAW_STREAM_METHOD = 1, RAW_CHAT_METHOD = 2, RAW_METHOD_COUNT = 3 };

/* The descriptor of echo.proto's service. `variant` "inline" marks Echo as short. */
const polycall_service_descriptor* raw_echo_service(const char* variant);

/* A server with the service, not started. NULL after printing why. */
polycall_server* raw_echo_server_new(const bench_options* options);

/* How many messages Stream sends back. Before the server starts. */
void raw_echo_set_stream_count(uint32_t count);

int raw_echo_serve(const bench_options* options);
int raw_echo_measure(const bench_options* options, bench_result* result);

/* Prints what failed with the status's code and message, clears it, returns 1. */
int raw_echo_fail(const char* what, polycall_status* status);

#endif /* POLYCALL_BENCHMARKS_POLYCALL_RAW_ECHO_H_ */
