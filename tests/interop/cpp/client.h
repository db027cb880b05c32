// What the C++ client's cases share.
#ifndef POLYCALL_TESTS_INTEROP_CPP_CLIENT_H_
#define POLYCALL_TESTS_INTEROP_CPP_CLIENT_H_

#include <polycall/cpp.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>

#include "polycall_test.polycall.h"
#include "test.polycall.h"

namespace interop {

// One run of one case. One thread at a time.
struct Context {
  std::string target;
  std::string token;
  std::shared_ptr<polycall::Channel> channel;
  grpc::testing::TestService::Client test;
  polycall::testing::PolyCallTestService::Client own;

  // A key for the server's counters that belongs to this run and `name` alone.
  std::string NewKey(std::string_view name) const { return std::string(name) + "/" + token; }
};

// Why a case fails.
class CaseFailed : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

void Expect(bool condition, std::string_view what);
void ExpectNumber(int64_t expected, int64_t actual, std::string_view what);
void ExpectCode(polycall::Code expected, const polycall::Status& actual, std::string_view what);

// The value of a call that has to succeed.
template <typename T>
T ExpectOk(polycall::StatusOr<T> result, std::string_view what) {
  ExpectCode(polycall::Code::kOk, result.status(), what);
  return std::move(result).value();
}

// A payload of `size` zeros.
grpc::testing::Payload NewPayload(int size);

// UnaryCall with large_unary's sizes; checks the answer.
void CallLargeUnary(grpc::testing::TestService::Client& client);

// The server still answers.
void CallEmpty(Context& context);

polycall::testing::Counters GetCounters(Context& context, const std::string& key);

// Asks for the counters until the one that `pick` chooses is `wanted`; fails after 10 s.
using PickCounter = int64_t (polycall::testing::Counters::*)() const;
void WaitForCounter(Context& context, const std::string& key, PickCounter pick, int64_t wanted);

// Outcomes of asynchronous calls; callbacks share it. Any thread.
class Gathering {
 public:
  void Add(const polycall::Status& status);
  // Waits for `count` outcomes, at most 30 s; fails unless all are `wanted`.
  void Wait(int count, polycall::Code wanted);

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

#endif  // POLYCALL_TESTS_INTEROP_CPP_CLIENT_H_
