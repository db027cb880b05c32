#include "polycall/raw_echo.h"

int main(int argc, char** argv) {
  static const bench_program kProgram = {"polycall-raw", "c", raw_echo_serve, raw_echo_measure};
  return bench_main(argc, argv, &kProgram);
}
