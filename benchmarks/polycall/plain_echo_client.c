#include <stdlib.h>
#include <string.h>

#include "common/bench_message.h"
#include "plain_echo.polycall.h"
#include "polycall/c_echo.h"
#include "polycall/hosted_echo.h"

typedef struct plain_client {
  plain_echo_v1_Plain_client client;
  plain_echo_v1_PlainRequest request;
  polycall_arena arena;
  char space[1024];
} plain_client;

static int call(void* arg) {
  plain_client* self = arg;
  polycall_status status = POLYCALL_STATUS_INIT;
  plain_echo_v1_PlainReply reply;
  if (plain_echo_v1_Plain_answer(&self->client, &self->request, &self->arena, &reply, NULL,
                                 &status) != POLYCALL_OK) {
    return c_echo_fail("Answer", &status);
  }
  polycall_arena_reset(&self->arena);
  return reply.tag == self->request.tag ? 0 : bench_fail("Answer", "does not fit the request");
}

int plain_echo_measure(const bench_options* options, const char* target, bench_result* result) {
  polycall_status status = POLYCALL_STATUS_INIT;
  polycall_channel* channel = polycall_channel_new(target, NULL, &status);
  if (channel == NULL) return c_echo_fail(target, &status);
  char* payload = calloc(1, options->payload + 1);
  memset(payload, 'x', options->payload);
  plain_client self;
  memset(&self, 0, sizeof(self));
  plain_echo_v1_Plain_client_init(&self.client, channel);
  self.request.payload = polycall_bytes_from(payload, options->payload);
  self.request.sequence = BENCH_SEQUENCE;
  self.request.sent_at = BENCH_SENT_AT;
  self.request.tag = BENCH_TAG;
  self.request.count = options->stream_count;
  polycall_arena_init(&self.arena, self.space, sizeof(self.space));
  const int failed = bench_measure_short_calls(options, call, &self, result);
  polycall_arena_free(&self.arena);
  polycall_channel_free(channel);
  free(payload);
  return failed;
}
