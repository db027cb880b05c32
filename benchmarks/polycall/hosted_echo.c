#include "polycall/hosted_echo.h"

#include <string.h>

#include "polycall/c_echo.h"
#include "polycall/host.h"

#define TARGET "inproc:bench-hosted"
/* A JVM's compiler needs some ten thousand calls before it is done, however short the run is. */
#define JVM_WARM_UP_SECONDS 1.0

polycall_server* hosted_server_new(const char* module, const char* target) {
  polycall_status status = POLYCALL_STATUS_INIT;
  polycall_host_options options = POLYCALL_HOST_OPTIONS_INIT;
  char language[32] = "";
  const char* colon = strchr(module, ':');
  if (colon == NULL || (size_t)(colon - module) >= sizeof(language)) {
    bench_fail("--variant", "write it as LANG:MODULE or plain:LANG:MODULE");
    return NULL;
  }
  memcpy(language, module, (size_t)(colon - module));
  options.language = language;
  options.module = colon + 1;
  polycall_server* server = polycall_server_new(NULL, &status);
  if (server != NULL && polycall_host_load(server, &options, &status) == POLYCALL_OK &&
      polycall_server_listen(server, target, NULL, 0, &status) == POLYCALL_OK &&
      polycall_server_start(server, &status) == POLYCALL_OK) {
    return server;
  }
  c_echo_fail(module, &status);
  polycall_server_free(server);
  return NULL;
}

static int measure(const bench_options* options, bench_result* result) {
  if (strcmp(options->bench, "inproc") != 0) {
    return bench_fail(options->bench, "a hosted handler is measured in process only");
  }
  const int plain = strncmp(options->variant, "plain:", 6) == 0;
  bench_options own = *options;
  polycall_server* server = hosted_server_new(options->variant + (plain ? 6 : 0), TARGET);
  int failed = 1;
  if (server == NULL) return 1;
  if (strncmp(options->variant, "java:", 5) == 0) own.warm_up = JVM_WARM_UP_SECONDS;
  failed = plain ? plain_echo_measure(&own, TARGET, result)
                 : c_echo_measure_in_process(&own, TARGET, result);
  polycall_server_free(server);
  return failed;
}

static int serve(const bench_options* options) {
  return bench_fail(options->target, "serve modules over sockets with `polycall host`");
}

int main(int argc, char** argv) {
  static const bench_program kProgram = {"polycall", "hosted", serve, measure};
  return bench_main(argc, argv, &kProgram);
}
