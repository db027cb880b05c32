/* A call of every kind, blocking and asynchronous on either side, over every transport. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>
#include <time.h>

#include "streaming_service.h"

#define ITEMS 200
#define WAIT_SECONDS 30

typedef hazards_streaming_Item item;
typedef hazards_streaming_Count count;
typedef hazards_streaming_Streaming_client streaming_client;

static int failures = 0;
static const char* scene = "";

#define CHECK(condition)                                                                 \
  do {                                                                                   \
    if (!(condition)) {                                                                  \
      ++failures;                                                                        \
      fprintf(stderr, "FAILED: %s: %s:%d: %s\n", scene, __FILE__, __LINE__, #condition); \
    }                                                                                    \
  } while (0)

/* Every call is bounded. */
static polycall_call_options bounded(void) {
  polycall_call_options options = POLYCALL_CALL_OPTIONS_INIT;
  options.timeout_ns = INT64_C(1000000000) * WAIT_SECONDS;
  return options;
}

/* What a callback tells the thread that waits for it. */
typedef struct event {
  atomic_int done;
  int code;
  int64_t number;
  int64_t items;
} event;

static void wait_for(event* e) {
  const struct timespec pause = {0, 1000000};
  for (int i = 0; i < WAIT_SECONDS * 1000 && !atomic_load(&e->done); ++i) thrd_sleep(&pause, NULL);
  CHECK(atomic_load(&e->done));
}

static void test_unary(const streaming_client* client) {
  char space[512];
  polycall_arena arena;
  polycall_arena_init(&arena, space, sizeof space);
  const polycall_call_options options = bounded();
  polycall_status status = POLYCALL_STATUS_INIT;
  item request = {0};
  item reply;
  request.number = -7;
  request.text = polycall_string_from("text \xe2\x82\xac");
  char* const blob = calloc(1, 100000);
  if (blob == NULL) abort();
  blob[99999] = 'x';
  for (size_t size = 0; size <= 100000; size += 50000) {
    request.payload = polycall_bytes_from(blob, size);
    CHECK(hazards_streaming_Streaming_unary(client, &request, &arena, &reply, &options, &status) ==
          POLYCALL_OK);
    CHECK(hazards_streaming_Item_equal(&request, &reply));
    polycall_status_clear(&status);
  }
  free(blob);
  polycall_arena_free(&arena);
}

static void test_failure(const streaming_client* client) {
  char space[512];
  polycall_arena arena;
  polycall_arena_init(&arena, space, sizeof space);
  const polycall_call_options options = bounded();
  polycall_status status = POLYCALL_STATUS_INIT;
  item request = {0};
  item reply;
  request.number = POLYCALL_NOT_FOUND;
  request.text = polycall_string_from("there is no such thing");
  CHECK(hazards_streaming_Streaming_fail(client, &request, &arena, &reply, &options, &status) ==
        POLYCALL_NOT_FOUND);
  CHECK(status.message != NULL && strcmp(status.message, "there is no such thing") == 0);
  CHECK(reply.number == 0 && reply.text.size == 0);
  polycall_status_clear(&status);
  CHECK(hazards_streaming_Streaming_fail(client, &request, &arena, &reply, &options, NULL) ==
        POLYCALL_NOT_FOUND);
  polycall_arena_free(&arena);
}

static void unary_done(void* arg, const polycall_status* status, const item* reply) {
  event* const e = arg;
  e->code = status->code;
  e->number = reply == NULL ? -1 : reply->number;
  atomic_store(&e->done, 1);
}

static void test_unary_async(const streaming_client* client) {
  const polycall_call_options options = bounded();
  item request = {0};
  request.number = 42;
  event e = {0, -1, 0, 0};
  hazards_streaming_Streaming_unary_async(client, &request, &options, unary_done, &e, NULL);
  wait_for(&e);
  CHECK(e.code == POLYCALL_OK && e.number == 42);
  event failed = {0, -1, 0, 0};
  request.number = POLYCALL_ABORTED;
  hazards_streaming_Streaming_fail_async(client, &request, &options, unary_done, &failed, NULL);
  wait_for(&failed);
  CHECK(failed.code == POLYCALL_ABORTED && failed.number == -1);
}

