// Calls that end early, here and at the servers that they travel on to.
#include "client.h"

int cancel_after_begin(Context* context) {
  polycall_call* call = grpc_testing_TestService_streaming_input_call_start(&context->test, NULL);
  polycall_call_cancel(call, 0, NULL);
  grpc_testing_StreamingInputCallResponse response;
  EXPECT_CODE(context, POLYCALL_CANCELLED,
              grpc_testing_TestService_streaming_input_call_finish(call, &context->arena, &response,
                                                                   &context->status));
  return call_empty(context);
}

int cancel_after_first_response(Context* context) {
  grpc_testing_StreamingOutputCallRequest request = {0};
  grpc_testing_StreamingOutputCallRequest_add_response_parameters(&request, &context->arena)->size =
      31415;
  request.payload = new_payload(&context->arena, 27182);
  polycall_call* call = grpc_testing_TestService_full_duplex_call_start(&context->test, NULL);
  EXPECT_CODE(context, POLYCALL_OK,
              grpc_testing_TestService_full_duplex_call_send(call, &request, 0, &context->status));
  grpc_testing_StreamingOutputCallResponse response;
  EXPECT(grpc_testing_TestService_full_duplex_call_receive(call, &context->arena, &response));
  polycall_call_cancel(call, 0, NULL);
  EXPECT_CODE(context, POLYCALL_CANCELLED,
              grpc_testing_TestService_full_duplex_call_finish(call, &context->status));
  return call_empty(context);
}

int timeout_on_sleeping_server(Context* context) {
  polycall_call_options options = POLYCALL_CALL_OPTIONS_INIT;
  options.timeout_ns = 1000000;
  grpc_testing_StreamingOutputCallRequest request = {0};
  request.payload = new_payload(&context->arena, 27182);
  polycall_call* call = grpc_testing_TestService_full_duplex_call_start(&context->test, &options);
  // The deadline may pass before the send: only how the call ends is asserted.
  grpc_testing_TestService_full_duplex_call_send(call, &request, 0, NULL);
  EXPECT_CODE(context, POLYCALL_DEADLINE_EXCEEDED,
              grpc_testing_TestService_full_duplex_call_finish(call, &context->status));
  return call_empty(context);
}

static polycall_testing_HopRequest one_hop(Context* context, polycall_string key) {
  polycall_testing_HopRequest request = {0};
  request.key = key;
  request.hops = 1;
  request.target = polycall_bytes_from(context->target, strlen(context->target));
  return request;
}

static int get_time_left(Context* context, int64_t timeout_ns, polycall_testing_TimeLeft* left) {
  polycall_testing_HopRequest request = one_hop(context, new_key(context, "time_left"));
  polycall_call_options options = POLYCALL_CALL_OPTIONS_INIT;
  options.timeout_ns = timeout_ns;
  EXPECT_CODE(context, POLYCALL_OK,
              polycall_testing_PolyCallTestService_get_time_left(
                  &context->own, &request, &context->arena, left, &options, &context->status));
  return 0;
}

int deadline_propagation(Context* context) {
  polycall_testing_TimeLeft left;
  RUN(get_time_left(context, 30 * INT64_C(1000000000), &left));
  EXPECT(left.has_deadline);
  EXPECT(left.time_left_us > 0);
  EXPECT(left.time_left_us <= 31000000); /* 30 s; gRPC rounds up what is left */
  RUN(get_time_left(context, 0, &left));
  EXPECT(!left.has_deadline);

  polycall_string key = new_key(context, "deadline_propagation");
  polycall_testing_HopRequest request = one_hop(context, key);
  polycall_testing_WaitReply reply;
  polycall_call_options options = POLYCALL_CALL_OPTIONS_INIT;
  options.timeout_ns = 300 * INT64_C(1000000);
  EXPECT_CODE(context, POLYCALL_DEADLINE_EXCEEDED,
              polycall_testing_PolyCallTestService_wait_for_cancel(
                  &context->own, &request, &context->arena, &reply, &options, &context->status));
  return wait_for_counter(context, key, pick_cancelled, 1);
}

static void wait_ended(void* gathering, const polycall_status* status,
                       const polycall_testing_WaitReply* reply) {
  gathering_add(gathering, status);
}

int cancel_propagation(Context* context) {
  polycall_string key = new_key(context, "cancel_propagation");
  polycall_testing_HopRequest request = one_hop(context, key);
  Gathering* gathering = gathering_new();
  polycall_call* call;
  polycall_testing_PolyCallTestService_wait_for_cancel_async(&context->own, &request, NULL,
                                                             wait_ended, gathering, &call);
  RUN(wait_for_counter(context, key, pick_started, 1));
  polycall_call_cancel(call, 0, NULL);
  RUN(gathering_finish(gathering, 1, POLYCALL_CANCELLED));
  polycall_call_release(call);
  return wait_for_counter(context, key, pick_cancelled, 1);
}
