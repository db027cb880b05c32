/* Serves Counter:  counter_server TARGET...
 *
 * Prints "listening ADDRESS" for each target, then serves until its standard input ends.
 */
#include <stdio.h>

#include "counter.h"

static int failed(const char* what, const polycall_status* status) {
  fprintf(stderr, "counter_server: %s: %s\n", what, status->message ? status->message : "");
  return 1;
}

int main(int argc, char** argv) {
  polycall_status status = POLYCALL_STATUS_INIT;
  polycall_server* server = polycall_server_new(NULL, &status);
  if (server == NULL || counter_serve(server, &status) != POLYCALL_OK) {
    return failed("cannot serve", &status);
  }
  for (int i = 1; i < argc; ++i) {
    char address[256];
    if (polycall_server_listen(server, argv[i], address, sizeof address, &status) != POLYCALL_OK) {
      return failed(argv[i], &status);
    }
    printf("listening %s\n", address);
  }
  if (polycall_server_start(server, &status) != POLYCALL_OK) {
    return failed("cannot start", &status);
  }
  fflush(stdout);
  while (getchar() != EOF) {
  }
  polycall_server_shutdown(server, INT64_C(1000000000));
  polycall_server_free(server);
  return 0;
}
