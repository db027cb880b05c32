#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/bench_message.h"
#include "common/bench_socket.h"
#include "floors/socket_floor.h"

typedef struct floor_client {
  int fd;
  size_t size; /* bytes of a message on the wire */
  char* data;
} floor_client;

static int open_client(const bench_options* options, size_t size, floor_client* client) {
  client->fd = bench_connect(options->target);
  client->size = size;
  client->data = calloc(1, size > SOCKET_FLOOR_BLOCK ? size : SOCKET_FLOOR_BLOCK);
  return client->fd < 0 || client->data == NULL;
}

static int hello(const floor_client* client, enum socket_floor_mode mode, uint64_t size) {
  socket_floor_hello message = {mode, size};
  return bench_write_all(client->fd, &message, sizeof(message));
}

static int round_trip(void* arg) {
  floor_client* client = arg;
  if (bench_write_all(client->fd, client->data, client->size) != 0) return 1;
  return bench_read_all(client->fd, client->data, client->size);
}

static int looking_round_trip(void* arg) {
  floor_client* client = arg;
  if (bench_write_all(client->fd, client->data, client->size) != 0) return 1;
  return bench_read_all_looking(client->fd, client->data, client->size);
}

/* Keeps depth messages on their way: what comes back is sent again, in whole messages. */
static int measure_in_flight(const bench_options* options, floor_client* client,
                             bench_result* result) {
  bench_span begin = {0, 0, 0};
  uint64_t measured_from = bench_now() + (uint64_t)(options->seconds * BENCH_WARM_UP_SHARE * 1e9);
  uint64_t end = UINT64_MAX;
  int measuring = 0;
  size_t partial = 0;
  if (client->size * options->depth > 2 * SOCKET_FLOOR_BLOCK) {
    return bench_fail("inflight", "payload x depth must fit into socket buffers (128 KiB)");
  }
  for (uint32_t i = 0; i < options->depth; ++i) {
    if (bench_write_all(client->fd, client->data, client->size) != 0) return 1;
  }
  for (;;) {
    ssize_t got = read(client->fd, client->data, SOCKET_FLOOR_BLOCK);
    uint64_t now = bench_now();
    size_t whole;
    if (got <= 0) return bench_fail("floor", "the server closed the connection");
    whole = (partial + (size_t)got) / client->size;
    partial = (partial + (size_t)got) % client->size;
    if (!measuring && now >= measured_from) {
      measuring = 1;
      begin = bench_span_begin(options->server_pid);
      end = begin.wall_ns + (uint64_t)(options->seconds * 1e9);
    } else if (measuring) {
      result->calls += whole;
    }
    if (now >= end || result->calls >= options->max_calls) break;
    for (size_t left = whole * client->size; left > 0;) {
      size_t part = left < SOCKET_FLOOR_BLOCK ? left : SOCKET_FLOOR_BLOCK;
      if (bench_write_all(client->fd, client->data, part) != 0) return 1;
      left -= part;
    }
  }
  result->span = bench_span_end(&begin, options->server_pid);
  return 0;
}

/* One flood of stream_count messages. */
static int one_stream(const bench_options* options, floor_client* client) {
  uint64_t left = (uint64_t)options->stream_count * client->size;
  if (hello(client, SOCKET_FLOOR_FLOOD, left) != 0) return 1;
  while (left > 0) {
    size_t part = left < SOCKET_FLOOR_BLOCK ? (size_t)left : SOCKET_FLOOR_BLOCK;
    ssize_t got = read(client->fd, client->data, part);
    if (got <= 0) return bench_fail("floor", "the server closed the connection");
    left -= (uint64_t)got;
  }
  return 0;
}

static int measure_streams(const bench_options* options, floor_client* client,
                           bench_result* result) {
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

static int null_call(void* arg) {
  ++*(volatile uint64_t*)arg;
  return 0;
}

int socket_floor_measure(const bench_options* options, bench_result* result) {
  /* The bytes that `byhand` sends: a message and its length. */
  size_t size = 4 + bench_message_size(options->payload);
  floor_client client;
  uint64_t null_calls = 0;
  int failed = 1;
  if (strcmp(options->bench, "inproc") == 0) {
    return bench_measure_short_calls(options, null_call, &null_calls, result);
  }
  if (open_client(options, size, &client) != 0) return 1;
  if (strcmp(options->variant, "looking") == 0) {
    failed = hello(&client, SOCKET_FLOOR_LOOKING, size) ||
             bench_measure_latency(options, looking_round_trip, &client, result);
  } else if (strcmp(options->bench, "latency") == 0 || strcmp(options->bench, "chat") == 0) {
    failed = hello(&client, SOCKET_FLOOR_ROUND_TRIP, size) ||
             bench_measure_latency(options, round_trip, &client, result);
  } else if (strcmp(options->bench, "inflight") == 0) {
    failed =
        hello(&client, SOCKET_FLOOR_STREAM_BACK, 0) || measure_in_flight(options, &client, result);
  } else if (strcmp(options->bench, "stream") == 0) {
    failed = measure_streams(options, &client, result);
  } else if (strcmp(options->bench, "first") == 0) {
    failed = hello(&client, SOCKET_FLOOR_ROUND_TRIP, size) || round_trip(&client);
  } else {
    bench_fail(options->bench, "the floor has no such bench");
  }
  close(client.fd);
  free(client.data);
  return failed;
}
