// Metadata, and statuses as handlers and servers make them.
#include "client.h"

namespace interop {
namespace {

constexpr char kInitialKey[] = "x-grpc-test-echo-initial";
constexpr char kInitialValue[] = "test_initial_metadata_value";
constexpr char kTrailingKey[] = "x-grpc-test-echo-trailing-bin";
constexpr char kTrailingValue[] = "\xab\xab\xab";

template <typename AnyMetadata>
void ExpectValue(const AnyMetadata& metadata, const std::string& key, std::string_view expected) {
  const auto value = metadata.Find(key);
  Expect(value.has_value(), key + " to come back");
  Expect(*value == expected, key + " to come back unchanged");
}

void UnaryEchoesMetadata(Context& context, const polycall::Metadata& metadata) {
  grpc::testing::SimpleRequest request;
  request.set_response_size(314159);
  *request.mutable_payload() = NewPayload(271828);
  polycall::Metadata initial, trailing;
  ExpectOk(context.test.UnaryCall(request, {.metadata = metadata,
                                            .initial_metadata = &initial,
                                            .trailing_metadata = &trailing}),
           "UnaryCall");
  ExpectValue(initial, kInitialKey, kInitialValue);
  ExpectValue(trailing, kTrailingKey, kTrailingValue);
}

void StreamEchoesMetadata(Context& context, const polycall::Metadata& metadata) {
  grpc::testing::StreamingOutputCallRequest request;
  request.add_response_parameters()->set_size(314159);
  *request.mutable_payload() = NewPayload(271828);
  auto stream = context.test.FullDuplexCall({.metadata = metadata});
  Expect(stream.Write(request, polycall::Send::kLast), "the write to succeed");
  ExpectValue(stream.InitialMetadata(), kInitialKey, kInitialValue);
  grpc::testing::StreamingOutputCallResponse response;
  Expect(stream.Read(&response), "a response");
  polycall::Metadata trailing;
  ExpectCode(polycall::Code::kOk, stream.Finish(&trailing), "Finish");
  ExpectValue(trailing, kTrailingKey, kTrailingValue);
}

void ExpectStatus(const polycall::Status& status, std::string_view message) {
  ExpectCode(polycall::Code::kUnknown, status, "a call that is to end so");
  Expect(status.message() == message, "the message '" + std::string(message) + "', found '" +
                                          std::string(status.message()) + "'");
}

void UnaryEchoesStatus(Context& context, const std::string& message) {
  grpc::testing::SimpleRequest request;
  request.mutable_response_status()->set_code(static_cast<int>(polycall::Code::kUnknown));
  request.mutable_response_status()->set_message(message);
  ExpectStatus(context.test.UnaryCall(request).status(), message);
}

void StreamEchoesStatus(Context& context, const std::string& message) {
  grpc::testing::StreamingOutputCallRequest request;
  request.mutable_response_status()->set_code(static_cast<int>(polycall::Code::kUnknown));
  request.mutable_response_status()->set_message(message);
  auto stream = context.test.FullDuplexCall();
  Expect(stream.Write(request, polycall::Send::kLast), "the write to succeed");
  ExpectStatus(stream.Finish(), message);
}

}  // namespace

void CustomMetadata(Context& context) {
  const polycall::Metadata metadata = {{kInitialKey, kInitialValue},
                                       {kTrailingKey, kTrailingValue}};
  UnaryEchoesMetadata(context, metadata);
  StreamEchoesMetadata(context, metadata);
}

void StatusCodeAndMessage(Context& context) {
  UnaryEchoesStatus(context, "test status message");
  StreamEchoesStatus(context, "test status message");
}

void SpecialStatusMessage(Context& context) {
  UnaryEchoesStatus(
      context, "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \U0001f608\t\n");
}

void UnimplementedMethod(Context& context) {
  ExpectCode(polycall::Code::kUnimplemented,
             context.test.UnimplementedCall(grpc::testing::Empty()).status(), "UnimplementedCall");
  CallEmpty(context);
}

void UnimplementedService(Context& context) {
  grpc::testing::UnimplementedService::Client client(context.channel);
  ExpectCode(polycall::Code::kUnimplemented,
             client.UnimplementedCall(grpc::testing::Empty()).status(), "UnimplementedCall");
  CallEmpty(context);
}

}  // namespace interop
