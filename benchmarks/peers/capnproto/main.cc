// Cap'n Proto on the same work, as its own samples write it: EzRpc, promises, one thread a side.
#include <capnp/ez-rpc.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "common/bench_message.h"
#include "echo.capnp.h"
#include "peers/chained.h"

namespace {

using capnp_echo::EchoMessage;
using capnp_echo::EchoService;

// Messages of 1 MiB are within the default limit of what one message may make a reader traverse.
constexpr capnp::ReaderOptions kReaderOptions;

class Echo final : public EchoService::Server {
  kj::Promise<void> echo(EchoContext context) override {
    const EchoMessage::Reader request = context.getParams().getRequest();
    EchoMessage::Builder response = context.getResults().initResponse();
    response.setPayload(request.getPayload());
    response.setSequence(request.getSequence());
    response.setSentAt(request.getSentAt());
    response.setTag(request.getTag());
    response.setCount(request.getCount());
    return kj::READY_NOW;
  }
};

// "unix:/path" stays, "tcp://host:port" becomes "host:port".
std::string Address(const char* target) {
  const std::string_view text = target;
  return std::string(text.starts_with("tcp://") ? text.substr(6) : text);
}

int Serve(const bench_options* options) {
  const std::string address = Address(options->target);
  const bool is_unix = address.starts_with("unix:");
  // The loop has a thread of its own: the main thread waits for the signal.
  std::thread([&address, is_unix] {
    if (is_unix) unlink(address.c_str() + 5);
    capnp::EzRpcServer server(kj::heap<Echo>(), address.c_str(), 0, kReaderOptions);
    const unsigned port = server.getPort().wait(server.getWaitScope());
    bench_server_ready(is_unix ? address.c_str()
                               : ("tcp://127.0.0.1:" + std::to_string(port)).c_str());
    kj::NEVER_DONE.wait(server.getWaitScope());
  }).detach();
  bench_server_wait();
  if (is_unix) unlink(address.c_str() + 5);
  _exit(0);  // nothing ends the loop of an EzRpcServer
}

// One caller, over a socket or in process.
struct Caller {
  EchoService::Client client;
  kj::WaitScope& scope;
  std::vector<kj::byte> payload;

  auto Send() {
    auto call = client.echoRequest();
    EchoMessage::Builder request = call.initRequest();
    request.setPayload(kj::arrayPtr(payload.data(), payload.size()));
    request.setSequence(BENCH_SEQUENCE);
    request.setSentAt(BENCH_SENT_AT);
    request.setTag(BENCH_TAG);
    request.setCount(BENCH_STREAM_COUNT_MIN);
    return call.send();
  }

  bool Answers(EchoMessage::Reader response) const {
    return response.getPayload().size() == payload.size() &&
           response.getSequence() == BENCH_SEQUENCE && response.getTag() == BENCH_TAG;
  }

  static int Call(void* arg) {
    Caller& self = *static_cast<Caller*>(arg);
    auto answer = self.Send().wait(self.scope);
    return self.Answers(answer.getResponse())
               ? 0
               : bench_fail("capnproto", "the answer does not fit the request");
  }

  kj::Promise<void> Chain(polycall_bench::Chained* chained) {
    return Send().then([this, chained](auto&& answer) -> kj::Promise<void> {
      KJ_REQUIRE(Answers(answer.getResponse()), "the answer does not fit the request");
      if (!chained->GoesOn()) return kj::READY_NOW;
      return Chain(chained);
    });
  }
};

int MeasureInFlight(Caller* caller, const bench_options& options, bench_result* result) {
  polycall_bench::Chained chained(options, result);
  auto chains = kj::heapArrayBuilder<kj::Promise<void>>(options.depth);
  for (uint32_t i = 0; i < options.depth; ++i) chains.add(caller->Chain(&chained));
  kj::joinPromises(chains.finish()).wait(caller->scope);
  return 0;
}

int MeasureChecked(const bench_options* options, bench_result* result) {
  const std::string_view bench = options->bench;
  const std::vector<kj::byte> payload(options->payload, 'x');
  if (bench == "inproc") {
    kj::EventLoop loop;
    kj::WaitScope scope(loop);
    Caller caller{kj::heap<Echo>(), scope, payload};
    return bench_measure_short_calls(options, Caller::Call, &caller, result);
  }
  capnp::EzRpcClient connection(Address(options->target).c_str(), 0, kReaderOptions);
  Caller caller{connection.getMain<EchoService>(), connection.getWaitScope(), payload};
  if (bench == "latency") return bench_measure_latency(options, Caller::Call, &caller, result);
  if (bench == "inflight") return MeasureInFlight(&caller, *options, result);
  return bench_fail(options->bench, "capnproto has no such bench");
}

int Measure(const bench_options* options, bench_result* result) {
  try {
    return MeasureChecked(options, result);
  } catch (const kj::Exception& error) {
    return bench_fail("capnproto", error.getDescription().cStr());
  }
}

}  // namespace

int main(int argc, char** argv) {
  static const bench_program kProgram = {"capnproto", "c++", Serve, Measure};
  return bench_main(argc, argv, &kProgram);
}
