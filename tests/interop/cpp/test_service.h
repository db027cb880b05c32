// grpc.testing.TestService in C++, with blocking handlers.
#ifndef POLYCALL_TESTS_INTEROP_CPP_TEST_SERVICE_H_
#define POLYCALL_TESTS_INTEROP_CPP_TEST_SERVICE_H_

#include <polycall/cpp.h>

#include "test.polycall.h"

namespace interop {

// UnimplementedCall is not overridden: that is its case. Any thread.
class TestService final : public grpc::testing::TestService::Service {
 public:
  polycall::Status EmptyCall(polycall::ServerContext& context, const grpc::testing::Empty& request,
                             grpc::testing::Empty* reply) override;
  polycall::Status UnaryCall(polycall::ServerContext& context,
                             const grpc::testing::SimpleRequest& request,
                             grpc::testing::SimpleResponse* reply) override;
  polycall::Status StreamingOutputCall(
      polycall::ServerContext& context, const grpc::testing::StreamingOutputCallRequest& request,
      polycall::ServerWriter<grpc::testing::StreamingOutputCallResponse>& writer) override;
  polycall::Status StreamingInputCall(
      polycall::ServerContext& context,
      polycall::ServerReader<grpc::testing::StreamingInputCallRequest>& reader,
      grpc::testing::StreamingInputCallResponse* reply) override;
  polycall::Status FullDuplexCall(
      polycall::ServerContext& context,
      polycall::ServerStream<grpc::testing::StreamingOutputCallRequest,
                             grpc::testing::StreamingOutputCallResponse>& stream) override;
  polycall::Status HalfDuplexCall(
      polycall::ServerContext& context,
      polycall::ServerStream<grpc::testing::StreamingOutputCallRequest,
                             grpc::testing::StreamingOutputCallResponse>& stream) override;
};

}  // namespace interop

#endif  // POLYCALL_TESTS_INTEROP_CPP_TEST_SERVICE_H_
