// Many calls, many channels, and more messages than anybody reads.
#include <exception>
#include <memory>
#include <thread>
#include <vector>

#include "client.h"
#include "settings.h"

namespace interop {

void RpcSoak(Context& context) {
  for (int i = 0; i < 200; ++i) CallLargeUnary(context.test);
}

void ChannelSoak(Context& context) {
  for (int i = 0; i < 50; ++i) {
    grpc::testing::TestService::Client client(OpenChannel(context.target).value());
    CallLargeUnary(client);
  }
}

namespace {

void CallFromThreads(Context& context) {
  std::vector<std::exception_ptr> errors(16);
  std::vector<std::thread> threads;
  for (std::exception_ptr& error : errors) {
    threads.emplace_back([&context, &error] {
      try {
        for (int i = 0; i < 25; ++i) {
          CallEmpty(context);
          CallLargeUnary(context.test);
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

}  // namespace

void ConcurrentCalls(Context& context) {
  constexpr int kCount = 1000;
  auto gathering = std::make_shared<Gathering>();
  polycall::testing::GatherRequest request;
  request.set_key(context.NewKey("concurrent_calls"));
  request.set_count(kCount);
  for (int i = 0; i < kCount; ++i) {
    request.set_number(i);
    context.own.GatherAsync(
        request, [gathering, i](polycall::StatusOr<polycall::testing::GatherReply> reply) {
          const bool wrong = reply.ok() && reply->number() != i;
          gathering->Add(wrong ? polycall::Status(polycall::Code::kDataLoss, "another's answer")
                               : reply.status());
        });
  }
  gathering->Wait(kCount, polycall::Code::kOk);
  CallFromThreads(context);
}

namespace {

constexpr int kFloodCount = 4096;
constexpr int kFloodSize = 16 << 10;

int64_t GetResidentBytes(Context& context) {
  return ExpectOk(context.own.GetMemory(polycall::testing::MemoryRequest()), "GetMemory")
      .resident_bytes();
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

}  // namespace

void SlowReaderBackpressure(Context& context) {
  polycall::testing::FloodRequest request;
  request.set_key(context.NewKey("flood"));
  request.set_count(kFloodCount);
  request.set_size(kFloodSize);
  const int64_t before = GetResidentBytes(context);
  auto reader = context.own.Flood(request);
  const int64_t sent = WaitUntilStopped(context, request.key());
  const int64_t stopped = GetResidentBytes(context);
  Expect(sent * kFloodSize <= 1 << 20,
         "at most 1 MiB unread, found " + std::to_string(sent) + " messages of 16 KiB");
  Expect(stopped - before < 16 << 20, "the stopped server to have grown by less than 16 MiB");

  int count = 0;
  for (const polycall::testing::FloodMessage& message : reader) {
    ExpectNumber(count++, message.number(), "the message's number");
    ExpectNumber(kFloodSize, message.body().size(), "the body");
  }
  ExpectCode(polycall::Code::kOk, reader.Finish(), "Finish");
  ExpectNumber(kFloodCount, count, "the count of messages");
  Expect(GetResidentBytes(context) - before < 32 << 20,
         "the server to have grown by less than 32 MiB");
}

}  // namespace interop
