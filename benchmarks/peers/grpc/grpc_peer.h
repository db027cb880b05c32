// gRPC C++ on the same work. Server: the callback API, or with --variant sync the synchronous one.
// Client: the callback API, where each completion starts the next call; with --variant sync
// (latency only) the blocking stub.
#ifndef POLYCALL_BENCHMARKS_PEERS_GRPC_GRPC_PEER_H_
#define POLYCALL_BENCHMARKS_PEERS_GRPC_GRPC_PEER_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "common/bench_program.h"
#include "echo.grpc.pb.h"

namespace grpc_peer {

int Serve(const bench_options* options);
int Measure(const bench_options* options, bench_result* result);

// "unix:/path" stays, "tcp://host:port" becomes "host:port".
std::string GrpcAddress(const std::string& target);

// A callback server with the echo service on `address` ("" for none, in-process only).
struct Server {
  std::unique_ptr<grpc::Service> service;
  std::unique_ptr<grpc::Server> server;
  int port = 0;
};
Server StartServer(const std::string& address, bool sync);

// The callback client's benches. Nonzero: failed, a message was printed.
int MeasureCallbackLatency(echo::v1::EchoService::Stub* stub, const bench_options& options,
                           bench_result* result);
int MeasureInFlight(echo::v1::EchoService::Stub* stub, const bench_options& options,
                    bench_result* result);
int MeasureStreams(echo::v1::EchoService::Stub* stub, const bench_options& options,
                   bench_result* result);

int Fail(const char* what, const grpc::Status& status);

}  // namespace grpc_peer

#endif  // POLYCALL_BENCHMARKS_PEERS_GRPC_GRPC_PEER_H_
