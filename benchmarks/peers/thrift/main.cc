// Thrift on the same work: a thread a connection, framed transport, compact protocol. A client with
// many calls in flight pipelines them on its connection.
#include <thrift/protocol/TCompactProtocol.h>
#include <thrift/server/TThreadedServer.h>
#include <thrift/transport/TBufferTransports.h>
#include <thrift/transport/TServerSocket.h>
#include <thrift/transport/TSocket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "EchoService.h"
#include "common/bench_message.h"
#include "peers/chained.h"

namespace {

using apache::thrift::protocol::TCompactProtocol;
using apache::thrift::protocol::TCompactProtocolFactory;
using apache::thrift::transport::TFramedTransport;
using apache::thrift::transport::TFramedTransportFactory;
using apache::thrift::transport::TMemoryBuffer;
using apache::thrift::transport::TServerSocket;
using apache::thrift::transport::TSocket;
using thrift_echo::EchoMessage;
using thrift_echo::EchoServiceClient;
using thrift_echo::EchoServiceIf;
using thrift_echo::EchoServiceProcessor;

class Handler final : public EchoServiceIf {
 public:
  void Echo(EchoMessage& response, const EchoMessage& request) override { response = request; }
};

// Tells the driver once it listens, with the port that it was given.
class Ready final : public apache::thrift::server::TServerEventHandler {
 public:
  Ready(TServerSocket* socket, std::string unix_target)
      : socket_(socket), unix_target_(std::move(unix_target)) {}
  void preServe() override {
    bench_server_ready(unix_target_.empty()
                           ? ("tcp://127.0.0.1:" + std::to_string(socket_->getPort())).c_str()
                           : unix_target_.c_str());
  }

 private:
  TServerSocket* const socket_;
  const std::string unix_target_;
};

int Serve(const bench_options* options) {
  const std::string target = options->target;
  const bool is_unix = target.starts_with("unix:");
  const std::string path = is_unix ? target.substr(5) : "";
  if (is_unix) unlink(path.c_str());
  const auto socket = is_unix ? std::make_shared<TServerSocket>(path)
                              : std::make_shared<TServerSocket>("127.0.0.1", 0);
  std::thread([socket, target, is_unix] {
    apache::thrift::server::TThreadedServer server(
        std::make_shared<EchoServiceProcessor>(std::make_shared<Handler>()), socket,
        std::make_shared<TFramedTransportFactory>(), std::make_shared<TCompactProtocolFactory>());
    server.setServerEventHandler(std::make_shared<Ready>(socket.get(), is_unix ? target : ""));
    server.serve();
  }).detach();
  bench_server_wait();
  if (is_unix) unlink(path.c_str());
  _exit(0);  // its connections' threads wait for their clients
}

std::shared_ptr<TSocket> Connect(const std::string& target) {
  std::shared_ptr<TSocket> socket;
  if (target.starts_with("unix:")) {
    socket = std::make_shared<TSocket>(target.substr(5));
  } else {
    const size_t colon = target.rfind(':');
    socket =
        std::make_shared<TSocket>(target.substr(6, colon - 6), std::stoi(target.substr(colon + 1)));
  }
  socket->setNoDelay(true);
  socket->open();
  return socket;
}

EchoMessage RequestOf(const bench_options& options) {
  EchoMessage request;
  request.payload = std::string(options.payload, 'x');
  request.sequence = BENCH_SEQUENCE;
  request.sent_at = BENCH_SENT_AT;
  request.tag = BENCH_TAG;
  request.count = BENCH_STREAM_COUNT_MIN;
  return request;
}

int Check(const EchoMessage& request, const EchoMessage& response) {
  const bool fits = response.payload.size() == request.payload.size() &&
                    response.sequence == request.sequence && response.tag == request.tag;
  return fits ? 0 : bench_fail("thrift", "the answer does not fit the request");
}

struct Caller {
  EchoServiceClient client;
  EchoMessage request;
  EchoMessage response;

  static int Call(void* arg) {
    Caller& self = *static_cast<Caller*>(arg);
    self.client.Echo(self.response, self.request);
    return Check(self.request, self.response);
  }
};

// In process Thrift marshals into memory, and the processor answers there.
struct InProcess {
  std::shared_ptr<TMemoryBuffer> there = std::make_shared<TMemoryBuffer>();
  std::shared_ptr<TMemoryBuffer> back = std::make_shared<TMemoryBuffer>();
  std::shared_ptr<TCompactProtocol> in = std::make_shared<TCompactProtocol>(there);
  std::shared_ptr<TCompactProtocol> out = std::make_shared<TCompactProtocol>(back);
  EchoServiceProcessor processor{std::make_shared<Handler>()};
  EchoServiceClient client{out, in};  // reads what the processor writes
  EchoMessage request;
  EchoMessage response;

  static int Call(void* arg) {
    InProcess& self = *static_cast<InProcess*>(arg);
    self.there->resetBuffer();
    self.back->resetBuffer();
    self.client.send_Echo(self.request);
    self.processor.process(self.in, self.out, nullptr);
    self.client.recv_Echo(self.response);
    return Check(self.request, self.response);
  }
};

int MeasureInFlight(Caller* caller, const bench_options& options, bench_result* result) {
  polycall_bench::Chained chained(options, result);
  uint32_t under_way = options.depth;
  for (uint32_t i = 0; i < under_way; ++i) caller->client.send_Echo(caller->request);
  while (under_way > 0) {
    caller->client.recv_Echo(caller->response);
    if (Check(caller->request, caller->response) != 0) return 1;
    if (chained.GoesOn()) {
      caller->client.send_Echo(caller->request);
    } else {
      --under_way;
    }
  }
  return 0;
}

int MeasureChecked(const bench_options* options, bench_result* result) {
  const std::string_view bench = options->bench;
  if (bench == "inproc") {
    InProcess caller;
    caller.request = RequestOf(*options);
    return bench_measure_short_calls(options, InProcess::Call, &caller, result);
  }
  const auto transport = std::make_shared<TFramedTransport>(Connect(options->target));
  Caller caller{EchoServiceClient(std::make_shared<TCompactProtocol>(transport)),
                RequestOf(*options), EchoMessage()};
  if (bench == "latency") return bench_measure_latency(options, Caller::Call, &caller, result);
  if (bench == "inflight") return MeasureInFlight(&caller, *options, result);
  return bench_fail(options->bench, "thrift has no such bench");
}

int Measure(const bench_options* options, bench_result* result) {
  try {
    return MeasureChecked(options, result);
  } catch (const apache::thrift::TException& error) {
    return bench_fail("thrift", error.what());
  }
}

}  // namespace

int main(int argc, char** argv) {
  static const bench_program kProgram = {"thrift", "c++", Serve, Measure};
  return bench_main(argc, argv, &kProgram);
}
