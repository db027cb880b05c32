// The three streaming kinds.
#include "client.h"

namespace interop {
namespace {

constexpr int kRequestSizes[] = {27182, 8, 1828, 45904};
constexpr int kResponseSizes[] = {31415, 9, 2653, 58979};

}  // namespace

void ClientStreaming(Context& context) {
  auto writer = context.test.StreamingInputCall();
  for (int size : kRequestSizes) {
    grpc::testing::StreamingInputCallRequest request;
    *request.mutable_payload() = NewPayload(size);
    Expect(writer.Write(request), "the write to succeed");
  }
  ExpectNumber(74922, ExpectOk(writer.Finish(), "Finish").aggregated_payload_size(),
               "aggregated_payload_size");
}

void ServerStreaming(Context& context) {
  grpc::testing::StreamingOutputCallRequest request;
  for (int size : kResponseSizes) request.add_response_parameters()->set_size(size);
  auto reader = context.test.StreamingOutputCall(request);
  int count = 0;
  for (const grpc::testing::StreamingOutputCallResponse& response : reader) {
    Expect(count < 4, "four responses, not more");
    ExpectNumber(kResponseSizes[count++], response.payload().body().size(), "the body");
  }
  ExpectCode(polycall::Code::kOk, reader.Finish(), "Finish");
  ExpectNumber(4, count, "the count of responses");
}

void PingPong(Context& context) {
  auto stream = context.test.FullDuplexCall();
  grpc::testing::StreamingOutputCallResponse response;
  for (int i = 0; i < 4; ++i) {
    grpc::testing::StreamingOutputCallRequest request;
    request.add_response_parameters()->set_size(kResponseSizes[i]);
    *request.mutable_payload() = NewPayload(kRequestSizes[i]);
    Expect(stream.Write(request), "the write to succeed");
    Expect(stream.Read(&response), "a response");
    ExpectNumber(kResponseSizes[i], response.payload().body().size(), "the body");
  }
  stream.WritesDone();
  Expect(!stream.Read(&response), "no fifth response");
  ExpectCode(polycall::Code::kOk, stream.Finish(), "Finish");
}

void EmptyStream(Context& context) {
  auto stream = context.test.FullDuplexCall();
  stream.WritesDone();
  grpc::testing::StreamingOutputCallResponse response;
  Expect(!stream.Read(&response), "no response");
  ExpectCode(polycall::Code::kOk, stream.Finish(), "Finish");
}

}  // namespace interop