static void test_down(const streaming_client* client) {
  polycall_arena arena;
  polycall_arena_init(&arena, NULL, 0);
  const polycall_call_options options = bounded();
  polycall_status status = POLYCALL_STATUS_INIT;
  item request = {0};
  item reply;
  request.number = ITEMS;
  polycall_call* const call = hazards_streaming_Streaming_down_start(client, &request, &options);
  int64_t next = 0;
  for (; hazards_streaming_Streaming_down_receive(call, &arena, &reply); ++next) {
    char text[32];
    snprintf(text, sizeof text, "item %lld", (long long)next);
    CHECK(reply.number == next);
    CHECK(polycall_string_equal(reply.text, polycall_string_from(text)));
    polycall_arena_reset(&arena);
  }
  CHECK(next == ITEMS);
  CHECK(hazards_streaming_Streaming_down_finish(call, &status) == POLYCALL_OK);
  polycall_status_clear(&status);
  polycall_arena_free(&arena);
}

static void test_up(const streaming_client* client) {
  char space[512];
  polycall_arena arena;
  polycall_arena_init(&arena, space, sizeof space);
  const polycall_call_options options = bounded();
  polycall_status status = POLYCALL_STATUS_INIT;
  polycall_call* const call = hazards_streaming_Streaming_up_start(client, &options);
  for (int64_t i = 0; i < ITEMS; ++i) {
    item request = {0};
    request.number = i;
    CHECK(hazards_streaming_Streaming_up_send(call, &request, POLYCALL_SEND_BUFFERED, &status) ==
          POLYCALL_OK);
  }
  count reply;
  CHECK(hazards_streaming_Streaming_up_finish(call, &arena, &reply, &status) == POLYCALL_OK);
  CHECK(reply.items == ITEMS && reply.sum == ITEMS * (ITEMS - 1) / 2);
  polycall_status_clear(&status);
  polycall_arena_free(&arena);
}

static void test_both(const streaming_client* client) {
  polycall_arena arena;
  polycall_arena_init(&arena, NULL, 0);
  const polycall_call_options options = bounded();
  polycall_status status = POLYCALL_STATUS_INIT;
  polycall_call* const call = hazards_streaming_Streaming_both_start(client, &options);
  for (int64_t i = 0; i < ITEMS; ++i) {
    item request = {0};
    item reply;
    request.number = i;
    request.text = polycall_string_from("there and back");
    CHECK(hazards_streaming_Streaming_both_send(call, &request, 0, &status) == POLYCALL_OK);
    CHECK(hazards_streaming_Streaming_both_receive(call, &arena, &reply) == 1);
    CHECK(hazards_streaming_Item_equal(&request, &reply));
    polycall_arena_reset(&arena);
  }
  item reply;
  CHECK(hazards_streaming_Streaming_both_half_close(call) == POLYCALL_OK);
  CHECK(hazards_streaming_Streaming_both_receive(call, &arena, &reply) == 0);
  CHECK(hazards_streaming_Streaming_both_finish(call, &status) == POLYCALL_OK);
  polycall_status_clear(&status);
  polycall_arena_free(&arena);
}

typedef struct reading {
  polycall_call* call;
  event ended;
} reading;

static void down_received(void* arg, const item* reply) {
  reading* const self = arg;
  if (reply == NULL) {
    atomic_store(&self->ended.done, 1);
    return;
  }
  ++self->ended.items;
  self->ended.number += reply->number;
  hazards_streaming_Streaming_down_receive_async(self->call, down_received, self);
}

