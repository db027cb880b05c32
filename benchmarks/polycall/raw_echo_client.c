#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/bench_message.h"
#include "polycall/bench_options.h"
#include "polycall/raw_echo.h"

static const int64_t kTimeout = 10000000000; /* 10 s */

typedef struct raw_client {
  polycall_channel* channel;
  const polycall_method* method;
  polycall_message request;
} raw_client;

static int open_client(const bench_options* options, int method, raw_client* client) {
  polycall_channel_options channel_options = POLYCALL_CHANNEL_OPTIONS_INIT;
  polycall_status status = POLYCALL_STATUS_INIT;
  size_t size = bench_message_size(options->payload);
  memset(client, 0, sizeof(*client));
  channel_options.transports = bench_transports();
  client->channel = polycall_channel_new(options->target, &channel_options, &status);
  if (client->channel == NULL) return raw_echo_fail("channel_new", &status);
  client->method =
      polycall_channel_method(client->channel, raw_echo_service(options->variant)->name,
                              &raw_echo_service(options->variant)->methods[method]);
  client->request.data = calloc(1, size);
  client->request.size = size;
  return 0;
}

static void close_client(raw_client* client) {
  polycall_channel_free(client->channel);
  free((void*)client->request.data);
}

static int echo(void* arg) {
  raw_client* client = arg;
  polycall_unary unary = POLYCALL_UNARY_INIT;
  size_t size;
  unary.method = client->method;
  unary.request = client->request;
  if (polycall_unary_call(client->channel, &unary) != POLYCALL_OK) {
    return raw_echo_fail("Echo", &unary.status);
  }
  size = unary.response.size;
  polycall_message_release(&unary.response);
  return size == client->request.size ? 0 : bench_fail("Echo", "the answer has another size");
}

/* ---- inflight: each completion starts the next call, on the runtime's thread ------------------- */

typedef struct chains {
  raw_client* client;
  atomic_ullong calls;
  atomic_uint running;
  atomic_int stop;
  atomic_int failed;
} chains;

static void start_next(chains* all);

