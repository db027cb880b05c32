#include "polycall/cpp_echo.h"

int main(int argc, char** argv) {
  static const bench_program kProgram = {"polycall", "c++", polycall_bench::Serve,
                                         polycall_bench::Measure};
  return bench_main(argc, argv, &kProgram);
}
