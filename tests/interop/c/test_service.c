// grpc.testing.TestService in C.
#include <stdlib.h>

#include "server.h"

static const char kInitialKey[] = "x-grpc-test-echo-initial";
static const char kTrailingKey[] = "x-grpc-test-echo-trailing-bin";

// A new metadata with the caller's value of `key`, or NULL if the caller sent none.
static polycall_metadata* copy_of(polycall_call* call, const char* key) {
  const void* value;
  size_t size;
  if (!polycall_metadata_find(polycall_call_metadata(call), key, &value, &size)) return NULL;
  polycall_metadata* metadata = polycall_metadata_new();
  polycall_metadata_add(metadata, key, value, size, NULL);
  return metadata;
}

static void echo_metadata(polycall_call* call) {
  polycall_metadata* initial = copy_of(call, kInitialKey);
  if (initial != NULL) polycall_call_send_initial_metadata(call, initial, NULL);
  polycall_metadata_free(initial);
  polycall_metadata* trailing = copy_of(call, kTrailingKey);
  if (trailing != NULL) polycall_call_set_trailing_metadata(call, trailing, NULL);
  polycall_metadata_free(trailing);
}

static bool is_error(const grpc_testing_EchoStatus* echo) {
  return echo != NULL && echo->code != 0;
}

static polycall_code echo_status(const grpc_testing_EchoStatus* echo, polycall_arena* arena,
                                 polycall_status* status) {
  polycall_status_set(status, (polycall_code)echo->code,
                      polycall_string_terminate(arena, echo->message), NULL, 0);
  return (polycall_code)echo->code;
}

// A payload of `size` zeros, or NULL with `status` set.
static grpc_testing_Payload* new_payload(polycall_arena* arena, int32_t size,
                                         polycall_status* status) {
  grpc_testing_Payload* payload = polycall_arena_alloc(arena, sizeof *payload);
  char* body = size < 0 ? NULL : polycall_arena_alloc(arena, (size_t)size + 1);
  if (payload == NULL || body == NULL) {
    polycall_status_set(status, POLYCALL_INVALID_ARGUMENT, "the size is negative or too large",
                        NULL, 0);
    return NULL;
  }
  memset(body, 0, (size_t)size);
  grpc_testing_Payload_init(payload);
  payload->body = polycall_bytes_from(body, (size_t)size);
  return payload;
}

static polycall_code empty_call(void* arg, polycall_call* call, const grpc_testing_Empty* request,
                                polycall_arena* arena, grpc_testing_Empty* reply,
                                polycall_status* status) {
  return POLYCALL_OK;
}

static polycall_code unary_call(void* arg, polycall_call* call,
                                const grpc_testing_SimpleRequest* request, polycall_arena* arena,
                                grpc_testing_SimpleResponse* reply, polycall_status* status) {
  echo_metadata(call);
  if (is_error(request->response_status)) {
    return echo_status(request->response_status, arena, status);
  }
  reply->payload = new_payload(arena, request->response_size, status);
  return reply->payload == NULL ? POLYCALL_INVALID_ARGUMENT : POLYCALL_OK;
}

typedef polycall_code (*SendFunction)(polycall_call* call,
                                      const grpc_testing_StreamingOutputCallResponse* response,
                                      uint32_t flags, polycall_status* status);

// Sends what one request asks for.
static polycall_code send_responses(polycall_call* call,
                                    const grpc_testing_StreamingOutputCallRequest* request,
                                    SendFunction send, polycall_status* status) {
  polycall_arena arena;
  polycall_arena_init(&arena, NULL, 0);
  polycall_code code = POLYCALL_OK;
  for (size_t i = 0; code == POLYCALL_OK && i < request->response_parameters.size; ++i) {
    const grpc_testing_ResponseParameters* wanted = &request->response_parameters.data[i];
    if (wanted->interval_us > 0) server_sleep_us(wanted->interval_us);
    grpc_testing_StreamingOutputCallResponse response = {0};
    response.payload = new_payload(&arena, wanted->size, status);
    code = response.payload == NULL ? POLYCALL_INVALID_ARGUMENT : send(call, &response, 0, status);
    polycall_arena_reset(&arena);
  }
  polycall_arena_free(&arena);
  return code;
}

static polycall_code streaming_output_call(void* arg, polycall_call* call,
                                           const grpc_testing_StreamingOutputCallRequest* request,
                                           polycall_arena* arena, polycall_status* status) {
  echo_metadata(call);
  if (is_error(request->response_status)) {
    return echo_status(request->response_status, arena, status);
  }
  return send_responses(call, request, grpc_testing_TestService_server_streaming_output_call_send,
                        status);
}

static polycall_code streaming_input_call(void* arg, polycall_call* call, polycall_arena* arena,
                                          grpc_testing_StreamingInputCallResponse* reply,
                                          polycall_status* status) {
  polycall_arena scratch;
  polycall_arena_init(&scratch, NULL, 0);
  grpc_testing_StreamingInputCallRequest request;
  while (grpc_testing_TestService_server_streaming_input_call_receive(call, &scratch, &request)) {
    if (request.payload != NULL) reply->aggregated_payload_size += (int)request.payload->body.size;
    polycall_arena_reset(&scratch);
  }
  polycall_arena_free(&scratch);
  return POLYCALL_OK;
}

static polycall_code full_duplex_call(void* arg, polycall_call* call, polycall_arena* arena,
                                      polycall_status* status) {
  echo_metadata(call);
  polycall_arena scratch;
  polycall_arena_init(&scratch, NULL, 0);
  polycall_code code = POLYCALL_OK;
  grpc_testing_StreamingOutputCallRequest request;
  while (code == POLYCALL_OK &&
         grpc_testing_TestService_server_full_duplex_call_receive(call, &scratch, &request)) {
    code = is_error(request.response_status)
               ? echo_status(request.response_status, &scratch, status)
               : send_responses(call, &request,
                                grpc_testing_TestService_server_full_duplex_call_send, status);
    polycall_arena_reset(&scratch);
  }
  polycall_arena_free(&scratch);
  return code;
}

static polycall_code half_duplex_call(void* arg, polycall_call* call, polycall_arena* arena,
                                      polycall_status* status) {
  grpc_testing_StreamingOutputCallRequest* requests = NULL;
  size_t count = 0;
  grpc_testing_StreamingOutputCallRequest request;
  while (grpc_testing_TestService_server_half_duplex_call_receive(call, arena, &request)) {
    requests = realloc(requests, (count + 1) * sizeof *requests);
    requests[count++] = request;  // what it points to is in the call's arena
  }
  polycall_code code = POLYCALL_OK;
  for (size_t i = 0; code == POLYCALL_OK && i < count; ++i) {
    code = send_responses(call, &requests[i], grpc_testing_TestService_server_half_duplex_call_send,
                          status);
  }
  free(requests);
  return code;
}

polycall_code add_test_service(polycall_server* server, polycall_status* status) {
  grpc_testing_TestService_handlers handlers = {
      .empty_call = empty_call,
      .unary_call = unary_call,
      .streaming_output_call = streaming_output_call,
      .streaming_input_call = streaming_input_call,
      .full_duplex_call = full_duplex_call,
      .half_duplex_call = half_duplex_call,
      // unimplemented_call stays NULL: that is its case
  };
  return grpc_testing_TestService_serve(server, &handlers, NULL, status);
}
