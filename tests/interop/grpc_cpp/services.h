// gRPC's C++ server: grpc.testing.TestService and polycall.testing.PolyCallTestService on its own stubs.
#ifndef POLYCALL_TESTS_INTEROP_GRPC_CPP_SERVICES_H_
#define POLYCALL_TESTS_INTEROP_GRPC_CPP_SERVICES_H_

#include <grpcpp/grpcpp.h>

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "../cpp/counters.h"
#include "polycall_test.grpc.pb.h"
#include "test.grpc.pb.h"

namespace interop {

namespace pb = polycall::testing;

// Any thread.
class TestServiceImpl final : public grpc::testing::TestService::Service {
 public:
  using Context = grpc::ServerContext;
  using Request = grpc::testing::StreamingOutputCallRequest;
  using Response = grpc::testing::StreamingOutputCallResponse;

  grpc::Status EmptyCall(Context*, const grpc::testing::Empty*, grpc::testing::Empty*) override {
    return grpc::Status::OK;
  }
  grpc::Status UnaryCall(Context* context, const grpc::testing::SimpleRequest* request,
                         grpc::testing::SimpleResponse* reply) override;
  grpc::Status StreamingOutputCall(Context* context, const Request* request,
                                   grpc::ServerWriter<Response>* writer) override;
  grpc::Status StreamingInputCall(
      Context* context, grpc::ServerReader<grpc::testing::StreamingInputCallRequest>* reader,
      grpc::testing::StreamingInputCallResponse* reply) override;
  grpc::Status FullDuplexCall(Context* context,
                              grpc::ServerReaderWriter<Response, Request>* stream) override;
  grpc::Status HalfDuplexCall(Context* context,
                              grpc::ServerReaderWriter<Response, Request>* stream) override;
};

// Any thread. Gather alone has callbacks: a thousand of its calls are under way at once.
class OwnService final
    : public pb::PolyCallTestService::WithCallbackMethod_Gather<pb::PolyCallTestService::Service> {
 public:
  using Context = grpc::ServerContext;

  // `request_shutdown` begins the shutdown elsewhere and returns; it gets the grace in
  // milliseconds.
  explicit OwnService(std::function<void(int)> request_shutdown)
      : request_shutdown_(std::move(request_shutdown)) {}

  // Ends what waits for other calls.
  void End();

  grpc::Status GetCounters(Context* context, const pb::CountersRequest* request,
                           pb::Counters* reply) override;
  grpc::Status GetMemory(Context* context, const pb::MemoryRequest* request,
                         pb::Memory* reply) override;
  grpc::Status GetTimeLeft(Context* context, const pb::HopRequest* request,
                           pb::TimeLeft* reply) override;
  grpc::Status WaitForCancel(Context* context, const pb::HopRequest* request,
                             pb::WaitReply* reply) override;
  grpc::ServerUnaryReactor* Gather(grpc::CallbackServerContext* context,
                                   const pb::GatherRequest* request,
                                   pb::GatherReply* reply) override;
  grpc::Status Sleep(Context* context, const pb::SleepRequest* request,
                     pb::SleepReply* reply) override;
  grpc::Status Flood(Context* context, const pb::FloodRequest* request,
                     grpc::ServerWriter<pb::FloodMessage>* writer) override;
  grpc::Status Hold(Context* context,
                    grpc::ServerReaderWriter<pb::HoldMessage, pb::HoldMessage>* stream) override;
  grpc::Status Throw(Context* context, const pb::ThrowRequest* request,
                     pb::ThrowReply* reply) override;
  grpc::Status EchoNarrow(Context* context, const pb::Narrow* request, pb::Narrow* reply) override;
  grpc::Status Kill(Context* context, const pb::KillRequest* request,
                    pb::KillReply* reply) override;
  grpc::Status Shutdown(Context* context, const pb::ShutdownRequest* request,
                        pb::ShutdownReply* reply) override;

 private:
  const std::function<void(int)> request_shutdown_;
  CounterTable counters_;
  std::mutex mutex_;
  std::map<std::string, std::vector<grpc::ServerUnaryReactor*>> gathered_;  // guarded by mutex_
};

}  // namespace interop

#endif  // POLYCALL_TESTS_INTEROP_GRPC_CPP_SERVICES_H_
