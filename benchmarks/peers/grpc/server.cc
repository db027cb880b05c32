#include <cstdio>

#include "common/echo_work.h"
#include "peers/grpc/grpc_peer.h"

namespace grpc_peer {
namespace {

using echo::v1::EchoMessage;
using echo::v1::EchoService;

// Deletes itself when the stream is done, as gRPC's reactors do.
class StreamReactor : public grpc::ServerWriteReactor<EchoMessage> {
 public:
  explicit StreamReactor(const EchoMessage* request) : request_(request), left_(request->count()) {
    WriteNext();
  }
  void OnWriteDone(bool ok) override { ok ? WriteNext() : Finish(grpc::Status::CANCELLED); }
  void OnDone() override { delete this; }

 private:
  void WriteNext() {
    if (left_-- == 0) return Finish(grpc::Status::OK);
    polycall_bench::Answer(*request_, &response_);
    StartWrite(&response_);
  }

  const EchoMessage* request_;
  EchoMessage response_;
  int64_t left_;
};

class ChatReactor : public grpc::ServerBidiReactor<EchoMessage, EchoMessage> {
 public:
  ChatReactor() { StartRead(&request_); }
  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    polycall_bench::Answer(request_, &response_);
    StartWrite(&response_);
  }
  void OnWriteDone(bool ok) override {
    ok ? StartRead(&request_) : Finish(grpc::Status::CANCELLED);
  }
  void OnDone() override { delete this; }

 private:
  EchoMessage request_;
  EchoMessage response_;
};

class CallbackService : public EchoService::CallbackService {
  grpc::ServerUnaryReactor* Echo(grpc::CallbackServerContext* context, const EchoMessage* request,
                                 EchoMessage* response) override {
    polycall_bench::Answer(*request, response);
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
  grpc::ServerWriteReactor<EchoMessage>* Stream(grpc::CallbackServerContext*,
                                                const EchoMessage* request) override {
    return new StreamReactor(request);
  }
  grpc::ServerBidiReactor<EchoMessage, EchoMessage>* Chat(grpc::CallbackServerContext*) override {
    return new ChatReactor;
  }
};

class SyncService : public EchoService::Service {
  grpc::Status Echo(grpc::ServerContext*, const EchoMessage* request,
                    EchoMessage* response) override {
    polycall_bench::Answer(*request, response);
    return grpc::Status::OK;
  }
};

}  // namespace

Server StartServer(const std::string& address, bool sync) {
  Server result;
  if (sync) {
    result.service = std::make_unique<SyncService>();
  } else {
    result.service = std::make_unique<CallbackService>();
  }
  grpc::ServerBuilder builder;
  if (!address.empty()) {
    builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &result.port);
  }
  builder.RegisterService(result.service.get());
  result.server = builder.BuildAndStart();
  return result;
}

int Serve(const bench_options* options) {
  const bool sync = options->variant == std::string("sync");
  const Server server = StartServer(GrpcAddress(options->target), sync);
  if (server.server == nullptr) return bench_fail(options->target, "gRPC cannot listen there");
  std::string address = options->target;
  if (address.rfind("tcp://", 0) == 0) {
    address = address.substr(0, address.rfind(':') + 1) + std::to_string(server.port);
  }
  bench_server_ready(address.c_str());
  bench_server_wait();
  server.server->Shutdown(std::chrono::system_clock::now() + std::chrono::milliseconds(100));
  return 0;
}

}  // namespace grpc_peer
