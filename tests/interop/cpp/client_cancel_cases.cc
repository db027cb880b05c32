// Calls that end early, here and at the servers that they travel on to.
#include <memory>

#include "client.h"

namespace interop {

using polycall::testing::Counters;

void CancelAfterBegin(Context& context) {
  auto writer = context.test.StreamingInputCall();
  writer.Cancel();
  ExpectCode(polycall::Code::kCancelled, writer.Finish().status(), "Finish");
  CallEmpty(context);
}

void CancelAfterFirstResponse(Context& context) {
  grpc::testing::StreamingOutputCallRequest request;
  request.add_response_parameters()->set_size(31415);
  *request.mutable_payload() = NewPayload(27182);
  auto stream = context.test.FullDuplexCall();
  Expect(stream.Write(request), "the write to succeed");
  grpc::testing::StreamingOutputCallResponse response;
  Expect(stream.Read(&response), "a response");
  stream.Cancel();
  ExpectCode(polycall::Code::kCancelled, stream.Finish(), "Finish");
  CallEmpty(context);
}

void TimeoutOnSleepingServer(Context& context) {
  grpc::testing::StreamingOutputCallRequest request;
  *request.mutable_payload() = NewPayload(27182);
  auto stream = context.test.FullDuplexCall({.timeout = std::chrono::milliseconds(1)});
  // The deadline may pass before the write: only how the call ends is asserted.
  stream.Write(request);
  ExpectCode(polycall::Code::kDeadlineExceeded, stream.Finish(), "Finish");
  CallEmpty(context);
}

namespace {

polycall::testing::HopRequest OneHop(Context& context, const std::string& key) {
  polycall::testing::HopRequest request;
  request.set_key(key);
  request.set_hops(1);
  request.set_target(context.target);
  return request;
}

}  // namespace

void DeadlinePropagation(Context& context) {
  const auto request = OneHop(context, context.NewKey("time_left"));
  auto left = ExpectOk(context.own.GetTimeLeft(request, {.timeout = std::chrono::seconds(30)}),
                       "GetTimeLeft");
  Expect(left.has_deadline(), "a deadline at the second server");
  Expect(left.time_left_us() > 0, "time left at the second server");
  // gRPC rounds up what is left of the 30 s.
  Expect(left.time_left_us() <= 31'000'000, "no more time left than the call began with");
  left = ExpectOk(context.own.GetTimeLeft(request), "GetTimeLeft");
  Expect(!left.has_deadline(), "no deadline at the second server");

  const std::string key = context.NewKey("deadline_propagation");
  ExpectCode(
      polycall::Code::kDeadlineExceeded,
      context.own.WaitForCancel(OneHop(context, key), {.timeout = std::chrono::milliseconds(300)})
          .status(),
      "WaitForCancel");
  WaitForCounter(context, key, &Counters::cancelled, 1);
}

void CancelPropagation(Context& context) {
  const std::string key = context.NewKey("cancel_propagation");
  auto gathering = std::make_shared<Gathering>();
  polycall::CallHandle handle;
  context.own.WaitForCancelAsync(
      OneHop(context, key),
      [gathering](polycall::StatusOr<polycall::testing::WaitReply> reply) {
        gathering->Add(reply.status());
      },
      {.handle = &handle});
  WaitForCounter(context, key, &Counters::started, 1);
  handle.Cancel();
  gathering->Wait(1, polycall::Code::kCancelled);
  WaitForCounter(context, key, &Counters::cancelled, 1);
}

}  // namespace interop
