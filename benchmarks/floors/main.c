/* The floors: sockets, shared memory ("shm:/path"), TLS ("tls://"), and what
 * copying costs ("--variant memcpy"). */
#include <string.h>

#include "floors/memcpy_floor.h"
#include "floors/shm_floor.h"
#include "floors/socket_floor.h"
#include "floors/tls_floor.h"

static int is(const bench_options* options, const char* scheme) {
  return options->target != NULL && strncmp(options->target, scheme, strlen(scheme)) == 0;
}

static int serve(const bench_options* options) {
  if (is(options, "tls:")) return tls_floor_serve(options);
  return is(options, "shm:") ? shm_floor_serve(options) : socket_floor_serve(options);
}

static int measure(const bench_options* options, bench_result* result) {
  if (strcmp(options->variant, "memcpy") == 0) return memcpy_floor_measure(options, result);
  if (is(options, "tls:")) return tls_floor_measure(options, result);
  return is(options, "shm:") ? shm_floor_measure(options, result)
                             : socket_floor_measure(options, result);
}

int main(int argc, char** argv) {
  static const bench_program kProgram = {"floor", "c", serve, measure};
  return bench_main(argc, argv, &kProgram);
}
