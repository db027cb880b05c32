#include "polycall_test_service.h"

#include <unistd.h>

#include <chrono>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>

#include "../native/testee.h"
#include "settings.h"

namespace interop {

using polycall::ServerContext;
using polycall::Status;
using polycall::StatusOr;
using polycall::Task;
namespace pb = polycall::testing;

namespace {

// A client on the server that a call travels on to.
StatusOr<pb::PolyCallTestService::Client> NextServer(const pb::HopRequest& request) {
  auto channel = OpenChannel(request.target());
  if (!channel.ok()) return channel.status();
  return pb::PolyCallTestService::Client(std::move(channel).value());
}

pb::HopRequest OneHopLess(pb::HopRequest request) {
  request.set_hops(request.hops() - 1);
  return request;
}

}  // namespace

Task<StatusOr<pb::Counters>> PolyCallTestService::GetCounters(ServerContext& context,
                                                              const pb::CountersRequest& request) {
  co_return counters_.Get(request.key());
}

Task<StatusOr<pb::Memory>> PolyCallTestService::GetMemory(ServerContext& context,
                                                          const pb::MemoryRequest& request) {
  int64_t total = 0, resident = 0;
  std::ifstream file("/proc/self/statm");
  if (!(file >> total >> resident)) {
    co_return Status(polycall::Code::kUnavailable, "/proc/self/statm cannot be read");
  }
  pb::Memory reply;
  reply.set_resident_bytes(resident * sysconf(_SC_PAGESIZE));
  reply.set_process_id(getpid());
  co_return reply;
}

Task<StatusOr<pb::TimeLeft>> PolyCallTestService::GetTimeLeft(ServerContext& context,
                                                              const pb::HopRequest& request) {
  if (request.hops() > 0) {
    auto next = NextServer(request);
    if (!next.ok()) co_return next.status();
    const pb::HopRequest onward = OneHopLess(request);
    const polycall::CallOptions options{.parent = &context};
    co_return co_await next->GetTimeLeftAwait(onward, options);
  }
  const int64_t left = polycall_call_time_left(context.get());
  pb::TimeLeft reply;
  reply.set_has_deadline(left != INT64_MAX);
  if (reply.has_deadline()) reply.set_time_left_us(left / 1000);
  co_return reply;
}

Task<StatusOr<pb::WaitReply>> PolyCallTestService::WaitForCancel(ServerContext& context,
                                                                 const pb::HopRequest& request) {
  if (request.hops() > 0) {
    auto next = NextServer(request);
    if (!next.ok()) co_return next.status();
    const pb::HopRequest onward = OneHopLess(request);
    const polycall::CallOptions options{.parent = &context};
    co_return co_await next->WaitForCancelAwait(onward, options);
  }
  counters_.Started(request.key());
  for (int i = 0; i < 4000 && !context.IsCancelled(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  if (context.IsCancelled()) {
    counters_.Cancelled(request.key());
    co_return polycall::CancelledError();
  }
  counters_.Finished(request.key());
  co_return pb::WaitReply();
}

Task<StatusOr<pb::GatherReply>> PolyCallTestService::Gather(ServerContext& context,
                                                            const pb::GatherRequest& request) {
  counters_.Started(request.key());
  if (!co_await gather_.Wait(request.key(), request.count())) {
    co_return polycall::CancelledError("the server stops");
  }
  pb::GatherReply reply;
  reply.set_number(request.number());
  co_return reply;
}

Task<StatusOr<pb::SleepReply>> PolyCallTestService::Sleep(ServerContext& context,
                                                          const pb::SleepRequest& request) {
  counters_.Started(request.key());
  std::this_thread::sleep_for(std::chrono::milliseconds(request.milliseconds()));
  counters_.Finished(request.key());
  co_return pb::SleepReply();
}

Task<Status> PolyCallTestService::Flood(ServerContext& context, const pb::FloodRequest& request,
                                        polycall::ServerWriter<pb::FloodMessage>& writer) {
  counters_.Started(request.key());
  pb::FloodMessage message;
  if (request.size() < 0) co_return polycall::InvalidArgumentError("size is negative");
  message.set_body(std::string(request.size(), '\0'));
  for (int i = 0; i < request.count(); ++i) {
    message.set_number(i);
    if (!co_await writer.WriteAwait(message)) co_return polycall::CancelledError();
    counters_.Sent(request.key());
  }
  counters_.Finished(request.key());
  co_return polycall::OkStatus();
}

Task<Status> PolyCallTestService::Hold(
    ServerContext& context, polycall::ServerStream<pb::HoldMessage, pb::HoldMessage>& stream) {
  std::string key;
  while (auto message = co_await stream.ReadAwait()) {
    if (key.empty()) {
      key = message->key();
      counters_.Started(key);
    }
    counters_.Received(key);
    if (!co_await stream.WriteAwait(*message)) break;
  }
  context.IsCancelled() ? counters_.Cancelled(key) : counters_.Finished(key);
  co_return polycall::OkStatus();
}

Task<StatusOr<pb::ThrowReply>> PolyCallTestService::Throw(ServerContext& context,
                                                          const pb::ThrowRequest& request) {
  throw std::runtime_error("this handler always fails");
  co_return pb::ThrowReply();
}

Task<StatusOr<pb::Narrow>> PolyCallTestService::EchoNarrow(ServerContext& context,
                                                           const pb::Narrow& request) {
  co_return request;
}

Task<StatusOr<pb::KillReply>> PolyCallTestService::Kill(ServerContext& context,
                                                        const pb::KillRequest& request) {
  _exit(INTEROP_DIED);
  co_return pb::KillReply();
}

Task<StatusOr<pb::ShutdownReply>> PolyCallTestService::Shutdown(
    ServerContext& context, const pb::ShutdownRequest& request) {
  request_shutdown_(request.grace_ms());
  co_return pb::ShutdownReply();
}

}  // namespace interop
