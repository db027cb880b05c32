/* Times programs from exec to exit, from a process so small that starting another costs little:
 *   bench_startup COUNT PROGRAM ARGUMENTS...
 * runs PROGRAM COUNT times, one after the other, and prints {"p50_ns","p99_ns","calls"} as JSON.
 * PROGRAM must exit with 0, in at most 10 seconds. */
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/bench_measure.h"

extern char** environ;

int main(int argc, char** argv) {
  long count = argc > 2 ? strtol(argv[1], NULL, 10) : 0;
  bench_samples samples;
  if (count < 1 || count > 1000) {
    fprintf(stderr, "usage: bench_startup COUNT(1..1000) PROGRAM ARGUMENTS...\n");
    return 2;
  }
  samples = bench_samples_new((size_t)count);
  for (long i = -2; i < count; ++i) { /* two unmeasured runs fill the page cache */
    uint64_t begin = bench_now();
    pid_t pid;
    int status = 0;
    int error = posix_spawn(&pid, argv[2], NULL, NULL, argv + 2, environ);
    if (error != 0) {
      fprintf(stderr, "%s: %s\n", argv[2], strerror(error));
      return 1;
    }
    alarm(10);
    if (waitpid(pid, &status, 0) != pid || status != 0) {
      fprintf(stderr, "%s failed (wait status %d)\n", argv[2], status);
      return 1;
    }
    if (i >= 0) bench_samples_add(&samples, bench_now() - begin);
  }
  bench_samples_sort(&samples);
  printf("{\"p50_ns\":%llu,\"p99_ns\":%llu,\"calls\":%ld}\n",
         (unsigned long long)bench_samples_quantile(&samples, 0.5),
         (unsigned long long)bench_samples_quantile(&samples, 0.99), count);
  bench_samples_free(&samples);
  return 0;
}
