// PolyCall's own cases: calls that travel on, many of them, and what goes wrong.
#include <google/protobuf/util/message_differencer.h>
#include <unistd.h>

#include <exception>
#include <thread>
#include <vector>

#include "../native/testee.h"
#include "client.h"

namespace interop {
namespace {

namespace pb = polycall::testing;
using HoldStream = grpc::ClientReaderWriter<pb::HoldMessage, pb::HoldMessage>;

constexpr int kFloodCount = 4096;
constexpr int kFloodSize = 16 << 10;

pb::HopRequest OneHop(Context& context, const std::string& key) {
  pb::HopRequest request;
  request.set_key(key);
  request.set_hops(1);
  request.set_target(context.target);
  return request;
}

void CallFromThreads(Context& context) {
  std::vector<std::exception_ptr> errors(16);
  std::vector<std::thread> threads;
  for (std::exception_ptr& error : errors) {
    threads.emplace_back([&context, &error] {
      try {
        for (int i = 0; i < 25; ++i) {
          CallEmpty(context);
          CallLargeUnary(*context.test);
        }
      } catch (...) {
        error = std::current_exception();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& error : errors) {
    if (error) std::rethrow_exception(error);
  }
}

int64_t GetResidentBytes(Context& context) {
  grpc::ClientContext call;
  pb::Memory memory;
  ExpectCode(grpc::OK, context.own->GetMemory(&call, {}, &memory), "GetMemory");
  return memory.resident_bytes();
}

// Waits until the server has not been able to send for half a second, at most 20 s; returns how
// many messages it sent.
int64_t WaitUntilStopped(Context& context, const std::string& key) {
  int64_t last = -1;
  int same = 0;
  for (int i = 0; i < 400; ++i) {
    const int64_t sent = GetCounters(context, key).sent();
    same = sent == last && last > 0 ? same + 1 : 0;
    last = sent;
    if (same == 10) return sent;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  throw CaseFailed("the server still sends after 20 s: " + std::to_string(last) + " messages");
}

// Opens a Hold stream and lets one message go to and fro, so that the handler is surely running.
std::unique_ptr<HoldStream> StartHold(Context& context, grpc::ClientContext& call,
                                      const std::string& key) {
  auto stream = context.own->Hold(&call);
  pb::HoldMessage message;
  message.set_key(key);
  Expect(stream->Write(message), "the write to succeed");
  Expect(stream->Read(&message), "an answer");
  return stream;
}

void ExpectRefused(Context& context, int request_size, int response_size) {
  grpc::testing::SimpleRequest request;
  request.set_response_size(response_size);
  *request.mutable_payload() = NewPayload(request_size);
  grpc::ClientContext call;
  grpc::testing::SimpleResponse response;
  ExpectCode(grpc::RESOURCE_EXHAUSTED, context.test->UnaryCall(&call, request, &response),
             "UnaryCall");
  CallEmpty(context);
}

}  // namespace

void RpcSoak(Context& context) {
  for (int i = 0; i < 200; ++i) CallLargeUnary(*context.test);
}

void ChannelSoak(Context& context) {
  for (int i = 0; i < 50; ++i) CallLargeUnary(*TestService::NewStub(OpenChannel(context.target)));
}

void DeadlinePropagation(Context& context) {
  const pb::HopRequest request = OneHop(context, context.NewKey("time_left"));
  pb::TimeLeft left;
  grpc::ClientContext bounded;
  SetTimeout(bounded, std::chrono::seconds(30));
  ExpectCode(grpc::OK, context.own->GetTimeLeft(&bounded, request, &left), "GetTimeLeft");
  Expect(left.has_deadline(), "a deadline at the second server");
  Expect(left.time_left_us() > 0, "time left at the second server");
  // gRPC rounds up what is left of the 30 s.
  Expect(left.time_left_us() <= 31'000'000, "no more time left than the call began with");
  grpc::ClientContext unbounded;
  left.Clear();
  ExpectCode(grpc::OK, context.own->GetTimeLeft(&unbounded, request, &left), "GetTimeLeft");
  Expect(!left.has_deadline(), "no deadline at the second server");

  const std::string key = context.NewKey("deadline_propagation");
  grpc::ClientContext call;
  SetTimeout(call, std::chrono::milliseconds(300));
  pb::WaitReply reply;
  ExpectCode(grpc::DEADLINE_EXCEEDED,
             context.own->WaitForCancel(&call, OneHop(context, key), &reply), "WaitForCancel");
  WaitForCounter(context, key, &Counters::cancelled, 1);
}

void CancelPropagation(Context& context) {
  const std::string key = context.NewKey("cancel_propagation");
  struct Call {
    grpc::ClientContext context;
    pb::HopRequest request;
    pb::WaitReply reply;
  };
  auto gathering = std::make_shared<Gathering>();
  auto call = std::make_shared<Call>();
  call->request = OneHop(context, key);
  context.own->async()->WaitForCancel(
      &call->context, &call->request, &call->reply,
      [gathering, call](const grpc::Status& status) { gathering->Add(status); });
  WaitForCounter(context, key, &Counters::started, 1);
  call->context.TryCancel();
  gathering->Wait(1, grpc::CANCELLED);
  WaitForCounter(context, key, &Counters::cancelled, 1);
}

void ConcurrentCalls(Context& context) {
  constexpr int kCount = 1000;
  struct Call {
    grpc::ClientContext context;
    pb::GatherRequest request;
    pb::GatherReply reply;
  };
  // With their callbacks, which a case that fails does not wait for.
  auto calls = std::make_shared<std::vector<Call>>(kCount);
  auto gathering = std::make_shared<Gathering>();
  const std::string key = context.NewKey("concurrent_calls");
  for (int i = 0; i < kCount; ++i) {
    Call& call = (*calls)[i];
    call.request.set_key(key);
    call.request.set_count(kCount);
    call.request.set_number(i);
    context.own->async()->Gather(
        &call.context, &call.request, &call.reply,
        [gathering, i, calls](const grpc::Status& status) {
          const bool wrong = status.ok() && (*calls)[i].reply.number() != i;
          gathering->Add(wrong ? grpc::Status(grpc::DATA_LOSS, "another's answer") : status);
        });
  }
  gathering->Wait(kCount, grpc::OK);
  CallFromThreads(context);
}

void SlowReaderBackpressure(Context& context) {
  pb::FloodRequest request;
  request.set_key(context.NewKey("flood"));
  request.set_count(kFloodCount);
  request.set_size(kFloodSize);
  const int64_t before = GetResidentBytes(context);
  grpc::ClientContext call;
  auto reader = context.own->Flood(&call, request);
  const int64_t sent = WaitUntilStopped(context, request.key());
  const int64_t stopped = GetResidentBytes(context);
  Expect(sent * kFloodSize <= 1 << 20,
         "at most 1 MiB unread, found " + std::to_string(sent) + " messages of 16 KiB");
  Expect(stopped - before < 16 << 20, "the stopped server to have grown by less than 16 MiB");

  int count = 0;
  pb::FloodMessage message;
  while (reader->Read(&message)) {
    ExpectNumber(count++, message.number(), "the message's number");
    ExpectNumber(kFloodSize, message.body().size(), "the body");
  }
  ExpectCode(grpc::OK, reader->Finish(), "Finish");
  ExpectNumber(kFloodCount, count, "the count of messages");
  Expect(GetResidentBytes(context) - before < 32 << 20,
         "the server to have grown by less than 32 MiB");
}

void HandlerThrows(Context& context) {
  for (int i = 0; i < 3; ++i) {
    grpc::ClientContext call;
    pb::ThrowReply reply;
    ExpectCode(grpc::UNKNOWN, context.own->Throw(&call, {}, &reply), "Throw");
    CallEmpty(context);
  }
}

void MessageTooLarge(Context& context) {
  ExpectRefused(context, 17 << 20, 1);
  ExpectRefused(context, 1, 17 << 20);
}

void UnknownFieldsKept(Context& context) {
  pb::Wide wide;
  wide.set_name("known");
  wide.set_number(-7);
  wide.set_body(std::string("\x00\x01\xff", 3));
  wide.add_words("one");
  wide.add_words("");
  wide.mutable_nested()->set_name("inner");
  wide.set_four_bytes(4000000000u);
  wide.set_eight_bytes(0x8000000000000001u);
  (*wide.mutable_counts())["key"] = 3;
  pb::Narrow narrow, reply;
  Expect(narrow.ParseFromString(wide.SerializeAsString()), "the old schema to parse the new");
  grpc::ClientContext call;
  ExpectCode(grpc::OK, context.own->EchoNarrow(&call, narrow, &reply), "EchoNarrow");
  pb::Wide back;
  Expect(back.ParseFromString(reply.SerializeAsString()), "the new schema to parse the old");
  Expect(google::protobuf::util::MessageDifferencer::Equals(wide, back),
         "all fields to come back, found " + back.ShortDebugString());
}

void ClientDiesMidstreamDie(Context& context) {
  grpc::ClientContext call;
  auto stream = StartHold(context, call, context.NewKey("client_dies"));
  _exit(INTEROP_DIED);
}

void ClientDiesMidstreamCheck(Context& context) {
  WaitForCounter(context, context.NewKey("client_dies"), &Counters::cancelled, 1);
}

void ServerDiesMidcall(Context& context) {
  grpc::ClientContext call;
  auto stream = StartHold(context, call, context.NewKey("server_dies"));
  grpc::ClientContext kill;
  pb::KillReply reply;
  ExpectCode(grpc::UNAVAILABLE, context.own->Kill(&kill, {}, &reply), "Kill");
  pb::HoldMessage message;
  Expect(!stream->Read(&message), "the stream to have ended");
  ExpectCode(grpc::UNAVAILABLE, stream->Finish(), "Finish");
  grpc::ClientContext empty;
  grpc::testing::Empty nothing;
  ExpectCode(grpc::UNAVAILABLE, context.test->EmptyCall(&empty, {}, &nothing), "EmptyCall");
}

namespace {

void ExpectHoldGoesOn(HoldStream& stream) {
  pb::HoldMessage message;
  message.set_number(2);
  Expect(stream.Write(message), "the write to succeed");
  Expect(stream.Read(&message), "an answer");
  ExpectNumber(2, message.number(), "the answer's number");
  stream.WritesDone();
  Expect(!stream.Read(&message), "the stream to end");
  ExpectCode(grpc::OK, stream.Finish(), "Finish");
}

void ExpectNoNewCalls(Context& context) {
  for (int i = 0; i < 500; ++i) {
    grpc::ClientContext call;
    grpc::testing::Empty reply;
    const grpc::Status status = context.test->EmptyCall(&call, {}, &reply);
    if (!status.ok()) return ExpectCode(grpc::UNAVAILABLE, status, "EmptyCall");
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  throw CaseFailed("the server still takes calls 10 s after its shutdown began");
}

}  // namespace

void GracefulShutdownLosesNothing(Context& context) {
  constexpr int kCount = 20;
  struct Call {
    grpc::ClientContext context;
    pb::SleepReply reply;
  };
  grpc::ClientContext hold;
  auto stream = StartHold(context, hold, context.NewKey("graceful_shutdown"));
  auto gathering = std::make_shared<Gathering>();
  pb::SleepRequest sleep;
  sleep.set_key(context.NewKey("graceful_shutdown_sleep"));
  sleep.set_milliseconds(500);
  auto calls = std::make_shared<std::vector<Call>>(kCount);
  for (Call& call : *calls) {
    context.own->async()->Sleep(
        &call.context, &sleep, &call.reply,
        [gathering, calls](const grpc::Status& status) { gathering->Add(status); });
  }
  WaitForCounter(context, sleep.key(), &Counters::started, kCount);
  pb::ShutdownRequest request;
  request.set_grace_ms(15000);
  grpc::ClientContext call;
  pb::ShutdownReply reply;
  ExpectCode(grpc::OK, context.own->Shutdown(&call, request, &reply), "Shutdown");
  gathering->Wait(kCount, grpc::OK);
  ExpectHoldGoesOn(*stream);
  ExpectNoNewCalls(context);
}

}  // namespace interop
