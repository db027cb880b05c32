#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/bench_message.h"
#include "polycall/bench_options.h"
#include "polycall/c_echo.h"

typedef struct c_client {
  polycall_channel* channel;
  echo_v1_EchoService_client client;
  echo_v1_EchoMessage request;
  char* payload;
  polycall_arena arena;
  char space[4096];
} c_client;

static int open_client(const bench_options* options, const char* target, c_client* self) {
  polycall_channel_options channel_options = POLYCALL_CHANNEL_OPTIONS_INIT;
  polycall_status status = POLYCALL_STATUS_INIT;
  memset(self, 0, sizeof(*self));
  channel_options.transports = bench_transports();
  self->channel = polycall_channel_new(target, &channel_options, &status);
  if (self->channel == NULL) return c_echo_fail(target, &status);
  echo_v1_EchoService_client_init(&self->client, self->channel);
  self->payload = calloc(1, options->payload + 1);
  memset(self->payload, 'x', options->payload);
  self->request.payload = polycall_bytes_from(self->payload, options->payload);
  self->request.sequence = BENCH_SEQUENCE;
  self->request.sent_at = BENCH_SENT_AT;
  self->request.tag = BENCH_TAG;
  self->request.count = options->stream_count;
  polycall_arena_init(&self->arena, self->space, sizeof(self->space));
  return 0;
}

static void close_client(c_client* self) {
  polycall_channel_free(self->channel);
  polycall_arena_free(&self->arena);
  free(self->payload);
}

static int check(const c_client* self, const echo_v1_EchoMessage* reply) {
  if (reply->payload.size == self->request.payload.size && reply->tag == self->request.tag)
    return 0;
  return bench_fail("Echo", "the answer does not fit the request");
}

static int echo(void* arg) {
  c_client* self = arg;
  polycall_status status = POLYCALL_STATUS_INIT;
  echo_v1_EchoMessage reply;
  int failed;
  if (echo_v1_EchoService_echo(&self->client, &self->request, &self->arena, &reply, NULL,
                               &status) != POLYCALL_OK) {
    return c_echo_fail("Echo", &status);
  }
  failed = check(self, &reply);
  polycall_arena_reset(&self->arena);
  return failed;
}

/* ---- inflight: each completion starts the next call, on the runtime's thread ------------------- */

typedef struct chains {
  c_client* client;
  atomic_ullong calls;
  atomic_uint running;
  atomic_int stop;
  atomic_int failed;
} chains;

static void start_next(chains* all);

static void completed(void* arg, const polycall_status* status, const echo_v1_EchoMessage* reply) {
  chains* all = arg;
  if (reply == NULL) {
    fprintf(stderr, "Echo: %s: %s\n", polycall_code_name(status->code),
            status->message != NULL ? status->message : "");
    atomic_store(&all->failed, 1);
  } else if (check(all->client, reply) != 0) {
    atomic_store(&all->failed, 1);
  }
  atomic_fetch_add_explicit(&all->calls, 1, memory_order_relaxed);
  if (atomic_load_explicit(&all->stop, memory_order_relaxed) || atomic_load(&all->failed)) {
    atomic_fetch_sub(&all->running, 1);
  } else {
    start_next(all);
  }
}

static void start_next(chains* all) {
  echo_v1_EchoService_echo_async(&all->client->client, &all->client->request, NULL, completed, all,
                                 NULL);
}

static void sleep_seconds(double seconds) {
  struct timespec time = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
  nanosleep(&time, NULL);
}

static int measure_in_flight(const bench_options* options, c_client* client, bench_result* result) {
  chains all = {client, 0, options->depth, 0, 0};
  bench_span begin;
  uint64_t before;
  if (echo(client) != 0) return 1;
  for (uint32_t i = 0; i < options->depth; ++i) start_next(&all);
  sleep_seconds(options->seconds * BENCH_WARM_UP_SHARE);
  before = atomic_load(&all.calls);
  begin = bench_span_begin(options->server_pid);
  sleep_seconds(options->seconds);
  result->calls = atomic_load(&all.calls) - before;
  result->span = bench_span_end(&begin, options->server_pid);
  atomic_store(&all.stop, 1);
  for (int i = 0; i < 1000 && atomic_load(&all.running) > 0; ++i) sleep_seconds(0.01);
  if (atomic_load(&all.running) > 0) return bench_fail("inflight", "calls did not end in 10 s");
  return atomic_load(&all.failed);
}

int c_echo_measure_in_process(const bench_options* options, const char* target,
                              bench_result* result) {
  c_client client;
  int failed;
  if (open_client(options, target, &client) != 0) return 1;
  failed = bench_measure_short_calls(options, echo, &client, result);
  close_client(&client);
  return failed;
}

static int measure_own_server(const bench_options* options, bench_result* result) {
  static const char kTarget[] = "inproc:bench-c";
  polycall_status status = POLYCALL_STATUS_INIT;
  polycall_server* server = c_echo_server_new();
  int failed = 1;
  if (server == NULL) return 1;
  if (polycall_server_listen(server, kTarget, NULL, 0, &status) != POLYCALL_OK ||
      polycall_server_start(server, &status) != POLYCALL_OK) {
    c_echo_fail(kTarget, &status);
  } else {
    failed = c_echo_measure_in_process(options, kTarget, result);
  }
  polycall_server_free(server);
  return failed;
}

int c_echo_measure(const bench_options* options, bench_result* result) {
  c_client client;
  int failed = 1;
  if (strcmp(options->bench, "inproc") == 0) return measure_own_server(options, result);
  if (open_client(options, options->target, &client) != 0) return 1;
  if (strcmp(options->bench, "latency") == 0) {
    failed = bench_measure_latency(options, echo, &client, result);
  } else if (strcmp(options->bench, "inflight") == 0) {
    failed = measure_in_flight(options, &client, result);
  } else if (strcmp(options->bench, "first") == 0) {
    failed = echo(&client);
  } else {
    bench_fail(options->bench, "the C program has no such bench");
  }
  close_client(&client);
  return failed;
}
