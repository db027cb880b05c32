/* The floor: the same number of bytes through the same mechanism, with nothing in between.
 *
 * A connection opens with one socket_floor_hello, which tells the server what to do. */
#ifndef POLYCALL_BENCHMARKS_FLOORS_SOCKET_FLOOR_H_
#define POLYCALL_BENCHMARKS_FLOORS_SOCKET_FLOOR_H_

#include <stdint.h>

#include "common/bench_program.h"

enum socket_floor_mode {
  SOCKET_FLOOR_ROUND_TRIP = 0,  /* read `size` bytes, write them back, again and again */
  SOCKET_FLOOR_STREAM_BACK = 1, /* write back whatever one read gave */
  SOCKET_FLOOR_FLOOD = 2,  /* write `size` bytes in large blocks, then wait for the next hello */
  SOCKET_FLOOR_LOOKING = 3 /* round trips, looking for a while before each sleep */
};

typedef struct socket_floor_hello {
  uint64_t mode;
  uint64_t size;
} socket_floor_hello;

/* Block of one read or write where many small messages travel together. */
enum { SOCKET_FLOOR_BLOCK = 65536 };

int socket_floor_serve(const bench_options* options);
int socket_floor_measure(const bench_options* options, bench_result* result);

#endif /* POLYCALL_BENCHMARKS_FLOORS_SOCKET_FLOOR_H_ */
