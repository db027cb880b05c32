#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "common/echo_work.h"
#include "polycall/bench_options.h"
#include "polycall/cpp_echo.h"

namespace polycall_bench {
namespace {

using echo::v1::EchoMessage;
using echo::v1::EchoService;

struct Caller {
  Caller(const std::string& target, const bench_options& options)
      : channel(polycall::Channel::Create(target, Options()).value()), client(channel) {
    FillRequest(options.payload, options.stream_count, &request);
  }

  static polycall::ChannelOptions Options() {
    polycall::ChannelOptions options;
    for (auto* name = bench_transports(); name != nullptr && *name != nullptr; ++name) {
      options.transports.emplace_back(*name);
    }
    if (const char* folder = bench_tls_folder()) {
      options.tls = polycall::TlsOptions{.ca_file = std::string(folder) + "/server.pem"};
    }
    return options;
  }

  std::shared_ptr<polycall::Channel> channel;
  EchoService::Client client;
  EchoMessage request;
  EchoMessage response;
};

int Echo(void* arg) {
  Caller& caller = *static_cast<Caller*>(arg);
  const polycall::Status status = caller.client.Echo(caller.request, &caller.response);
  if (!status.ok()) return Fail("Echo", status);
  return Answers(caller.request, caller.response)
             ? 0
             : bench_fail("Echo", "the answer does not fit the request");
}

std::chrono::nanoseconds Seconds(double seconds) {
  return std::chrono::nanoseconds(static_cast<int64_t>(seconds * 1e9));
}

// Calls one after the other, many such chains side by side. Used from the runtime's threads.
class Chains {
 public:
  explicit Chains(Caller* caller) : caller_(caller) {}

  void Start(uint32_t depth) {
    running_ = depth;
    for (uint32_t i = 0; i < depth; ++i) StartNext();
  }
  uint64_t calls() const { return calls_.load(std::memory_order_relaxed); }
  // Nonzero: a call failed, or the calls under way did not end.
  int Stop() {
    stop_ = true;
    for (int i = 0; i < 1000 && running_ > 0; ++i) std::this_thread::sleep_for(Seconds(0.01));
    if (running_ > 0) return bench_fail("inflight", "calls did not end in 10 s");
    return failed_ ? 1 : 0;
  }

 private:
  void StartNext() {
    caller_->client.EchoAsync(
        caller_->request, [this](const polycall::StatusOr<EchoMessage>& response) {
          if (!response.ok()) {
            Fail("Echo", response.status());
            failed_ = true;
          } else if (!Answers(caller_->request, *response)) {
            bench_fail("Echo", "the answer does not fit the request");
            failed_ = true;
          }
          calls_.fetch_add(1, std::memory_order_relaxed);
          if (stop_.load(std::memory_order_relaxed) || failed_.load(std::memory_order_relaxed)) {
            --running_;
          } else {
            StartNext();
          }
        });
  }

  Caller* caller_;
  std::atomic<uint64_t> calls_{0};
  std::atomic<uint32_t> running_{0};
  std::atomic<bool> stop_{false};
  std::atomic<bool> failed_{false};
};

int MeasureInFlight(Caller* caller, const bench_options& options, bench_result* result) {
  if (Echo(caller) != 0) return 1;
  Chains chains(caller);
  chains.Start(options.depth);
  std::this_thread::sleep_for(Seconds(options.seconds * BENCH_WARM_UP_SHARE));
  const uint64_t before = chains.calls();
  const bench_span begin = bench_span_begin(options.server_pid);
  std::this_thread::sleep_for(Seconds(options.seconds));
  result->calls = chains.calls() - before;
  result->span = bench_span_end(&begin, options.server_pid);
  return chains.Stop();
}

int OneStream(Caller* caller, uint32_t expected) {
  polycall::Reader<EchoMessage> reader = caller->client.Stream(caller->request);
  uint32_t received = 0;
  while (reader.Read(&caller->response)) ++received;
  const polycall::Status status = reader.Finish();
  if (!status.ok()) return Fail("Stream", status);
  return received == expected ? 0 : bench_fail("Stream", "messages are missing");
}

int MeasureStreams(Caller* caller, const bench_options& options, bench_result* result) {
  if (OneStream(caller, options.stream_count) != 0) return 1;
  const bench_span begin = bench_span_begin(options.server_pid);
  const uint64_t end = begin.wall_ns + static_cast<uint64_t>(options.seconds * 1e9);
  while (bench_now() < end && result->calls < options.max_calls) {
    if (OneStream(caller, options.stream_count) != 0) return 1;
    result->calls += options.stream_count;
  }
  result->span = bench_span_end(&begin, options.server_pid);
  return 0;
}

struct Chat {
  Caller* caller;
  polycall::Stream<EchoMessage, EchoMessage> stream;
};

int ChatRoundTrip(void* arg) {
  Chat& chat = *static_cast<Chat*>(arg);
  return chat.stream.Write(chat.caller->request) && chat.stream.Read(&chat.caller->response)
             ? 0
             : bench_fail("Chat", "the stream broke");
}

int MeasureChat(Caller* caller, const bench_options& options, bench_result* result) {
  Chat chat{caller, caller->client.Chat()};
  const int failed = bench_measure_latency(&options, ChatRoundTrip, &chat, result);
  chat.stream.WritesDone();
  const polycall::Status status = chat.stream.Finish();
  return status.ok() ? failed : Fail("Chat", status);
}

int HoldIdleConnections(const bench_options& options) {
  std::vector<std::unique_ptr<Caller>> callers;
  for (uint32_t i = 0; i < options.connections; ++i) {
    callers.push_back(std::make_unique<Caller>(options.target, options));
    if (Echo(callers.back().get()) != 0) return 1;
  }
  bench_server_ready("idle");
  bench_server_wait();
  return 0;
}

int ServeAndMeasureInProcess(const bench_options& options, bench_result* result) {
  EchoHandlers handlers;
  polycall::Server server;
  std::string address;
  const polycall::Status started = StartServer("inproc:bench-echo", &server, &handlers, &address);
  if (!started.ok()) return Fail("inproc", started);
  return MeasureInProcess(address, options, result);
}

int MeasureChecked(const bench_options& options, bench_result* result) {
  const std::string_view bench = options.bench;
  if (bench == "inproc") return ServeAndMeasureInProcess(options, result);
  if (bench == "idle") return HoldIdleConnections(options);
  Caller caller(options.target, options);
  if (bench == "latency") return bench_measure_latency(&options, Echo, &caller, result);
  if (bench == "inflight") return MeasureInFlight(&caller, options, result);
  if (bench == "stream") return MeasureStreams(&caller, options, result);
  if (bench == "chat") return MeasureChat(&caller, options, result);
  if (bench == "first") return Echo(&caller);
  return bench_fail(options.bench, "no such bench");
}

}  // namespace

int MeasureInProcess(const std::string& target, const bench_options& options,
                     bench_result* result) {
  Caller caller(target, options);
  return bench_measure_short_calls(&options, Echo, &caller, result);
}

int Measure(const bench_options* options, bench_result* result) {
  try {
    return MeasureChecked(*options, result);
  } catch (const polycall::StatusError& error) {
    return bench_fail(options->target != nullptr ? options->target : "inproc", error.what());
  }
}

}  // namespace polycall_bench
