/* The floor of TLS: OpenSSL over a blocking TCP socket, one record stream each way, and nothing else.
 *
 * Target "tls://127.0.0.1:0". The certificate is server.pem and server.key in the folder $BENCH_TLS. */
#ifndef POLYCALL_BENCHMARKS_FLOORS_TLS_FLOOR_H_
#define POLYCALL_BENCHMARKS_FLOORS_TLS_FLOOR_H_

#include "common/bench_program.h"

int tls_floor_serve(const bench_options* options);
int tls_floor_measure(const bench_options* options, bench_result* result);

#endif /* POLYCALL_BENCHMARKS_FLOORS_TLS_FLOOR_H_ */
