// Metadata, and statuses as handlers and servers make them.
#include "client.h"

static const char kInitialKey[] = "x-grpc-test-echo-initial";
static const char kInitialValue[] = "test_initial_metadata_value";
static const char kTrailingKey[] = "x-grpc-test-echo-trailing-bin";
static const char kTrailingValue[] = "\xab\xab\xab";

static int expect_value(const polycall_metadata* metadata, const char* key, const char* expected) {
  const void* value;
  size_t size;
  if (!polycall_metadata_find(metadata, key, &value, &size)) FAIL("%s did not come back", key);
  EXPECT_NUMBER(strlen(expected), size);
  EXPECT(memcmp(expected, value, size) == 0);
  return 0;
}

static int unary_echoes_metadata(Context* context, const polycall_call_options* options) {
  grpc_testing_SimpleRequest request = {0};
  request.response_size = 314159;
  request.payload = new_payload(&context->arena, 271828);
  grpc_testing_SimpleResponse response;
  polycall_unary unary = POLYCALL_UNARY_INIT;
  unary.options = options;
  grpc_testing_TestService_unary_call_unary(&context->test, &request, &context->arena, &response,
                                            &unary);
  context->status = unary.status;
  EXPECT_CODE(context, POLYCALL_OK, unary.status.code);
  RUN(expect_value(unary.initial_metadata, kInitialKey, kInitialValue));
  RUN(expect_value(unary.trailing_metadata, kTrailingKey, kTrailingValue));
  polycall_metadata_free(unary.initial_metadata);
  polycall_metadata_free(unary.trailing_metadata);
  return 0;
}

static int stream_echoes_metadata(Context* context, const polycall_call_options* options) {
  grpc_testing_StreamingOutputCallRequest request = {0};
  grpc_testing_StreamingOutputCallRequest_add_response_parameters(&request, &context->arena)->size =
      314159;
  request.payload = new_payload(&context->arena, 271828);
  polycall_call* call = grpc_testing_TestService_full_duplex_call_start(&context->test, options);
  EXPECT_CODE(context, POLYCALL_OK,
              grpc_testing_TestService_full_duplex_call_send(
                  call, &request, POLYCALL_SEND_HALF_CLOSE, &context->status));
  RUN(expect_value(polycall_call_initial_metadata(call), kInitialKey, kInitialValue));
  grpc_testing_StreamingOutputCallResponse response;
  EXPECT(grpc_testing_TestService_full_duplex_call_receive(call, &context->arena, &response));
  const polycall_metadata* trailing;
  EXPECT_CODE(context, POLYCALL_OK, polycall_call_wait(call, &context->status, &trailing));
  RUN(expect_value(trailing, kTrailingKey, kTrailingValue));
  polycall_call_release(call);
  return 0;
}

int custom_metadata(Context* context) {
  polycall_metadata* metadata = polycall_metadata_new();
  EXPECT_CODE(context, POLYCALL_OK,
              polycall_metadata_add(metadata, kInitialKey, kInitialValue, strlen(kInitialValue),
                                    &context->status));
  EXPECT_CODE(context, POLYCALL_OK,
              polycall_metadata_add(metadata, kTrailingKey, kTrailingValue, strlen(kTrailingValue),
                                    &context->status));
  polycall_call_options options = POLYCALL_CALL_OPTIONS_INIT;
  options.flags = POLYCALL_CALL_WANT_METADATA;
  options.metadata = metadata;
  RUN(unary_echoes_metadata(context, &options));
  RUN(stream_echoes_metadata(context, &options));
  polycall_metadata_free(metadata);
  return 0;
}

static int expect_status(Context* context, polycall_code expected, const char* message) {
  EXPECT_NUMBER(expected, context->status.code);
  EXPECT(context->status.message != NULL);
  if (strcmp(message, context->status.message) != 0) {
    FAIL("expected the message '%s', found '%s'", message, context->status.message);
  }
  polycall_status_clear(&context->status);
  return 0;
}

static int unary_echoes_status(Context* context, const char* message) {
  grpc_testing_SimpleRequest request = {0};
  grpc_testing_SimpleResponse response;
  grpc_testing_EchoStatus* echo =
      grpc_testing_SimpleRequest_mutable_response_status(&request, &context->arena);
  echo->code = POLYCALL_UNKNOWN;
  echo->message = polycall_bytes_from(message, strlen(message));
  grpc_testing_TestService_unary_call(&context->test, &request, &context->arena, &response, NULL,
                                      &context->status);
  return expect_status(context, POLYCALL_UNKNOWN, message);
}

static int stream_echoes_status(Context* context, const char* message) {
  grpc_testing_StreamingOutputCallRequest request = {0};
  grpc_testing_EchoStatus* echo =
      grpc_testing_StreamingOutputCallRequest_mutable_response_status(&request, &context->arena);
  echo->code = POLYCALL_UNKNOWN;
  echo->message = polycall_bytes_from(message, strlen(message));
  polycall_call* call = grpc_testing_TestService_full_duplex_call_start(&context->test, NULL);
  EXPECT_CODE(context, POLYCALL_OK,
              grpc_testing_TestService_full_duplex_call_send(
                  call, &request, POLYCALL_SEND_HALF_CLOSE, &context->status));
  grpc_testing_TestService_full_duplex_call_finish(call, &context->status);
  return expect_status(context, POLYCALL_UNKNOWN, message);
}

int status_code_and_message(Context* context) {
  RUN(unary_echoes_status(context, "test status message"));
  return stream_echoes_status(context, "test status message");
}

int special_status_message(Context* context) {
  return unary_echoes_status(context,
                             "\t\ntest with whitespace\r\nand Unicode BMP \xe2\x98\xba and non-BMP "
                             "\xf0\x9f\x98\x88\t\n");
}

int unimplemented_method(Context* context) {
  grpc_testing_Empty request = {0}, response;
  EXPECT_CODE(context, POLYCALL_UNIMPLEMENTED,
              grpc_testing_TestService_unimplemented_call(&context->test, &request, &context->arena,
                                                          &response, NULL, &context->status));
  return call_empty(context);
}

int unimplemented_service(Context* context) {
  grpc_testing_UnimplementedService_client client;
  grpc_testing_UnimplementedService_client_init(&client, context->channel);
  grpc_testing_Empty request = {0}, response;
  EXPECT_CODE(context, POLYCALL_UNIMPLEMENTED,
              grpc_testing_UnimplementedService_unimplemented_call(
                  &client, &request, &context->arena, &response, NULL, &context->status));
  return call_empty(context);
}
