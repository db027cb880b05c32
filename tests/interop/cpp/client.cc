// The C++ client: finds the case by its name and runs it on a channel of its own.
#include "client.h"

#include <iostream>
#include <stdexcept>
#include <string>

#include "../native/testee.h"
#include "settings.h"

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

// The channel is on the transport under test; or, unless it has to be, not connected.
void CheckTransport(const polycall::Channel& channel, bool must) {
  const char* wanted = std::getenv("INTEROP_TRANSPORT");
  const std::string found(channel.transport());
  if (wanted == nullptr || (found.empty() && !must)) return;
  if (found != wanted) {
    throw std::runtime_error("the channel is on another transport: " +
                             (found.empty() ? "none" : found));
  }
}

void RunCase(const CaseEntry& entry, const char* target, const char* token) {
  auto channel = OpenChannel(target).value();
  Context context{target, token, channel, grpc::testing::TestService::Client(channel),
                  polycall::testing::PolyCallTestService::Client(channel)};
  entry.function(context);
  CheckTransport(*channel, entry.name == "empty_unary");
}

}  // namespace
}  // namespace interop

int interop_client(const char* target, const char* case_name, const char* token) {
  for (const interop::CaseEntry& entry : interop::kCases) {
    if (entry.name != case_name) continue;
    try {
      interop::RunCase(entry, target, token);
      return 0;
    } catch (const std::exception& error) {
      std::cerr << error.what() << std::endl;
      return 1;
    }
  }
  std::cerr << "the C++ client has no case '" << case_name << "'" << std::endl;
  return 3;
}
