/* The floor of shared memory: one slot each way, a number that says whose turn it is, and nothing else.
 *
 * Target "shm:/path": a unix socket on which the server hands out the memory and two eventfds. Each side
 * publishes its core: on different ones both spin, on one core they sleep on the eventfds. */
#ifndef POLYCALL_BENCHMARKS_FLOORS_SHM_FLOOR_H_
#define POLYCALL_BENCHMARKS_FLOORS_SHM_FLOOR_H_

#include "common/bench_program.h"

int shm_floor_serve(const bench_options* options);
int shm_floor_measure(const bench_options* options, bench_result* result);

#endif /* POLYCALL_BENCHMARKS_FLOORS_SHM_FLOOR_H_ */