static void completed(void* arg, polycall_unary* unary) {
  chains* all = arg;
  if (unary->status.code != POLYCALL_OK) {
    fprintf(stderr, "Echo: %s: %s\n", polycall_code_name(unary->status.code),
            unary->status.message != NULL ? unary->status.message : "");
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
  polycall_unary unary = POLYCALL_UNARY_INIT;
  unary.method = all->client->method;
  unary.request = all->client->request;
  polycall_unary_call_async(all->client->channel, &unary, completed, all, NULL);
}

static void sleep_seconds(double seconds) {
  struct timespec time = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
  nanosleep(&time, NULL);
}

static int measure_in_flight(const bench_options* options, raw_client* client,
                             bench_result* result) {
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

/* ---- streams ----------------------------------------------------------------------------------- */

static int one_stream(const bench_options* options, raw_client* client) {
  polycall_status status = POLYCALL_STATUS_INIT;
  polycall_message message = POLYCALL_MESSAGE_INIT;
  polycall_call_options call_options = POLYCALL_CALL_OPTIONS_INIT;
  polycall_call* call;
  uint32_t received = 0;
  call_options.timeout_ns = 6 * kTimeout;
  call = polycall_call_start(client->channel, client->method, &call_options);
  polycall_call_send(call, &client->request, POLYCALL_SEND_HALF_CLOSE, NULL);
  while (polycall_call_receive(call, &message)) {
    polycall_message_release(&message);
    ++received;
  }
  polycall_call_wait(call, &status, NULL);
  polycall_call_release(call);
  if (status.code != POLYCALL_OK) return raw_echo_fail("Stream", &status);
  return received == options->stream_count ? 0 : bench_fail("Stream", "messages are missing");
}

static int measure_streams(const bench_options* options, raw_client* client, bench_result* result) {
  bench_span begin;
  uint64_t end;
  if (one_stream(options, client) != 0) return 1;
  begin = bench_span_begin(options->server_pid);
  end = begin.wall_ns + (uint64_t)(options->seconds * 1e9);
  while (bench_now() < end && result->calls < options->max_calls) {
    if (one_stream(options, client) != 0) return 1;
    result->calls += options->stream_count;
  }
  result->span = bench_span_end(&begin, options->server_pid);
  return 0;
}

/* One message there and back on an open stream. */
typedef struct chat_client {
  raw_client* client;
  polycall_call* call;
} chat_client;

static int chat_round_trip(void* arg) {
  chat_client* chat = arg;
  polycall_message message = POLYCALL_MESSAGE_INIT;
  if (polycall_call_send(chat->call, &chat->client->request, 0, NULL) != POLYCALL_OK ||
      !polycall_call_receive(chat->call, &message)) {
    polycall_status status = POLYCALL_STATUS_INIT;
    polycall_call_wait(chat->call, &status, NULL);
    return raw_echo_fail("Chat", &status);
  }
  polycall_message_release(&message);
  return 0;
}

static int measure_chat(const bench_options* options, raw_client* client, bench_result* result) {
  chat_client chat = {client, polycall_call_start(client->channel, client->method, NULL)};
  int failed = bench_measure_latency(options, chat_round_trip, &chat, result);
  polycall_call_half_close(chat.call);
  polycall_call_wait(chat.call, NULL, NULL);
  polycall_call_release(chat.call);
  return failed;
}

/* ---- one process --------------------------------------------------------------------------------- */

static int measure_in_process(const bench_options* options, bench_result* result) {
  polycall_status status = POLYCALL_STATUS_INIT;
  bench_options local = *options;
  raw_client client;
  polycall_server* server;
  int failed = 1;
  local.target = "inproc:raw-echo";
  server = raw_echo_server_new(&local);
  if (server == NULL) return 1;
  if (polycall_server_listen(server, local.target, NULL, 0, &status) != POLYCALL_OK ||
      polycall_server_start(server, &status) != POLYCALL_OK) {
    raw_echo_fail("server", &status);
  } else if (open_client(&local, RAW_ECHO_METHOD, &client) == 0) {
    failed = bench_measure_short_calls(&local, echo, &client, result);
    close_client(&client);
  }
  polycall_server_free(server);
  return failed;
}

/* ---- first, idle --------------------------------------------------------------------------------- */

static int hold_idle_connections(const bench_options* options) {
  raw_client* clients = calloc(options->connections, sizeof(*clients));
  int failed = 0;
  for (uint32_t i = 0; i < options->connections && !failed; ++i) {
    failed = open_client(options, RAW_ECHO_METHOD, &clients[i]) || echo(&clients[i]);
  }
  if (!failed) {
    bench_server_ready(
        "idle"); /* the driver looks at the server's memory, then ends this process */
    bench_server_wait();
  }
  free(clients);
  return failed;
}

int raw_echo_measure(const bench_options* options, bench_result* result) {
  raw_client client;
  int method = RAW_ECHO_METHOD;
  int failed = 1;
  if (strcmp(options->bench, "inproc") == 0) return measure_in_process(options, result);
  if (strcmp(options->bench, "idle") == 0) return hold_idle_connections(options);
  if (strcmp(options->bench, "stream") == 0) method = RAW_STREAM_METHOD;
  if (strcmp(options->bench, "chat") == 0) method = RAW_CHAT_METHOD;
  if (open_client(options, method, &client) != 0) return 1;
  if (strcmp(options->bench, "latency") == 0) {
    failed = bench_measure_latency(options, echo, &client, result);
  } else if (strcmp(options->bench, "inflight") == 0) {
    failed = measure_in_flight(options, &client, result);
  } else if (strcmp(options->bench, "stream") == 0) {
    failed = measure_streams(options, &client, result);
  } else if (strcmp(options->bench, "chat") == 0) {
    failed = measure_chat(options, &client, result);
  } else if (strcmp(options->bench, "first") == 0) {
    failed = echo(&client);
  } else {
    bench_fail(options->bench, "no such bench");
  }
  close_client(&client);
  return failed;
}
