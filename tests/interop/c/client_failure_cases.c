// Handlers that fail, messages that do not fit, programs of another age, processes that die.
#include <unistd.h>

#include "../native/testee.h"
#include "client.h"

int handler_throws(Context* context) {
  polycall_testing_ThrowRequest request = {0};
  polycall_testing_ThrowReply reply;
  for (int i = 0; i < 3; ++i) {
    EXPECT_CODE(context, POLYCALL_UNKNOWN,
                polycall_testing_PolyCallTestService_throw(&context->own, &request, &context->arena,
                                                           &reply, NULL, &context->status));
    RUN(call_empty(context));
  }
  return 0;
}

static int expect_refused(Context* context, size_t request_size, int response_size) {
  grpc_testing_SimpleRequest request = {0};
  grpc_testing_SimpleResponse response;
  request.response_size = response_size;
  request.payload = new_payload(&context->arena, request_size);
  EXPECT_CODE(context, POLYCALL_RESOURCE_EXHAUSTED,
              grpc_testing_TestService_unary_call(&context->test, &request, &context->arena,
                                                  &response, NULL, &context->status));
  return call_empty(context);
}

int message_too_large(Context* context) {
  RUN(expect_refused(context, 17 << 20, 1));
  return expect_refused(context, 1, 17 << 20);
}

static void fill_wide(Context* context, polycall_testing_Wide* wide) {
  polycall_arena* arena = &context->arena;
  wide->name = polycall_string_from("known");
  wide->number = -7;
  wide->body = polycall_bytes_from("\x00\x01\xff", 3);
  polycall_testing_Wide_add_words(wide, arena, polycall_string_from("one"));
  polycall_testing_Wide_add_words(wide, arena, polycall_string_from(""));
  polycall_testing_Wide_mutable_nested(wide, arena)->name = polycall_string_from("inner");
  wide->four_bytes = 4000000000u;
  wide->eight_bytes = UINT64_C(0x8000000000000001);
  *polycall_testing_Wide_put_counts(wide, arena, polycall_string_from("key")) = 3;
}

int unknown_fields_kept(Context* context) {
  polycall_testing_Wide wide = {0};
  fill_wide(context, &wide);
  size_t size = polycall_testing_Wide_encoded_size(&wide);
  uint8_t* bytes = polycall_arena_alloc(&context->arena, size);
  EXPECT_NUMBER(0, polycall_testing_Wide_encode(&wide, bytes, size));
  const polycall_testing_Narrow* narrow =
      polycall_testing_Narrow_parse(&context->arena, bytes, size, &context->status);
  EXPECT(narrow != NULL);

  polycall_testing_Narrow reply;
  EXPECT_CODE(context, POLYCALL_OK,
              polycall_testing_PolyCallTestService_echo_narrow(
                  &context->own, narrow, &context->arena, &reply, NULL, &context->status));
  size = polycall_testing_Narrow_encoded_size(&reply);
  bytes = polycall_arena_alloc(&context->arena, size);
  EXPECT_NUMBER(0, polycall_testing_Narrow_encode(&reply, bytes, size));
  const polycall_testing_Wide* back =
      polycall_testing_Wide_parse(&context->arena, bytes, size, &context->status);
  EXPECT(back != NULL);
  EXPECT(polycall_testing_Wide_equal(&wide, back));
  return 0;
}

// Opens a Hold stream and lets one message go to and fro, so that the handler is surely running.
static int start_hold(Context* context, polycall_string key, polycall_call** call) {
  *call = polycall_testing_PolyCallTestService_hold_start(&context->own, NULL);
  polycall_testing_HoldMessage message = {0}, reply;
  message.key = key;
  EXPECT_CODE(context, POLYCALL_OK,
              polycall_testing_PolyCallTestService_hold_send(*call, &message, 0, &context->status));
  EXPECT(polycall_testing_PolyCallTestService_hold_receive(*call, &context->arena, &reply));
  return 0;
}

