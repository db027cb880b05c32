#include <stdio.h>

#include "polycall/bench_options.h"
#include "polycall/c_echo.h"

int c_echo_fail(const char* what, polycall_status* status) {
  fprintf(stderr, "%s: %s: %s\n", what, polycall_code_name(status->code),
          status->message != NULL ? status->message : "");
  polycall_status_clear(status);
  return 1;
}

static polycall_code echo(void* arg, polycall_call* call, const echo_v1_EchoMessage* request,
                          polycall_arena* arena, echo_v1_EchoMessage* reply,
                          polycall_status* status) {
  /* The request lives until the handler has returned, and so may its bytes in the answer. */
  reply->payload = request->payload;
  reply->sequence = request->sequence;
  reply->sent_at = request->sent_at;
  reply->tag = request->tag;
  reply->count = request->count;
  return POLYCALL_OK;
}

polycall_code c_echo_add(polycall_server* server, polycall_status* status) {
  echo_v1_EchoService_handlers handlers = {.echo = echo};
  return echo_v1_EchoService_serve(server, &handlers, NULL, status);
}

polycall_server* c_echo_server_new(void) {
  polycall_status status = POLYCALL_STATUS_INIT;
  polycall_server_options server_options = POLYCALL_SERVER_OPTIONS_INIT;
  polycall_server* server;
  server_options.transports = bench_transports();
  server = polycall_server_new(&server_options, &status);
  if (server == NULL) {
    c_echo_fail("server_new", &status);
    return NULL;
  }
  if (c_echo_add(server, &status) != POLYCALL_OK) {
    c_echo_fail("serve", &status);
    polycall_server_free(server);
    return NULL;
  }
  return server;
}

int c_echo_serve(const bench_options* options) {
  polycall_status status = POLYCALL_STATUS_INIT;
  char address[512];
  polycall_server* server = c_echo_server_new();
  int failed = 1;
  if (server == NULL) return 1;
  if (polycall_server_listen(server, options->target, address, sizeof(address), &status) != 0 ||
      polycall_server_start(server, &status) != POLYCALL_OK) {
    c_echo_fail(options->target, &status);
  } else {
    bench_server_ready(address);
    bench_server_wait();
    polycall_server_shutdown(server, 100000000);
    failed = 0;
  }
  polycall_server_free(server);
  return failed;
}
