// Ice on the same work, by its C++11 mapping. It has no unix sockets.
#include <Ice/Ice.h>

#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>

#include "Echo.h"
#include "common/bench_message.h"
#include "peers/chained.h"

namespace {

using EchoPeer::EchoMessage;
using EchoPeer::EchoService;
using EchoPeer::EchoServicePrx;

class Handler final : public EchoService {
  EchoMessage Echo(EchoMessage request, const Ice::Current&) override { return request; }
};

Ice::CommunicatorHolder MakeCommunicator() {
  Ice::InitializationData data;
  data.properties = Ice::createProperties();
  data.properties->setProperty("Ice.MessageSizeMax", "4096");  // KiB; the default is 1 MiB in all
  data.properties->setProperty("Ice.Default.Host", "127.0.0.1");
  return Ice::CommunicatorHolder(data);
}

std::shared_ptr<EchoServicePrx> AddHandler(const Ice::ObjectAdapterPtr& adapter) {
  const auto proxy = adapter->add(std::make_shared<Handler>(), Ice::Identity{"echo", ""});
  adapter->activate();
  return Ice::uncheckedCast<EchoServicePrx>(proxy);
}

int Serve(const bench_options*) {
  const Ice::CommunicatorHolder communicator = MakeCommunicator();
  const auto adapter = communicator->createObjectAdapterWithEndpoints("echo", "tcp -h 127.0.0.1");
  AddHandler(adapter);
  const auto endpoint = std::dynamic_pointer_cast<Ice::TCPEndpointInfo>(
      adapter->getPublishedEndpoints().front()->getInfo());
  bench_server_ready(("tcp://127.0.0.1:" + std::to_string(endpoint->port)).c_str());
  bench_server_wait();
  return 0;
}

EchoMessage RequestOf(const bench_options& options) {
  EchoMessage request;
  request.payload.assign(options.payload, 'x');
  request.number = BENCH_SEQUENCE;
  request.sentAt = BENCH_SENT_AT;
  request.tag = BENCH_TAG;
  request.count = BENCH_STREAM_COUNT_MIN;
  return request;
}

bool Answers(const EchoMessage& request, const EchoMessage& response) {
  return response.payload.size() == request.payload.size() && response.number == request.number &&
         response.tag == request.tag;
}

struct Caller {
  std::shared_ptr<EchoServicePrx> proxy;
  EchoMessage request;

  static int Call(void* arg) {
    const Caller& self = *static_cast<Caller*>(arg);
    return Answers(self.request, self.proxy->Echo(self.request))
               ? 0
               : bench_fail("ice", "the answer does not fit the request");
  }
};

// Each answer, on Ice's thread, starts the next call.
class InFlight {
 public:
  InFlight(const Caller* caller, const bench_options& options, bench_result* result)
      : caller_(caller), chained_(options, result), under_way_(options.depth) {}

  int Run() {
    for (uint32_t i = under_way_; i > 0; --i) Start();
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return under_way_ == 0; });
    return failed_ ? 1 : 0;
  }

 private:
  void Start() {
    caller_->proxy->EchoAsync(
        caller_->request,
        [this](const EchoMessage& response) { Answered(Answers(caller_->request, response)); },
        [this](const std::exception_ptr&) { Answered(false); });
  }

  void Answered(bool right) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (!right) failed_ = true;
      if (failed_ || !chained_.GoesOn()) {
        if (--under_way_ == 0) changed_.notify_one();
        return;
      }
    }
    Start();
  }

  const Caller* const caller_;
  std::mutex mutex_;
  std::condition_variable changed_;
  polycall_bench::Chained chained_;  // guarded by mutex_, as what follows
  uint32_t under_way_;
  bool failed_ = false;
};

int MeasureChecked(const bench_options* options, bench_result* result) {
  const std::string_view bench = options->bench;
  const Ice::CommunicatorHolder communicator = MakeCommunicator();
  if (bench == "inproc") {
    // Ice sees that the object is in this process and dispatches without a socket.
    Caller caller{AddHandler(communicator->createObjectAdapterWithEndpoints("echo", "tcp")),
                  RequestOf(*options)};
    return bench_measure_short_calls(options, Caller::Call, &caller, result);
  }
  const std::string target = options->target;
  Caller caller{Ice::uncheckedCast<EchoServicePrx>(communicator->stringToProxy(
                    "echo:tcp -h 127.0.0.1 -p " + target.substr(target.rfind(':') + 1))),
                RequestOf(*options)};
  if (bench == "latency") return bench_measure_latency(options, Caller::Call, &caller, result);
  if (bench == "inflight") return InFlight(&caller, *options, result).Run();
  return bench_fail(options->bench, "ice has no such bench");
}

int Measure(const bench_options* options, bench_result* result) {
  try {
    return MeasureChecked(options, result);
  } catch (const std::exception& error) {
    return bench_fail("ice", error.what());
  }
}

}  // namespace

int main(int argc, char** argv) {
  static const bench_program kProgram = {"ice", "c++", Serve, Measure};
  return bench_main(argc, argv, &kProgram);
}
