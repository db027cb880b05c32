/* What the machine copies: one memcpy of the payload, source and destination in turn from a few buffers. */
#ifndef POLYCALL_BENCHMARKS_FLOORS_MEMCPY_FLOOR_H_
#define POLYCALL_BENCHMARKS_FLOORS_MEMCPY_FLOOR_H_

#include "common/bench_program.h"

int memcpy_floor_measure(const bench_options* options, bench_result* result);

#endif /* POLYCALL_BENCHMARKS_FLOORS_MEMCPY_FLOOR_H_ */
