#include "test_service.h"

#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace interop {
namespace {

using grpc::testing::StreamingOutputCallRequest;
using grpc::testing::StreamingOutputCallResponse;

constexpr char kInitialKey[] = "x-grpc-test-echo-initial";
constexpr char kTrailingKey[] = "x-grpc-test-echo-trailing-bin";

polycall::Status EchoMetadata(polycall::ServerContext& context) {
  polycall::Status status;
  if (auto value = context.metadata().Find(kInitialKey)) {
    status = context.SendInitialMetadata({{kInitialKey, std::string(*value)}});
  }
  if (auto value = context.metadata().Find(kTrailingKey); value && status.ok()) {
    status = context.SetTrailingMetadata({{kTrailingKey, std::string(*value)}});
  }
  return status;
}

template <typename Request>
polycall::Status EchoStatus(const Request& request) {
  if (request.response_status().code() == 0) return polycall::OkStatus();
  return polycall::Status(static_cast<polycall::Code>(request.response_status().code()),
                          request.response_status().message());
}

polycall::Status FillBody(int size, grpc::testing::Payload* payload) {
  if (size < 0) return polycall::InvalidArgumentError("the size is negative");
  payload->set_body(std::string(size, '\0'));
  return polycall::OkStatus();
}

// Sends what one request asks for.
template <typename Writer>
polycall::Status SendResponses(const StreamingOutputCallRequest& request, Writer& writer) {
  for (const grpc::testing::ResponseParameters& wanted : request.response_parameters()) {
    std::this_thread::sleep_for(std::chrono::microseconds(wanted.interval_us()));
    StreamingOutputCallResponse response;
    polycall::Status status = FillBody(wanted.size(), response.mutable_payload());
    if (!status.ok()) return status;
    if (!writer.Write(response)) return polycall::CancelledError("the caller is gone");
  }
  return polycall::OkStatus();
}

}  // namespace

polycall::Status TestService::EmptyCall(polycall::ServerContext& context,
                                        const grpc::testing::Empty& request,
                                        grpc::testing::Empty* reply) {
  return polycall::OkStatus();
}

polycall::Status TestService::UnaryCall(polycall::ServerContext& context,
                                        const grpc::testing::SimpleRequest& request,
                                        grpc::testing::SimpleResponse* reply) {
  polycall::Status status = EchoMetadata(context);
  if (status.ok()) status = EchoStatus(request);
  if (!status.ok()) return status;
  return FillBody(request.response_size(), reply->mutable_payload());
}

polycall::Status TestService::StreamingOutputCall(
    polycall::ServerContext& context, const StreamingOutputCallRequest& request,
    polycall::ServerWriter<StreamingOutputCallResponse>& writer) {
  polycall::Status status = EchoMetadata(context);
  if (status.ok()) status = EchoStatus(request);
  return status.ok() ? SendResponses(request, writer) : status;
}

polycall::Status TestService::StreamingInputCall(
    polycall::ServerContext& context,
    polycall::ServerReader<grpc::testing::StreamingInputCallRequest>& reader,
    grpc::testing::StreamingInputCallResponse* reply) {
  int sum = 0;
  for (const grpc::testing::StreamingInputCallRequest& request : reader) {
    sum += static_cast<int>(request.payload().body().size());
  }
  reply->set_aggregated_payload_size(sum);
  return polycall::OkStatus();
}

polycall::Status TestService::FullDuplexCall(
    polycall::ServerContext& context,
    polycall::ServerStream<StreamingOutputCallRequest, StreamingOutputCallResponse>& stream) {
  polycall::Status status = EchoMetadata(context);
  StreamingOutputCallRequest request;
  while (status.ok() && stream.Read(&request)) {
    status = EchoStatus(request);
    if (status.ok()) status = SendResponses(request, stream);
  }
  return status;
}

polycall::Status TestService::HalfDuplexCall(
    polycall::ServerContext& context,
    polycall::ServerStream<StreamingOutputCallRequest, StreamingOutputCallResponse>& stream) {
  std::vector<StreamingOutputCallRequest> requests;
  StreamingOutputCallRequest next;
  while (stream.Read(&next)) requests.push_back(next);
  for (const StreamingOutputCallRequest& request : requests) {
    polycall::Status status = SendResponses(request, stream);
    if (!status.ok()) return status;
  }
  return polycall::OkStatus();
}

}  // namespace interop
