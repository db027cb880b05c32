// gRPC's own cases: one message each way, streams, statuses, metadata.
#include "client.h"

namespace interop {
namespace {

constexpr int kRequestSizes[] = {27182, 8, 1828, 45904};
constexpr int kResponseSizes[] = {31415, 9, 2653, 58979};
constexpr char kInitialKey[] = "x-grpc-test-echo-initial";
constexpr char kInitialValue[] = "test_initial_metadata_value";
constexpr char kTrailingKey[] = "x-grpc-test-echo-trailing-bin";
constexpr char kTrailingValue[] = "\xab\xab\xab";

using Metadata = std::multimap<grpc::string_ref, grpc::string_ref>;
using grpc::testing::StreamingOutputCallRequest;
using grpc::testing::StreamingOutputCallResponse;

void ExpectValue(const Metadata& metadata, const char* key, std::string_view expected) {
  const auto found = metadata.find(key);
  Expect(found != metadata.end(), std::string(key) + " to come back");
  Expect(std::string_view(found->second.data(), found->second.size()) == expected,
         std::string(key) + " to come back unchanged");
}

void AddMetadata(grpc::ClientContext& call) {
  call.AddMetadata(kInitialKey, kInitialValue);
  call.AddMetadata(kTrailingKey, kTrailingValue);
}

void ExpectMetadata(const grpc::ClientContext& call) {
  ExpectValue(call.GetServerInitialMetadata(), kInitialKey, kInitialValue);
  ExpectValue(call.GetServerTrailingMetadata(), kTrailingKey, kTrailingValue);
}

template <typename Request>
Request AskForStatus(const std::string& message) {
  Request request;
  request.mutable_response_status()->set_code(grpc::UNKNOWN);
  request.mutable_response_status()->set_message(message);
  return request;
}

void ExpectStatus(const grpc::Status& status, const std::string& message) {
  ExpectCode(grpc::UNKNOWN, status, "a call that is to end so");
  Expect(status.error_message() == message,
         "the message '" + message + "', found '" + status.error_message() + "'");
}

void UnaryEchoesStatus(Context& context, const std::string& message) {
  grpc::ClientContext call;
  grpc::testing::SimpleResponse response;
  ExpectStatus(context.test->UnaryCall(&call, AskForStatus<grpc::testing::SimpleRequest>(message),
                                       &response),
               message);
}

}  // namespace

void EmptyUnary(Context& context) { CallEmpty(context); }

void LargeUnary(Context& context) { CallLargeUnary(*context.test); }

void ClientStreaming(Context& context) {
  grpc::ClientContext call;
  grpc::testing::StreamingInputCallResponse response;
  auto writer = context.test->StreamingInputCall(&call, &response);
  for (int size : kRequestSizes) {
    grpc::testing::StreamingInputCallRequest request;
    *request.mutable_payload() = NewPayload(size);
    Expect(writer->Write(request), "the write to succeed");
  }
  writer->WritesDone();
  ExpectCode(grpc::OK, writer->Finish(), "Finish");
  ExpectNumber(74922, response.aggregated_payload_size(), "aggregated_payload_size");
}

void ServerStreaming(Context& context) {
  StreamingOutputCallRequest request;
  for (int size : kResponseSizes) request.add_response_parameters()->set_size(size);
  grpc::ClientContext call;
  auto reader = context.test->StreamingOutputCall(&call, request);
  int count = 0;
  StreamingOutputCallResponse response;
  while (reader->Read(&response)) {
    Expect(count < 4, "four responses, not more");
    ExpectNumber(kResponseSizes[count++], response.payload().body().size(), "the body");
  }
  ExpectCode(grpc::OK, reader->Finish(), "Finish");
  ExpectNumber(4, count, "the count of responses");
}

void PingPong(Context& context) {
  grpc::ClientContext call;
  auto stream = context.test->FullDuplexCall(&call);
  StreamingOutputCallResponse response;
  for (int i = 0; i < 4; ++i) {
    StreamingOutputCallRequest request;
    request.add_response_parameters()->set_size(kResponseSizes[i]);
    *request.mutable_payload() = NewPayload(kRequestSizes[i]);
    Expect(stream->Write(request), "the write to succeed");
    Expect(stream->Read(&response), "a response");
    ExpectNumber(kResponseSizes[i], response.payload().body().size(), "the body");
  }
  stream->WritesDone();
  Expect(!stream->Read(&response), "no fifth response");
  ExpectCode(grpc::OK, stream->Finish(), "Finish");
}

void EmptyStream(Context& context) {
  grpc::ClientContext call;
  auto stream = context.test->FullDuplexCall(&call);
  stream->WritesDone();
  StreamingOutputCallResponse response;
  Expect(!stream->Read(&response), "no response");
  ExpectCode(grpc::OK, stream->Finish(), "Finish");
}

void CustomMetadata(Context& context) {
  grpc::testing::SimpleRequest request;
  request.set_response_size(314159);
  *request.mutable_payload() = NewPayload(271828);
  grpc::ClientContext unary;
  AddMetadata(unary);
  grpc::testing::SimpleResponse reply;
  ExpectCode(grpc::OK, context.test->UnaryCall(&unary, request, &reply), "UnaryCall");
  ExpectMetadata(unary);

  grpc::ClientContext call;
  AddMetadata(call);
  auto stream = context.test->FullDuplexCall(&call);
  StreamingOutputCallRequest message;
  message.add_response_parameters()->set_size(314159);
  *message.mutable_payload() = NewPayload(271828);
  Expect(stream->Write(message), "the write to succeed");
  stream->WritesDone();
  StreamingOutputCallResponse response;
  Expect(stream->Read(&response), "a response");
  Expect(!stream->Read(&response), "one response");
  ExpectCode(grpc::OK, stream->Finish(), "Finish");
  ExpectMetadata(call);
}

void StatusCodeAndMessage(Context& context) {
  const std::string message = "test status message";
  UnaryEchoesStatus(context, message);
  grpc::ClientContext call;
  auto stream = context.test->FullDuplexCall(&call);
  stream->Write(AskForStatus<StreamingOutputCallRequest>(message));
  stream->WritesDone();
  StreamingOutputCallResponse response;
  Expect(!stream->Read(&response), "no response");
  ExpectStatus(stream->Finish(), message);
}

void SpecialStatusMessage(Context& context) {
  UnaryEchoesStatus(
      context, "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \U0001f608\t\n");
}

void UnimplementedMethod(Context& context) {
  grpc::ClientContext call;
  grpc::testing::Empty reply;
  ExpectCode(grpc::UNIMPLEMENTED, context.test->UnimplementedCall(&call, {}, &reply),
             "UnimplementedCall");
  CallEmpty(context);
}

void UnimplementedService(Context& context) {
  auto stub = grpc::testing::UnimplementedService::NewStub(context.channel);
  grpc::ClientContext call;
  grpc::testing::Empty reply;
  ExpectCode(grpc::UNIMPLEMENTED, stub->UnimplementedCall(&call, {}, &reply), "UnimplementedCall");
  CallEmpty(context);
}

void CancelAfterBegin(Context& context) {
  grpc::ClientContext call;
  grpc::testing::StreamingInputCallResponse response;
  auto writer = context.test->StreamingInputCall(&call, &response);
  call.TryCancel();
  ExpectCode(grpc::CANCELLED, writer->Finish(), "Finish");
  CallEmpty(context);
}

void CancelAfterFirstResponse(Context& context) {
  StreamingOutputCallRequest request;
  request.add_response_parameters()->set_size(31415);
  *request.mutable_payload() = NewPayload(27182);
  grpc::ClientContext call;
  auto stream = context.test->FullDuplexCall(&call);
  Expect(stream->Write(request), "the write to succeed");
  StreamingOutputCallResponse response;
  Expect(stream->Read(&response), "a response");
  call.TryCancel();
  ExpectCode(grpc::CANCELLED, stream->Finish(), "Finish");
  CallEmpty(context);
}

void TimeoutOnSleepingServer(Context& context) {
  grpc::ClientContext call;
  SetTimeout(call, std::chrono::milliseconds(1));
  auto stream = context.test->FullDuplexCall(&call);
  StreamingOutputCallRequest request;
  *request.mutable_payload() = NewPayload(27182);
  // The deadline may pass before the write: only how the call ends is asserted.
  stream->Write(request);
  ExpectCode(grpc::DEADLINE_EXCEEDED, stream->Finish(), "Finish");
  CallEmpty(context);
}

}  // namespace interop
