/* What the driver lets PolyCall's programs use: $BENCH_TRANSPORT, lest a faster transport takes the place
 * of the measured one, and the certificate in the folder $BENCH_TLS. */
#ifndef POLYCALL_BENCHMARKS_POLYCALL_BENCH_OPTIONS_H_
#define POLYCALL_BENCHMARKS_POLYCALL_BENCH_OPTIONS_H_

#include <polycall/polycall.h>
#include <stdlib.h>
#include <string.h>

/* NULL-terminated, for channel and server options; NULL: everything. Static storage. */
static inline const char* const* bench_transports(void) {
  static const char* const kUnix[] = {"unix", NULL};
  static const char* const kShm[] = {"shm", "unix", NULL};
  static const char* const kTcp[] = {"tcp", NULL};
  const char* wanted = getenv("BENCH_TRANSPORT");
  if (wanted == NULL) return NULL;
  if (strcmp(wanted, "unix") == 0) return kUnix;
  if (strcmp(wanted, "shm") == 0) return kShm;
  return strcmp(wanted, "tcp") == 0 ? kTcp : NULL;
}

/* The folder of the certificate; NULL where TLS is not measured. */
static inline const char* bench_tls_folder(void) {
  const char* wanted = getenv("BENCH_TRANSPORT");
  return wanted != NULL && strcmp(wanted, "tls") == 0 ? getenv("BENCH_TLS") : NULL;
}

#endif /* POLYCALL_BENCHMARKS_POLYCALL_BENCH_OPTIONS_H_ */
