// What the cases of gRPC's C++ client share. They read as those in ../cpp do, on gRPC's own stubs.
#ifndef POLYCALL_TESTS_INTEROP_GRPC_CPP_CLIENT_H_
#define POLYCALL_TESTS_INTEROP_GRPC_CPP_CLIENT_H_

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>

#include "polycall_test.grpc.pb.h"
#include "test.grpc.pb.h"

namespace interop {

using grpc::testing::TestService;
using polycall::testing::Counters;
using polycall::testing::PolyCallTestService;

// A channel of its own connection to "grpc://host:port", of PolyCall's limits.
std::shared_ptr<grpc::Channel> OpenChannel(std::string_view target);

// One run of one case. One thread at a time.
struct Context {
  std::string target;
  std::string token;
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<TestService::Stub> test;
  std::unique_ptr<PolyCallTestService::Stub> own;

  // A key for the server's counters that belongs to this run and `name` alone.
  std::string NewKey(std::string_view name) const { return std::string(name) + "/" + token; }
};

// Why a case fails.
class CaseFailed : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

void Expect(bool condition, std::string_view what);
void ExpectNumber(int64_t expected, int64_t actual, std::string_view what);
void ExpectCode(grpc::StatusCode expected, const grpc::Status& actual, std::string_view what);

inline void SetTimeout(grpc::ClientContext& call, std::chrono::milliseconds timeout) {
  call.set_deadline(std::chrono::system_clock::now() + timeout);
}

// A payload of `size` zeros.
grpc::testing::Payload NewPayload(int size);
// UnaryCall with large_unary's sizes; checks the answer.
void CallLargeUnary(TestService::Stub& stub);
// The server still answers.
void CallEmpty(Context& context);

Counters GetCounters(Context& context, const std::string& key);
// Asks for the counters until the one that `pick` chooses is `wanted`; fails after 10 s.
using PickCounter = int64_t (Counters::*)() const;
void WaitForCounter(Context& context, const std::string& key, PickCounter pick, int64_t wanted);

// Outcomes of asynchronous calls; callbacks share it. Any thread.
class Gathering {
 public:
  void Add(const grpc::Status& status);
  // Waits for `count` outcomes, at most 30 s; fails unless all are `wanted`.
  void Wait(int count, grpc::StatusCode wanted);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;  // guarded by mutex_, as all below
  int wanted_count_[17] = {};
  std::string last_error_;
};

// The cases, by topic.
void EmptyUnary(Context& context);
void LargeUnary(Context& context);
void ClientStreaming(Context& context);
void ServerStreaming(Context& context);
void PingPong(Context& context);
void EmptyStream(Context& context);
void CustomMetadata(Context& context);
void StatusCodeAndMessage(Context& context);
void SpecialStatusMessage(Context& context);
void UnimplementedMethod(Context& context);
void UnimplementedService(Context& context);
void CancelAfterBegin(Context& context);
void CancelAfterFirstResponse(Context& context);
void TimeoutOnSleepingServer(Context& context);
void DeadlinePropagation(Context& context);
void CancelPropagation(Context& context);
void RpcSoak(Context& context);
void ChannelSoak(Context& context);
void ConcurrentCalls(Context& context);
void SlowReaderBackpressure(Context& context);
void HandlerThrows(Context& context);
void MessageTooLarge(Context& context);
void UnknownFieldsKept(Context& context);
void ClientDiesMidstreamDie(Context& context);
void ClientDiesMidstreamCheck(Context& context);
void ServerDiesMidcall(Context& context);
void GracefulShutdownLosesNothing(Context& context);

}  // namespace interop

#endif  // POLYCALL_TESTS_INTEROP_GRPC_CPP_CLIENT_H_
