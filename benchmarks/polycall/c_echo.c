#include "polycall/c_echo.h"

int main(int argc, char** argv) {
  static const bench_program kProgram = {"polycall", "c", c_echo_serve, c_echo_measure};
  return bench_main(argc, argv, &kProgram);
}
