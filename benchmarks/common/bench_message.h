/* The message of echo.proto in numbers, for programs without protobuf. */
#ifndef POLYCALL_BENCHMARKS_COMMON_BENCH_MESSAGE_H_
#define POLYCALL_BENCHMARKS_COMMON_BENCH_MESSAGE_H_

#include <stddef.h>

/* The four numbers of every EchoMessage; `count` is constant so that sizes are. */
enum { BENCH_SEQUENCE = 7, BENCH_SENT_AT = 300, BENCH_TAG = 70000 };
/* Encoded: tag and varint each, of 1, 2, 3 and 3 bytes (a stream's count is 16384 to 2097151). */
enum { BENCH_NUMBERS_SIZE = 2 + 3 + 4 + 4 };
enum { BENCH_STREAM_COUNT_MIN = 16384, BENCH_STREAM_COUNT_MAX = 2097151 };

/* Encoded size of an EchoMessage with so much payload (at most 2 MiB). */
static inline size_t bench_message_size(size_t payload) {
  size_t length_size = payload < 128 ? 1 : payload < 16384 ? 2 : payload < 2097152 ? 3 : 4;
  return (payload > 0 ? 1 + length_size + payload : 0) + BENCH_NUMBERS_SIZE;
}

#endif /* POLYCALL_BENCHMARKS_COMMON_BENCH_MESSAGE_H_ */