static void test_down_async(const streaming_client* client) {
  const polycall_call_options options = bounded();
  item request = {0};
  request.number = ITEMS;
  reading self = {hazards_streaming_Streaming_down_start(client, &request, &options), {0, 0, 0, 0}};
  hazards_streaming_Streaming_down_receive_async(self.call, down_received, &self);
  wait_for(&self.ended);
  CHECK(self.ended.items == ITEMS && self.ended.number == ITEMS * (ITEMS - 1) / 2);
  CHECK(hazards_streaming_Streaming_down_finish(self.call, NULL) == POLYCALL_OK);
}

static void test_all(const char* listen, const hazards_streaming_Streaming_handlers* handlers,
                     const char* handlers_name) {
  char name[256];
  char address[256];
  snprintf(name, sizeof name, "%s, %s handlers", listen, handlers_name);
  scene = name;
  polycall_status status = POLYCALL_STATUS_INIT;
  polycall_server* const server = polycall_server_new(NULL, &status);
  CHECK(server != NULL);
  CHECK(hazards_streaming_Streaming_serve(server, handlers, NULL, &status) == POLYCALL_OK);
  CHECK(polycall_server_listen(server, listen, address, sizeof address, &status) == POLYCALL_OK);
  CHECK(polycall_server_start(server, &status) == POLYCALL_OK);
  polycall_channel* const channel = polycall_channel_new(address, NULL, &status);
  CHECK(channel != NULL);
  if (failures == 0) {
    streaming_client client;
    hazards_streaming_Streaming_client_init(&client, channel);
    test_unary(&client);
    test_failure(&client);
    test_unary_async(&client);
    test_down(&client);
    test_up(&client);
    test_both(&client);
    test_down_async(&client);
  }
  polycall_channel_free(channel);
  polycall_server_free(server);
  polycall_status_clear(&status);
}

/* A service without handlers says so. */
static void test_no_handlers(void) {
  scene = "no handlers";
  const hazards_streaming_Streaming_handlers none = {0};
  polycall_status status = POLYCALL_STATUS_INIT;
  polycall_server* const server = polycall_server_new(NULL, &status);
  CHECK(hazards_streaming_Streaming_serve(server, &none, NULL, &status) == POLYCALL_OK);
  CHECK(hazards_streaming_Streaming_serve(server, &none, NULL, &status) == POLYCALL_ALREADY_EXISTS);
  polycall_status_clear(&status);
  CHECK(polycall_server_listen(server, "inproc:hazards-c-none", NULL, 0, &status) == POLYCALL_OK);
  CHECK(polycall_server_start(server, &status) == POLYCALL_OK);
  polycall_channel* const channel = polycall_channel_new("inproc:hazards-c-none", NULL, &status);
  streaming_client client;
  hazards_streaming_Streaming_client_init(&client, channel);
  polycall_arena arena;
  polycall_arena_init(&arena, NULL, 0);
  const polycall_call_options options = bounded();
  const item request = {0};
  item reply;
  CHECK(hazards_streaming_Streaming_unary(&client, &request, &arena, &reply, &options, &status) ==
        POLYCALL_UNIMPLEMENTED);
  CHECK(status.message != NULL &&
        strstr(status.message, "hazards.streaming.Streaming/Unary") != NULL);
  polycall_status_clear(&status);
  polycall_arena_free(&arena);
  polycall_channel_free(channel);
  polycall_server_free(server);
}

int main(void) {
  char socket_target[128];
  snprintf(socket_target, sizeof socket_target, "unix:/tmp/polycall-hazards-c-%lld.sock",
           (long long)time(NULL) * 1000 + rand() % 1000);
  const char* const targets[] = {"inproc:hazards-c", socket_target, "tcp://127.0.0.1:0"};
  for (size_t i = 0; i < sizeof targets / sizeof targets[0]; ++i) {
    test_all(targets[i], &blocking_handlers, "blocking");
    test_all(targets[i], &asynchronous_handlers, "asynchronous");
  }
  test_no_handlers();
  printf("%d failures\n", failures);
  return failures == 0 ? 0 : 1;
}
