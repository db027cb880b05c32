#include "streaming_service.h"

#include <stdio.h>
#include <stdlib.h>

typedef hazards_streaming_Item item;
typedef hazards_streaming_Count count;

static polycall_code unary(void* arg, polycall_call* call, const item* request,
                           polycall_arena* arena, item* reply, polycall_status* status) {
  (void)arg;
  (void)call;
  (void)status;
  if (!hazards_streaming_Item_copy(reply, request, arena)) return POLYCALL_RESOURCE_EXHAUSTED;
  return POLYCALL_OK;
}

static polycall_code down(void* arg, polycall_call* call, const item* request,
                          polycall_arena* arena, polycall_status* status) {
  (void)arg;
  for (int64_t i = 0; i < request->number; ++i) {
    char text[32];
    item reply = {0};
    snprintf(text, sizeof text, "item %lld", (long long)i);
    reply.number = i;
    reply.text = polycall_string_copy(arena, polycall_string_from(text));
    const polycall_code code =
        hazards_streaming_Streaming_server_down_send(call, &reply, POLYCALL_SEND_BUFFERED, status);
    if (code != POLYCALL_OK) return code;
    polycall_arena_reset(arena);
  }
  return POLYCALL_OK;
}

static polycall_code up(void* arg, polycall_call* call, polycall_arena* arena, count* reply,
                        polycall_status* status) {
  (void)arg;
  (void)status;
  item each;
  while (hazards_streaming_Streaming_server_up_receive(call, arena, &each)) {
    ++reply->items;
    reply->sum += each.number;
  }
  return POLYCALL_OK;
}

static polycall_code both(void* arg, polycall_call* call, polycall_arena* arena,
                          polycall_status* status) {
  (void)arg;
  item each;
  while (hazards_streaming_Streaming_server_both_receive(call, arena, &each)) {
    const polycall_code code = hazards_streaming_Streaming_server_both_send(call, &each, 0, status);
    if (code != POLYCALL_OK) return code;
    polycall_arena_reset(arena);
  }
  return POLYCALL_OK;
}

static polycall_code fail(void* arg, polycall_call* call, const item* request,
                          polycall_arena* arena, item* reply, polycall_status* status) {
  (void)arg;
  (void)call;
  (void)reply;
  const char* const text = polycall_string_terminate(arena, request->text);
  polycall_status_set(status, (polycall_code)request->number, text, NULL, 0);
  return (polycall_code)request->number;
}

const hazards_streaming_Streaming_handlers blocking_handlers = {
    .unary = unary, .down = down, .up = up, .both = both, .fail = fail};

static void unary_async(void* arg, polycall_call* call, const item* request) {
  (void)arg;
  hazards_streaming_Streaming_server_unary_finish(call, NULL, request);
}

/* The state of an asynchronous down: how many items are still to be sent. */
typedef struct sending {
  polycall_call* call;
  int64_t next;
  int64_t end;
} sending;

static void down_next(void* arg, polycall_code code) {
  sending* const self = arg;
  if (code != POLYCALL_OK || self->next == self->end) {
    hazards_streaming_Streaming_server_down_finish(self->call, NULL);
    free(self);
    return;
  }
  char text[32];
  item reply = {0};
  snprintf(text, sizeof text, "item %lld", (long long)self->next);
  reply.number = self->next++;
  reply.text = polycall_string_from(text);
  hazards_streaming_Streaming_server_down_send_async(self->call, &reply, 0, down_next, self);
}

static void down_async(void* arg, polycall_call* call, const item* request) {
  (void)arg;
  sending* const self = malloc(sizeof *self);
  if (self == NULL) abort();
  self->call = call;
  self->next = 0;
  self->end = request->number;
  down_next(self, POLYCALL_OK);
}

typedef struct adding {
  polycall_call* call;
  count sum;
} adding;

static void up_received(void* arg, const item* message) {
  adding* const self = arg;
  if (message == NULL) {
    hazards_streaming_Streaming_server_up_finish(self->call, NULL, &self->sum);
    free(self);
    return;
  }
  ++self->sum.items;
  self->sum.sum += message->number;
  hazards_streaming_Streaming_server_up_receive_async(self->call, up_received, self);
}

static void up_async(void* arg, polycall_call* call) {
  (void)arg;
  adding* const self = calloc(1, sizeof *self);
  if (self == NULL) abort();
  self->call = call;
  hazards_streaming_Streaming_server_up_receive_async(call, up_received, self);
}

static void both_received(void* arg, const item* message);

static void both_sent(void* arg, polycall_code code) {
  polycall_call* const call = arg;
  if (code != POLYCALL_OK) {
    hazards_streaming_Streaming_server_both_finish(call, NULL);
    return;
  }
  hazards_streaming_Streaming_server_both_receive_async(call, both_received, call);
}

static void both_received(void* arg, const item* message) {
  polycall_call* const call = arg;
  if (message == NULL) {
    hazards_streaming_Streaming_server_both_finish(call, NULL);
    return;
  }
  hazards_streaming_Streaming_server_both_send_async(call, message, 0, both_sent, call);
}

static void both_async(void* arg, polycall_call* call) {
  (void)arg;
  hazards_streaming_Streaming_server_both_receive_async(call, both_received, call);
}

static void fail_async(void* arg, polycall_call* call, const item* request) {
  (void)arg;
  char space[256];
  polycall_arena arena;
  polycall_arena_init(&arena, space, sizeof space);
  polycall_status status = POLYCALL_STATUS_INIT;
  polycall_status_set(&status, (polycall_code)request->number,
                      polycall_string_terminate(&arena, request->text), NULL, 0);
  hazards_streaming_Streaming_server_fail_finish(call, &status, NULL);
  polycall_status_clear(&status);
  polycall_arena_free(&arena);
}

const hazards_streaming_Streaming_handlers asynchronous_handlers = {.unary_async = unary_async,
                                                                    .down_async = down_async,
                                                                    .up_async = up_async,
                                                                    .both_async = both_async,
                                                                    .fail_async = fail_async};
