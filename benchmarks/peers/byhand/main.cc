#include "peers/byhand/byhand.h"

int main(int argc, char** argv) {
  static const bench_program kProgram = {"byhand", "c++", byhand::Serve, byhand::Measure};
  return bench_main(argc, argv, &kProgram);
}
