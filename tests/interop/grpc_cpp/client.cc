// gRPC's C++ client: finds the case by its name and runs it on a channel of its own.
#include "client.h"

#include <iostream>
#include <thread>

#include "../native/testee.h"

namespace interop {

std::shared_ptr<grpc::Channel> OpenChannel(std::string_view target) {
  if (target.starts_with("grpc://")) target.remove_prefix(7);
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(16 << 20);
  // Each channel connects itself, as ours do.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // Else a receiver that does not read lets 4 MiB come all the same.
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  return grpc::CreateCustomChannel(std::string(target), grpc::InsecureChannelCredentials(),
                                   arguments);
}

void Expect(bool condition, std::string_view what) {
  if (!condition) throw CaseFailed("expected " + std::string(what));
}

void ExpectNumber(int64_t expected, int64_t actual, std::string_view what) {
  if (expected == actual) return;
  throw CaseFailed("expected " + std::to_string(expected) + " from " + std::string(what) +
                   ", found " + std::to_string(actual));
}

void ExpectCode(grpc::StatusCode expected, const grpc::Status& actual, std::string_view what) {
  if (actual.error_code() == expected) return;
  throw CaseFailed("expected status " + std::to_string(expected) + " from " + std::string(what) +
                   ", found " + std::to_string(actual.error_code()) + ": " +
                   actual.error_message());
}

grpc::testing::Payload NewPayload(int size) {
  grpc::testing::Payload payload;
  payload.set_body(std::string(size, '\0'));
  return payload;
}

void CallLargeUnary(TestService::Stub& stub) {
  grpc::testing::SimpleRequest request;
  request.set_response_size(314159);
  *request.mutable_payload() = NewPayload(271828);
  grpc::ClientContext call;
  grpc::testing::SimpleResponse response;
  ExpectCode(grpc::OK, stub.UnaryCall(&call, request, &response), "UnaryCall");
  Expect(response.payload().body() == std::string(314159, '\0'), "a body of 314,159 zeros");
}

void CallEmpty(Context& context) {
  grpc::ClientContext call;
  grpc::testing::Empty reply;
  ExpectCode(grpc::OK, context.test->EmptyCall(&call, {}, &reply), "EmptyCall");
}

Counters GetCounters(Context& context, const std::string& key) {
  polycall::testing::CountersRequest request;
  request.set_key(key);
  grpc::ClientContext call;
  Counters counters;
  ExpectCode(grpc::OK, context.own->GetCounters(&call, request, &counters), "GetCounters");
  return counters;
}

void WaitForCounter(Context& context, const std::string& key, PickCounter pick, int64_t wanted) {
  int64_t found = 0;
  for (int i = 0; i < 1000; ++i) {
    const Counters counters = GetCounters(context, key);
    found = (counters.*pick)();
    if (found == wanted) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  throw CaseFailed("a counter of " + key + " is " + std::to_string(found) +
                   " after 10 s, expected " + std::to_string(wanted));
}

void Gathering::Add(const grpc::Status& status) {
  std::lock_guard lock(mutex_);
  ++count_;
  ++wanted_count_[status.error_code()];
  if (!status.ok()) last_error_ = status.error_message();
  changed_.notify_all();
}

void Gathering::Wait(int count, grpc::StatusCode wanted) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::seconds(30), [&] { return count_ >= count; });
  if (count_ < count) {
    throw CaseFailed(std::to_string(count_) + " of " + std::to_string(count) +
                     " calls ended within 30 s");
  }
  if (wanted_count_[wanted] != count) {
    throw CaseFailed(std::to_string(wanted_count_[wanted]) + " of " + std::to_string(count) +
                     " calls ended with status " + std::to_string(wanted) +
                     "; another: " + last_error_);
  }
}

namespace {

struct CaseEntry {
  std::string_view name;
  void (*function)(Context& context);
};

constexpr CaseEntry kCases[] = {
    {"empty_unary", EmptyUnary},
    {"large_unary", LargeUnary},
    {"client_streaming", ClientStreaming},
    {"server_streaming", ServerStreaming},
    {"ping_pong", PingPong},
    {"empty_stream", EmptyStream},
    {"custom_metadata", CustomMetadata},
    {"status_code_and_message", StatusCodeAndMessage},
    {"special_status_message", SpecialStatusMessage},
    {"unimplemented_method", UnimplementedMethod},
    {"unimplemented_service", UnimplementedService},
    {"cancel_after_begin", CancelAfterBegin},
    {"cancel_after_first_response", CancelAfterFirstResponse},
    {"timeout_on_sleeping_server", TimeoutOnSleepingServer},
    {"rpc_soak", RpcSoak},
    {"channel_soak", ChannelSoak},
    {"deadline_propagation", DeadlinePropagation},
    {"cancel_propagation", CancelPropagation},
    {"concurrent_calls", ConcurrentCalls},
    {"slow_reader_backpressure", SlowReaderBackpressure},
    {"handler_throws", HandlerThrows},
    {"message_too_large", MessageTooLarge},
    {"unknown_fields_kept", UnknownFieldsKept},
    {"client_dies_midstream.die", ClientDiesMidstreamDie},
    {"client_dies_midstream.check", ClientDiesMidstreamCheck},
    {"server_dies_midcall", ServerDiesMidcall},
    {"graceful_shutdown_loses_nothing", GracefulShutdownLosesNothing},
};

}  // namespace
}  // namespace interop

int interop_client(const char* target, const char* case_name, const char* token) {
  for (const interop::CaseEntry& entry : interop::kCases) {
    if (entry.name != case_name) continue;
    try {
      auto channel = interop::OpenChannel(target);
      interop::Context context{target, token, channel, interop::TestService::NewStub(channel),
                               interop::PolyCallTestService::NewStub(channel)};
      entry.function(context);
      return 0;
    } catch (const std::exception& error) {
      std::cerr << error.what() << std::endl;
      return 1;
    }
  }
  return 3;
}
