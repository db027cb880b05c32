#include "floors/socket_floor.h"

int main(int argc, char** argv) {
  static const bench_program kProgram = {"floor", "c", socket_floor_serve, socket_floor_measure};
  return bench_main(argc, argv, &kProgram);
}
