// Handlers that fail, messages that do not fit, programs of another age, processes that die.
#include <unistd.h>

#include <memory>
#include <thread>

#include "../native/testee.h"
#include "client.h"

#include <google/protobuf/util/message_differencer.h>

namespace interop {

using polycall::testing::Counters;

void HandlerThrows(Context& context) {
  for (int i = 0; i < 3; ++i) {
    ExpectCode(polycall::Code::kUnknown,
               context.own.Throw(polycall::testing::ThrowRequest()).status(), "Throw");
    CallEmpty(context);
  }
}

void MessageTooLarge(Context& context) {
  auto expect_refused = [&](int request_size, int response_size) {
    grpc::testing::SimpleRequest request;
    request.set_response_size(response_size);
    *request.mutable_payload() = NewPayload(request_size);
    ExpectCode(polycall::Code::kResourceExhausted, context.test.UnaryCall(request).status(),
               "UnaryCall");
    CallEmpty(context);
  };
  expect_refused(17 << 20, 1);
  expect_refused(1, 17 << 20);
}

void UnknownFieldsKept(Context& context) {
  polycall::testing::Wide wide;
  wide.set_name("known");
  wide.set_number(-7);
  wide.set_body(std::string("\x00\x01\xff", 3));
  wide.add_words("one");
  wide.add_words("");
  wide.mutable_nested()->set_name("inner");
  wide.set_four_bytes(4000000000u);
  wide.set_eight_bytes(0x8000000000000001u);
  (*wide.mutable_counts())["key"] = 3;
  polycall::testing::Narrow narrow;
  Expect(narrow.ParseFromString(wide.SerializeAsString()), "the old schema to parse the new");

  const polycall::testing::Narrow reply = ExpectOk(context.own.EchoNarrow(narrow), "EchoNarrow");
  polycall::testing::Wide back;
  Expect(back.ParseFromString(reply.SerializeAsString()), "the new schema to parse the old");
  Expect(google::protobuf::util::MessageDifferencer::Equals(wide, back),
         "all fields to come back, found " + back.ShortDebugString());
}

namespace {

using HoldStream = polycall::Stream<polycall::testing::HoldMessage, polycall::testing::HoldMessage>;

// Opens a Hold stream and lets one message go to and fro, so that the handler is surely running.
HoldStream StartHold(Context& context, const std::string& key) {
  HoldStream stream = context.own.Hold();
  polycall::testing::HoldMessage message;
  message.set_key(key);
  Expect(stream.Write(message), "the write to succeed");
  Expect(stream.Read(&message), "an answer");
  return stream;
}

}  // namespace

void ClientDiesMidstreamDie(Context& context) {
  HoldStream stream = StartHold(context, context.NewKey("client_dies"));
  _exit(INTEROP_DIED);
}

void ClientDiesMidstreamCheck(Context& context) {
  WaitForCounter(context, context.NewKey("client_dies"), &Counters::cancelled, 1);
}

void ServerDiesMidcall(Context& context) {
  HoldStream stream = StartHold(context, context.NewKey("server_dies"));
  ExpectCode(polycall::Code::kUnavailable,
             context.own.Kill(polycall::testing::KillRequest()).status(), "Kill");
  polycall::testing::HoldMessage message;
  Expect(!stream.Read(&message), "the stream to have ended");
  ExpectCode(polycall::Code::kUnavailable, stream.Finish(), "Finish");
  ExpectCode(polycall::Code::kUnavailable, context.test.EmptyCall(grpc::testing::Empty()).status(),
             "EmptyCall");
}

namespace {

void ExpectHoldGoesOn(HoldStream& stream) {
  polycall::testing::HoldMessage message;
  message.set_number(2);
  Expect(stream.Write(message), "the write to succeed");
  Expect(stream.Read(&message), "an answer");
  ExpectNumber(2, message.number(), "the answer's number");
  stream.WritesDone();
  Expect(!stream.Read(&message), "the stream to end");
  ExpectCode(polycall::Code::kOk, stream.Finish(), "Finish");
}

void ExpectNoNewCalls(Context& context) {
  for (int i = 0; i < 500; ++i) {
    const polycall::Status status = context.test.EmptyCall(grpc::testing::Empty()).status();
    if (!status.ok()) return ExpectCode(polycall::Code::kUnavailable, status, "EmptyCall");
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  throw CaseFailed("the server still takes calls 10 s after its shutdown began");
}

}  // namespace

void GracefulShutdownLosesNothing(Context& context) {
  constexpr int kCount = 20;
  HoldStream stream = StartHold(context, context.NewKey("graceful_shutdown"));
  auto gathering = std::make_shared<Gathering>();
  polycall::testing::SleepRequest sleep;
  sleep.set_key(context.NewKey("graceful_shutdown_sleep"));
  sleep.set_milliseconds(500);
  for (int i = 0; i < kCount; ++i) {
    context.own.SleepAsync(sleep,
                           [gathering](polycall::StatusOr<polycall::testing::SleepReply> reply) {
                             gathering->Add(reply.status());
                           });
  }
  WaitForCounter(context, sleep.key(), &Counters::started, kCount);
  polycall::testing::ShutdownRequest request;
  request.set_grace_ms(15000);
  ExpectOk(context.own.Shutdown(request), "Shutdown");
  gathering->Wait(kCount, polycall::Code::kOk);
  ExpectHoldGoesOn(stream);
  ExpectNoNewCalls(context);
}

}  // namespace interop
