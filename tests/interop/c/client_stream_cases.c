// The three streaming kinds.
#include "client.h"

static const int kRequestSizes[] = {27182, 8, 1828, 45904};
static const int kResponseSizes[] = {31415, 9, 2653, 58979};

int client_streaming(Context* context) {
  polycall_call* call = grpc_testing_TestService_streaming_input_call_start(&context->test, NULL);
  for (int i = 0; i < 4; ++i) {
    grpc_testing_StreamingInputCallRequest request = {0};
    request.payload = new_payload(&context->arena, kRequestSizes[i]);
    EXPECT_CODE(
        context, POLYCALL_OK,
        grpc_testing_TestService_streaming_input_call_send(call, &request, 0, &context->status));
  }
  grpc_testing_StreamingInputCallResponse response;
  EXPECT_CODE(context, POLYCALL_OK,
              grpc_testing_TestService_streaming_input_call_finish(call, &context->arena, &response,
                                                                   &context->status));
  EXPECT_NUMBER(74922, response.aggregated_payload_size);
  return 0;
}

int server_streaming(Context* context) {
  grpc_testing_StreamingOutputCallRequest request = {0};
  for (int i = 0; i < 4; ++i) {
    grpc_testing_StreamingOutputCallRequest_add_response_parameters(&request, &context->arena)
        ->size = kResponseSizes[i];
  }
  polycall_call* call =
      grpc_testing_TestService_streaming_output_call_start(&context->test, &request, NULL);
  grpc_testing_StreamingOutputCallResponse response;
  int count = 0;
  while (grpc_testing_TestService_streaming_output_call_receive(call, &context->arena, &response)) {
    EXPECT(count < 4);
    EXPECT(response.payload != NULL);
    EXPECT_NUMBER(kResponseSizes[count], response.payload->body.size);
    ++count;
  }
  EXPECT_CODE(context, POLYCALL_OK,
              grpc_testing_TestService_streaming_output_call_finish(call, &context->status));
  EXPECT_NUMBER(4, count);
  return 0;
}

int ping_pong(Context* context) {
  polycall_call* call = grpc_testing_TestService_full_duplex_call_start(&context->test, NULL);
  grpc_testing_StreamingOutputCallResponse response;
  for (int i = 0; i < 4; ++i) {
    grpc_testing_StreamingOutputCallRequest request = {0};
    grpc_testing_StreamingOutputCallRequest_add_response_parameters(&request, &context->arena)
        ->size = kResponseSizes[i];
    request.payload = new_payload(&context->arena, kRequestSizes[i]);
    EXPECT_CODE(
        context, POLYCALL_OK,
        grpc_testing_TestService_full_duplex_call_send(call, &request, 0, &context->status));
    EXPECT(grpc_testing_TestService_full_duplex_call_receive(call, &context->arena, &response));
    EXPECT(response.payload != NULL);
    EXPECT_NUMBER(kResponseSizes[i], response.payload->body.size);
  }
  grpc_testing_TestService_full_duplex_call_half_close(call);
  EXPECT(!grpc_testing_TestService_full_duplex_call_receive(call, &context->arena, &response));
  EXPECT_CODE(context, POLYCALL_OK,
              grpc_testing_TestService_full_duplex_call_finish(call, &context->status));
  return 0;
}

int empty_stream(Context* context) {
  polycall_call* call = grpc_testing_TestService_full_duplex_call_start(&context->test, NULL);
  grpc_testing_TestService_full_duplex_call_half_close(call);
  grpc_testing_StreamingOutputCallResponse response;
  EXPECT(!grpc_testing_TestService_full_duplex_call_receive(call, &context->arena, &response));
  EXPECT_CODE(context, POLYCALL_OK,
              grpc_testing_TestService_full_duplex_call_finish(call, &context->status));
  return 0;
}
