#include <cstdio>
#include <string_view>
#include <vector>

#include "common/echo_work.h"
#include "peers/grpc/grpc_peer.h"

namespace grpc_peer {
namespace {

using echo::v1::EchoMessage;
using echo::v1::EchoService;

struct BlockingClient {
  std::unique_ptr<EchoService::Stub> stub;
  EchoMessage request;
  EchoMessage response;
};

int BlockingEcho(void* arg) {
  BlockingClient& client = *static_cast<BlockingClient*>(arg);
  grpc::ClientContext context;
  const grpc::Status status = client.stub->Echo(&context, client.request, &client.response);
  if (!status.ok()) return Fail("Echo", status);
  return polycall_bench::Answers(client.request, client.response)
             ? 0
             : bench_fail("Echo", "the answer does not fit the request");
}

using ChatStream = grpc::ClientReaderWriter<EchoMessage, EchoMessage>;
struct ChatClient {
  grpc::ClientContext context;
  std::unique_ptr<ChatStream> stream;
  EchoMessage request;
  EchoMessage response;
};

int ChatRoundTrip(void* arg) {
  ChatClient& chat = *static_cast<ChatClient*>(arg);
  return chat.stream->Write(chat.request) && chat.stream->Read(&chat.response)
             ? 0
             : bench_fail("Chat", "the stream broke");
}

int MeasureChat(EchoService::Stub* stub, const bench_options& options, bench_result* result) {
  ChatClient chat;
  polycall_bench::FillRequest(options.payload, options.stream_count, &chat.request);
  chat.stream = stub->Chat(&chat.context);
  const int failed = bench_measure_latency(&options, ChatRoundTrip, &chat, result);
  chat.stream->WritesDone();
  chat.stream->Finish();
  return failed;
}

std::shared_ptr<grpc::Channel> NewChannel(const bench_options& options) {
  grpc::ChannelArguments arguments;
  // Or channels to one address would share a connection, and `idle` would count one.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(GrpcAddress(options.target), grpc::InsecureChannelCredentials(),
                                   arguments);
}

int HoldIdleConnections(const bench_options& options) {
  std::vector<BlockingClient> clients(options.connections);
  for (BlockingClient& client : clients) {
    client.stub = EchoService::NewStub(NewChannel(options));
    polycall_bench::FillRequest(options.payload, options.stream_count, &client.request);
    if (BlockingEcho(&client) != 0) return 1;
  }
  bench_server_ready("idle");
  bench_server_wait();
  return 0;
}

int MeasureInProcess(const bench_options& options, bench_result* result) {
  const Server server = StartServer("", false);
  BlockingClient client;
  client.stub = EchoService::NewStub(server.server->InProcessChannel({}));
  polycall_bench::FillRequest(options.payload, options.stream_count, &client.request);
  const int failed = bench_measure_latency(&options, BlockingEcho, &client, result);
  server.server->Shutdown();
  return failed;
}

}  // namespace

int Fail(const char* what, const grpc::Status& status) {
  std::fprintf(stderr, "%s: gRPC code %d: %s\n", what, static_cast<int>(status.error_code()),
               status.error_message().c_str());
  return 1;
}

std::string GrpcAddress(const std::string& target) {
  return target.rfind("tcp://", 0) == 0 ? target.substr(6) : target;
}

int Measure(const bench_options* options, bench_result* result) {
  const std::string_view bench = options->bench;
  if (bench == "inproc") return MeasureInProcess(*options, result);
  if (bench == "idle") return HoldIdleConnections(*options);
  BlockingClient client;
  client.stub = EchoService::NewStub(NewChannel(*options));
  polycall_bench::FillRequest(options->payload, options->stream_count, &client.request);
  if (bench == "first") return BlockingEcho(&client);
  if (bench == "latency") {
    if (options->variant == std::string_view("sync")) {
      return bench_measure_latency(options, BlockingEcho, &client, result);
    }
    return MeasureCallbackLatency(client.stub.get(), *options, result);
  }
  if (bench == "chat") return MeasureChat(client.stub.get(), *options, result);
  if (bench == "inflight") return MeasureInFlight(client.stub.get(), *options, result);
  if (bench == "stream") return MeasureStreams(client.stub.get(), *options, result);
  return bench_fail(options->bench, "gRPC has no such bench");
}

}  // namespace grpc_peer
