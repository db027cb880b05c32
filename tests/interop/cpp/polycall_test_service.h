// polycall.testing.PolyCallTestService in C++, with coroutines as handlers.
#ifndef POLYCALL_TESTS_INTEROP_CPP_POLYCALL_TEST_SERVICE_H_
#define POLYCALL_TESTS_INTEROP_CPP_POLYCALL_TEST_SERVICE_H_

#include <polycall/cpp.h>

#include <functional>
#include <utility>

#include "counters.h"
#include "gather.h"
#include "polycall_test.polycall.h"

namespace interop {

// Any thread.
class PolyCallTestService final : public polycall::testing::PolyCallTestService::CoroutineService {
 public:
  // `request_shutdown` begins the shutdown elsewhere and returns; it gets the grace in
  // milliseconds.
  explicit PolyCallTestService(std::function<void(int)> request_shutdown)
      : request_shutdown_(std::move(request_shutdown)) {}

  // Ends what waits for other calls.
  void End() { gather_.End(); }

  polycall::Task<polycall::StatusOr<polycall::testing::Counters>> GetCounters(
      polycall::ServerContext& context, const polycall::testing::CountersRequest& request) override;
  polycall::Task<polycall::StatusOr<polycall::testing::Memory>> GetMemory(
      polycall::ServerContext& context, const polycall::testing::MemoryRequest& request) override;
  polycall::Task<polycall::StatusOr<polycall::testing::TimeLeft>> GetTimeLeft(
      polycall::ServerContext& context, const polycall::testing::HopRequest& request) override;
  polycall::Task<polycall::StatusOr<polycall::testing::WaitReply>> WaitForCancel(
      polycall::ServerContext& context, const polycall::testing::HopRequest& request) override;
  polycall::Task<polycall::StatusOr<polycall::testing::GatherReply>> Gather(
      polycall::ServerContext& context, const polycall::testing::GatherRequest& request) override;
  polycall::Task<polycall::StatusOr<polycall::testing::SleepReply>> Sleep(
      polycall::ServerContext& context, const polycall::testing::SleepRequest& request) override;
  polycall::Task<polycall::Status> Flood(
      polycall::ServerContext& context, const polycall::testing::FloodRequest& request,
      polycall::ServerWriter<polycall::testing::FloodMessage>& writer) override;
  polycall::Task<polycall::Status> Hold(
      polycall::ServerContext& context,
      polycall::ServerStream<polycall::testing::HoldMessage, polycall::testing::HoldMessage>&
          stream) override;
  polycall::Task<polycall::StatusOr<polycall::testing::ThrowReply>> Throw(
      polycall::ServerContext& context, const polycall::testing::ThrowRequest& request) override;
  polycall::Task<polycall::StatusOr<polycall::testing::Narrow>> EchoNarrow(
      polycall::ServerContext& context, const polycall::testing::Narrow& request) override;
  polycall::Task<polycall::StatusOr<polycall::testing::KillReply>> Kill(
      polycall::ServerContext& context, const polycall::testing::KillRequest& request) override;
  polycall::Task<polycall::StatusOr<polycall::testing::ShutdownReply>> Shutdown(
      polycall::ServerContext& context, const polycall::testing::ShutdownRequest& request) override;

 private:
  const std::function<void(int)> request_shutdown_;
  CounterTable counters_;
  interop::Gather gather_;
};

}  // namespace interop

#endif  // POLYCALL_TESTS_INTEROP_CPP_POLYCALL_TEST_SERVICE_H_
