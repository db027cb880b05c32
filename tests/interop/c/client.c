// The C client: finds the case by its name and runs it on a channel of its own.
#include "client.h"

#include "../native/testee.h"
#include "settings.h"

typedef struct CaseEntry {
  const char* name;
  CaseFunction function;
} CaseEntry;

static const CaseEntry kCases[] = {
    {"empty_unary", empty_unary},
    {"large_unary", large_unary},
    {"client_streaming", client_streaming},
    {"server_streaming", server_streaming},
    {"ping_pong", ping_pong},
    {"empty_stream", empty_stream},
    {"custom_metadata", custom_metadata},
    {"status_code_and_message", status_code_and_message},
    {"special_status_message", special_status_message},
    {"unimplemented_method", unimplemented_method},
    {"unimplemented_service", unimplemented_service},
    {"cancel_after_begin", cancel_after_begin},
    {"cancel_after_first_response", cancel_after_first_response},
    {"timeout_on_sleeping_server", timeout_on_sleeping_server},
    {"rpc_soak", rpc_soak},
    {"channel_soak", channel_soak},
    {"deadline_propagation", deadline_propagation},
    {"cancel_propagation", cancel_propagation},
    {"concurrent_calls", concurrent_calls},
    {"slow_reader_backpressure", slow_reader_backpressure},
    {"handler_throws", handler_throws},
    {"message_too_large", message_too_large},
    {"unknown_fields_kept", unknown_fields_kept},
    {"client_dies_midstream.die", client_dies_midstream_die},
    {"client_dies_midstream.check", client_dies_midstream_check},
    {"server_dies_midcall", server_dies_midcall},
    {"graceful_shutdown_loses_nothing", graceful_shutdown_loses_nothing},
};

static CaseFunction find_case(const char* name) {
  for (size_t i = 0; i < sizeof kCases / sizeof kCases[0]; ++i) {
    if (strcmp(kCases[i].name, name) == 0) return kCases[i].function;
  }
  return NULL;
}

int interop_client(const char* target, const char* case_name, const char* token) {
  CaseFunction function = find_case(case_name);
  if (function == NULL) {
    fprintf(stderr, "the C client has no case '%s'\n", case_name);
    return 3;
  }
  Context context = {.target = target, .token = token, .status = POLYCALL_STATUS_INIT};
  context.channel = settings_channel_new(target, &context.status);
  if (context.channel == NULL) FAIL("%s", context.status.message);
  grpc_testing_TestService_client_init(&context.test, context.channel);
  polycall_testing_PolyCallTestService_client_init(&context.own, context.channel);
  polycall_arena_init(&context.arena, NULL, 0);
  int failed = function(&context);
  if (failed != 0) return failed;  // calls may be under way: the process's end ends them
  const char* wrong =
      settings_wrong_transport(context.channel, strcmp(case_name, "empty_unary") == 0);
  if (wrong != NULL) FAIL("the channel is on another transport: %s", wrong);
  polycall_arena_free(&context.arena);
  polycall_channel_free(context.channel);
  return 0;
}
