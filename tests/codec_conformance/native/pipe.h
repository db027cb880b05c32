/* Requests from standard input and answers to standard output, as README.md says. For testees in C and
 * C++ and for the judge. One thread. */
#ifndef POLYCALL_TESTS_CODEC_CONFORMANCE_NATIVE_PIPE_H_
#define POLYCALL_TESTS_CODEC_CONFORMANCE_NATIVE_PIPE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum codec_action { CODEC_RECODE = 1, CODEC_DECODE = 2, CODEC_BENCH = 3 };
enum codec_result {
  CODEC_ACCEPTED = 0,
  CODEC_REFUSED = 1,
  CODEC_UNSUPPORTED = 2,
  CODEC_TESTEE_FAILED = 3
};

typedef struct codec_request {
  uint8_t action;
  char name[256];      /* NUL-terminated */
  uint32_t iterations; /* of a bench */
  const char* data;    /* valid until the next request is read */
  size_t size;
} codec_request;

/* Waits for the next request; all answers have been written before. False: the input ended. A request
 * that is no request ends the program with 2. */
bool codec_read_request(codec_request* request);

/* Answers with `size` bytes. */
void codec_answer(enum codec_result result, const void* data, size_t size);

/* Answers with a text. */
void codec_answer_text(enum codec_result result, const char* text);

/* Answers a bench. */
void codec_answer_time(uint64_t nanoseconds);

/* Nanoseconds of the monotonic clock. */
uint64_t codec_now(void);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* POLYCALL_TESTS_CODEC_CONFORMANCE_NATIVE_PIPE_H_ */
