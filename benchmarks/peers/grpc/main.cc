#include "peers/grpc/grpc_peer.h"

int main(int argc, char** argv) {
  static const bench_program kProgram = {"grpc", "c++", grpc_peer::Serve, grpc_peer::Measure};
  return bench_main(argc, argv, &kProgram);
}