int client_dies_midstream_die(Context* context) {
  polycall_call* call;
  RUN(start_hold(context, new_key(context, "client_dies"), &call));
  _exit(INTEROP_DIED);
}

int client_dies_midstream_check(Context* context) {
  return wait_for_counter(context, new_key(context, "client_dies"), pick_cancelled, 1);
}

int server_dies_midcall(Context* context) {
  polycall_call* call;
  RUN(start_hold(context, new_key(context, "server_dies"), &call));
  polycall_testing_KillRequest request = {0};
  polycall_testing_KillReply reply;
  EXPECT_CODE(context, POLYCALL_UNAVAILABLE,
              polycall_testing_PolyCallTestService_kill(&context->own, &request, &context->arena,
                                                        &reply, NULL, &context->status));
  polycall_testing_HoldMessage message;
  EXPECT(!polycall_testing_PolyCallTestService_hold_receive(call, &context->arena, &message));
  EXPECT_CODE(context, POLYCALL_UNAVAILABLE,
              polycall_testing_PolyCallTestService_hold_finish(call, &context->status));
  grpc_testing_Empty empty = {0}, response;
  EXPECT_CODE(context, POLYCALL_UNAVAILABLE,
              grpc_testing_TestService_empty_call(&context->test, &empty, &context->arena,
                                                  &response, NULL, &context->status));
  return 0;
}

static void slept(void* gathering, const polycall_status* status,
                  const polycall_testing_SleepReply* reply) {
  gathering_add(gathering, status);
}

static int expect_hold_goes_on(Context* context, polycall_call* call) {
  polycall_testing_HoldMessage message = {0}, reply;
  message.number = 2;
  EXPECT_CODE(context, POLYCALL_OK,
              polycall_testing_PolyCallTestService_hold_send(call, &message, 0, &context->status));
  EXPECT(polycall_testing_PolyCallTestService_hold_receive(call, &context->arena, &reply));
  EXPECT_NUMBER(2, reply.number);
  polycall_testing_PolyCallTestService_hold_half_close(call);
  EXPECT(!polycall_testing_PolyCallTestService_hold_receive(call, &context->arena, &reply));
  EXPECT_CODE(context, POLYCALL_OK,
              polycall_testing_PolyCallTestService_hold_finish(call, &context->status));
  return 0;
}

static int expect_no_new_calls(Context* context) {
  grpc_testing_Empty request = {0}, response;
  for (int i = 0; i < 500; ++i) {
    polycall_code code = grpc_testing_TestService_empty_call(
        &context->test, &request, &context->arena, &response, NULL, &context->status);
    if (code != POLYCALL_OK) {
      EXPECT_CODE(context, POLYCALL_UNAVAILABLE, code);
      return 0;
    }
    sleep_milliseconds(20);
  }
  FAIL("the server still takes calls 10 s after its shutdown began");
}

int graceful_shutdown_loses_nothing(Context* context) {
  enum { kCount = 20 };
  polycall_string key = new_key(context, "graceful_shutdown");
  polycall_call* call;
  RUN(start_hold(context, key, &call));
  Gathering* gathering = gathering_new();
  polycall_testing_SleepRequest sleep = {0};
  sleep.key = new_key(context, "graceful_shutdown_sleep");
  sleep.milliseconds = 500;
  for (int i = 0; i < kCount; ++i) {
    polycall_testing_PolyCallTestService_sleep_async(&context->own, &sleep, NULL, slept, gathering,
                                                     NULL);
  }
  RUN(wait_for_counter(context, sleep.key, pick_started, kCount));
  polycall_testing_ShutdownRequest request = {0};
  request.grace_ms = 15000;
  polycall_testing_ShutdownReply reply;
  EXPECT_CODE(context, POLYCALL_OK,
              polycall_testing_PolyCallTestService_shutdown(
                  &context->own, &request, &context->arena, &reply, NULL, &context->status));
  RUN(gathering_finish(gathering, kCount, POLYCALL_OK));
  RUN(expect_hold_goes_on(context, call));
  return expect_no_new_calls(context);
}
