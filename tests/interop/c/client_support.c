// Helpers of the C client's cases.
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "client.h"

polycall_bytes zeros(size_t size) {
  static char space[32 << 20];
  return polycall_bytes_from(space, size);
}

grpc_testing_Payload* new_payload(polycall_arena* arena, size_t size) {
  grpc_testing_Payload* payload = polycall_arena_alloc(arena, sizeof *payload);
  grpc_testing_Payload_init(payload);
  payload->body = zeros(size);
  return payload;
}

polycall_string new_key(Context* context, const char* name) {
  char key[256];
  int size = snprintf(key, sizeof key, "%s/%s", name, context->token);
  polycall_string borrowed = {key, (size_t)size};
  return polycall_string_copy(&context->arena, borrowed);
}

void sleep_milliseconds(int milliseconds) {
  struct timespec time = {milliseconds / 1000, (milliseconds % 1000) * 1000000L};
  nanosleep(&time, NULL);
}

int call_large_unary(Context* context, grpc_testing_TestService_client* client) {
  polycall_arena arena;
  polycall_arena_init(&arena, NULL, 0);
  grpc_testing_SimpleRequest request = {0};
  request.response_size = 314159;
  request.payload = new_payload(&arena, 271828);
  grpc_testing_SimpleResponse response;
  EXPECT_CODE(context, POLYCALL_OK,
              grpc_testing_TestService_unary_call(client, &request, &arena, &response, NULL,
                                                  &context->status));
  EXPECT(response.payload != NULL);
  EXPECT_NUMBER(314159, response.payload->body.size);
  EXPECT(memcmp(response.payload->body.data, zeros(314159).data, 314159) == 0);
  polycall_arena_free(&arena);
  return 0;
}

int call_empty(Context* context) {
  grpc_testing_Empty request = {0}, response;
  EXPECT_CODE(context, POLYCALL_OK,
              grpc_testing_TestService_empty_call(&context->test, &request, &context->arena,
                                                  &response, NULL, &context->status));
  return 0;
}

int get_counters(Context* context, polycall_string key, polycall_testing_Counters* counters) {
  polycall_testing_CountersRequest request = {0};
  request.key = key;
  EXPECT_CODE(context, POLYCALL_OK,
              polycall_testing_PolyCallTestService_get_counters(
                  &context->own, &request, &context->arena, counters, NULL, &context->status));
  return 0;
}

int64_t pick_started(const polycall_testing_Counters* counters) { return counters->started; }

int64_t pick_cancelled(const polycall_testing_Counters* counters) { return counters->cancelled; }

int wait_for_counter(Context* context, polycall_string key, PickCounter pick, int64_t wanted) {
  polycall_testing_Counters counters;
  for (int i = 0; i < 1000; ++i) {
    RUN(get_counters(context, key, &counters));
    if (pick(&counters) == wanted) return 0;
    sleep_milliseconds(10);
  }
  FAIL("a counter of %.*s is %lld after 10 s, expected %lld", POLYCALL_STRING_ARGS(key),
       (long long)pick(&counters), (long long)wanted);
}

struct Gathering {
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  int count;          // guarded by mutex, as all below
  int counts[17];     // by code
  char message[256];  // of the last that is not OK
};

Gathering* gathering_new(void) {
  Gathering* gathering = calloc(1, sizeof *gathering);
  pthread_mutex_init(&gathering->mutex, NULL);
  pthread_cond_init(&gathering->changed, NULL);
  return gathering;
}

void gathering_add(Gathering* gathering, const polycall_status* status) {
  pthread_mutex_lock(&gathering->mutex);
  ++gathering->count;
  if (status->code >= 0 && status->code < 17) ++gathering->counts[status->code];
  if (status->code != POLYCALL_OK) {
    snprintf(gathering->message, sizeof gathering->message, "%s: %s",
             polycall_code_name(status->code),
             status->message != NULL ? status->message : "(no message)");
  }
  pthread_cond_signal(&gathering->changed);
  pthread_mutex_unlock(&gathering->mutex);
}

int gathering_finish(Gathering* gathering, int count, polycall_code wanted) {
  struct timespec end;
  clock_gettime(CLOCK_REALTIME, &end);
  end.tv_sec += 30;
  pthread_mutex_lock(&gathering->mutex);
  while (gathering->count < count) {
    if (pthread_cond_timedwait(&gathering->changed, &gathering->mutex, &end) != 0) break;
  }
  int found = gathering->count, good = gathering->counts[wanted];
  pthread_mutex_unlock(&gathering->mutex);
  if (found < count) FAIL("%d of %d calls ended within 30 s", found, count);
  if (good != count) {
    FAIL("%d of %d calls ended %s; another: %s", good, count, polycall_code_name(wanted),
         gathering->message);
  }
  pthread_cond_destroy(&gathering->changed);
  pthread_mutex_destroy(&gathering->mutex);
  free(gathering);
  return 0;
}
