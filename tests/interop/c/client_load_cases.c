// Many calls, many channels, and more messages than anybody reads.
#include <pthread.h>
#include <stdlib.h>

#include "client.h"
#include "settings.h"

int rpc_soak(Context* context) {
  for (int i = 0; i < 200; ++i) RUN(call_large_unary(context, &context->test));
  return 0;
}

int channel_soak(Context* context) {
  for (int i = 0; i < 50; ++i) {
    polycall_channel* channel = settings_channel_new(context->target, &context->status);
    EXPECT(channel != NULL);
    grpc_testing_TestService_client client;
    grpc_testing_TestService_client_init(&client, channel);
    RUN(call_large_unary(context, &client));
    polycall_channel_free(channel);
  }
  return 0;
}

typedef struct Member {
  Gathering* gathering;
  int number;
} Member;

static void gathered(void* arg, const polycall_status* status,
                     const polycall_testing_GatherReply* reply) {
  Member* member = arg;
  polycall_status wrong = {POLYCALL_DATA_LOSS, 0, NULL, NULL};
  int right = reply == NULL || reply->number == member->number;
  gathering_add(member->gathering, right ? status : &wrong);
}

// A caller's own context; the channel and its clients are the case's.
static void* call_often(void* arg) {
  Context* context = arg;
  for (int i = 0; i < 25; ++i) {
    if (call_empty(context) != 0 || call_large_unary(context, &context->test) != 0) return arg;
  }
  return NULL;
}

static int call_from_threads(Context* context) {
  enum { kThreads = 16 };
  pthread_t threads[kThreads];
  Context contexts[kThreads];
  for (int i = 0; i < kThreads; ++i) {
    contexts[i] = *context;
    polycall_arena_init(&contexts[i].arena, NULL, 0);
    EXPECT_NUMBER(0, pthread_create(&threads[i], NULL, call_often, &contexts[i]));
  }
  int failed = 0;
  for (int i = 0; i < kThreads; ++i) {
    void* result;
    pthread_join(threads[i], &result);
    failed += result != NULL;
    polycall_arena_free(&contexts[i].arena);
  }
  EXPECT_NUMBER(0, failed);
  return 0;
}

int concurrent_calls(Context* context) {
  enum { kCount = 1000 };
  Member* members = calloc(kCount, sizeof *members);
  Gathering* gathering = gathering_new();
  polycall_testing_GatherRequest request = {0};
  request.key = new_key(context, "concurrent_calls");
  request.count = kCount;
  for (int i = 0; i < kCount; ++i) {
    members[i] = (Member){gathering, i};
    request.number = i;
    polycall_testing_PolyCallTestService_gather_async(&context->own, &request, NULL, gathered,
                                                      &members[i], NULL);
  }
  RUN(gathering_finish(gathering, kCount, POLYCALL_OK));
  free(members);
  return call_from_threads(context);
}

enum { kFloodCount = 4096, kFloodSize = 16 << 10 };

static int get_resident_bytes(Context* context, int64_t* bytes) {
  polycall_testing_MemoryRequest request = {0};
  polycall_testing_Memory memory;
  EXPECT_CODE(context, POLYCALL_OK,
              polycall_testing_PolyCallTestService_get_memory(
                  &context->own, &request, &context->arena, &memory, NULL, &context->status));
  *bytes = memory.resident_bytes;
  return 0;
}

// Waits until the server has not been able to send for half a second; at most 20 s.
static int wait_until_stopped(Context* context, polycall_string key, int64_t* sent) {
  polycall_testing_Counters counters;
  int64_t last = -1;
  int same = 0;
  for (int i = 0; i < 400; ++i) {
    RUN(get_counters(context, key, &counters));
    same = counters.sent == last && last > 0 ? same + 1 : 0;
    last = counters.sent;
    if (same == 10) {
      *sent = last;
      return 0;
    }
    sleep_milliseconds(50);
  }
  FAIL("the server still sends after 20 s: %lld messages", (long long)last);
}

int slow_reader_backpressure(Context* context) {
  polycall_testing_FloodRequest request = {0};
  request.key = new_key(context, "flood");
  request.count = kFloodCount;
  request.size = kFloodSize;
  int64_t before, stopped, after, sent;
  RUN(get_resident_bytes(context, &before));
  polycall_call* call =
      polycall_testing_PolyCallTestService_flood_start(&context->own, &request, NULL);
  RUN(wait_until_stopped(context, request.key, &sent));
  RUN(get_resident_bytes(context, &stopped));
  if (sent * kFloodSize > 1 << 20) {
    FAIL("expected at most 1 MiB unread, found %lld messages of 16 KiB", (long long)sent);
  }
  EXPECT(stopped - before < 16 << 20);

  polycall_arena arena;
  polycall_arena_init(&arena, NULL, 0);
  polycall_testing_FloodMessage message;
  int count = 0;
  while (polycall_testing_PolyCallTestService_flood_receive(call, &arena, &message)) {
    EXPECT_NUMBER(count, message.number);
    EXPECT_NUMBER(kFloodSize, message.body.size);
    ++count;
    polycall_arena_reset(&arena);
  }
  EXPECT_CODE(context, POLYCALL_OK,
              polycall_testing_PolyCallTestService_flood_finish(call, &context->status));
  EXPECT_NUMBER(kFloodCount, count);
  polycall_arena_free(&arena);
  RUN(get_resident_bytes(context, &after));
  EXPECT(after - before < 32 << 20);
  return 0;
}
