// The C++ client: finds the case by its name and runs it on a channel of its own.
#include "client.h"

#include <iostream>

#include "../native/testee.h"

namespace interop {
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

void RunCase(void (*function)(Context& context), const char* target, const char* token) {
  auto channel = polycall::Channel::Create(target).value();
  Context context{target, token, channel, grpc::testing::TestService::Client(channel),
                  polycall::testing::PolyCallTestService::Client(channel)};
  function(context);
}

}  // namespace
}  // namespace interop

int interop_client(const char* target, const char* case_name, const char* token) {
  for (const interop::CaseEntry& entry : interop::kCases) {
    if (entry.name != case_name) continue;
    try {
      interop::RunCase(entry.function, target, token);
      return 0;
    } catch (const std::exception& error) {
      std::cerr << error.what() << std::endl;
      return 1;
    }
  }
  std::cerr << "the C++ client has no case '" << case_name << "'" << std::endl;
  return 3;
}
