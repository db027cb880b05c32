// What the C client's cases share.
#ifndef POLYCALL_TESTS_INTEROP_C_CLIENT_H_
#define POLYCALL_TESTS_INTEROP_C_CLIENT_H_

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "polycall/c/arena.h"
#include "polycall/polycall.h"
#include "polycall_test.polycall.h"
#include "test.polycall.h"

// One run of one case. One thread at a time.
typedef struct Context {
  const char* target;
  const char* token;
  polycall_channel* channel;
  grpc_testing_TestService_client test;
  polycall_testing_PolyCallTestService_client own;
  polycall_arena arena;    // for whatever a case keeps until it ends
  polycall_status status;  // of the last call
} Context;

// A case: 0 if all is as it should be.
typedef int (*CaseFunction)(Context* context);

// Prints why the case fails and ends it. Whatever it holds goes with the process.
#define FAIL(...)                                        \
  do {                                                   \
    fprintf(stderr, "%s:%d: ", __FILE_NAME__, __LINE__); \
    fprintf(stderr, __VA_ARGS__);                        \
    fprintf(stderr, "\n");                               \
    return 1;                                            \
  } while (0)

#define EXPECT(condition)                              \
  do {                                                 \
    if (!(condition)) FAIL("expected %s", #condition); \
  } while (0)

// `actual` is evaluated once; the context's status goes into the message and is cleared.
#define EXPECT_CODE(context, expected, actual)                                              \
  do {                                                                                      \
    int code_ = (int)(actual);                                                              \
    if (code_ != (int)(expected)) {                                                         \
      FAIL("expected %s from %s, found %s: %s", polycall_code_name(expected), #actual,      \
           polycall_code_name(code_),                                                       \
           (context)->status.message != NULL ? (context)->status.message : "(no message)"); \
    }                                                                                       \
    polycall_status_clear(&(context)->status);                                              \
  } while (0)

#define EXPECT_NUMBER(expected, actual)                                         \
  do {                                                                          \
    long long expected_ = (long long)(expected), actual_ = (long long)(actual); \
    if (expected_ != actual_) {                                                 \
      FAIL("expected %lld from %s, found %lld", expected_, #actual, actual_);   \
    }                                                                           \
  } while (0)

#define RUN(step)                     \
  do {                                \
    int failed_ = (step);             \
    if (failed_ != 0) return failed_; \
  } while (0)

// `size` zeros, alive as long as the process; `size` at most 32 MiB.
polycall_bytes zeros(size_t size);

// A payload of `size` zeros in `arena`.
grpc_testing_Payload* new_payload(polycall_arena* arena, size_t size);

// A key for the server's counters that belongs to this run and `name` alone, in the context's
// arena.
polycall_string new_key(Context* context, const char* name);

void sleep_milliseconds(int milliseconds);

// UnaryCall with large_unary's sizes; checks the answer.
int call_large_unary(Context* context, grpc_testing_TestService_client* client);

// The server still answers.
int call_empty(Context* context);

int get_counters(Context* context, polycall_string key, polycall_testing_Counters* counters);

// Asks for the counters until the one that `pick` chooses is `wanted`; fails after 10 s.
typedef int64_t (*PickCounter)(const polycall_testing_Counters* counters);
int wait_for_counter(Context* context, polycall_string key, PickCounter pick, int64_t wanted);
int64_t pick_started(const polycall_testing_Counters* counters);
int64_t pick_cancelled(const polycall_testing_Counters* counters);

// Outcomes of asynchronous calls. Any thread; `arg` of the callbacks is the Gathering.
typedef struct Gathering Gathering;
Gathering* gathering_new(void);
void gathering_add(Gathering* gathering, const polycall_status* status);
// Waits for `count` outcomes, at most 30 s; fails unless all are `wanted`. Frees.
int gathering_finish(Gathering* gathering, int count, polycall_code wanted);

// The cases, by topic.
int empty_unary(Context* context);
int large_unary(Context* context);
int client_streaming(Context* context);
int server_streaming(Context* context);
int ping_pong(Context* context);
int empty_stream(Context* context);
int custom_metadata(Context* context);
int status_code_and_message(Context* context);
int special_status_message(Context* context);
int unimplemented_method(Context* context);
int unimplemented_service(Context* context);
int cancel_after_begin(Context* context);
int cancel_after_first_response(Context* context);
int timeout_on_sleeping_server(Context* context);
int deadline_propagation(Context* context);
int cancel_propagation(Context* context);
int rpc_soak(Context* context);
int channel_soak(Context* context);
int concurrent_calls(Context* context);
int slow_reader_backpressure(Context* context);
int handler_throws(Context* context);
int message_too_large(Context* context);
int unknown_fields_kept(Context* context);
int client_dies_midstream_die(Context* context);
int client_dies_midstream_check(Context* context);
int server_dies_midcall(Context* context);
int graceful_shutdown_loses_nothing(Context* context);

#endif  // POLYCALL_TESTS_INTEROP_C_CLIENT_H_
