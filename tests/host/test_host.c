// A host for tests, in C: compiled once for each thing that can be wrong with a host (the macros below
// come from CMakeLists.txt). Its language is one handler, which echoes; its modules are the words in
// host_load.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "polycall/host.h"

#ifndef HOST_ABI
#define HOST_ABI POLYCALL_HOST_ABI_VERSION
#endif
#ifndef HOST_RUNTIME
#define HOST_RUNTIME NULL
#endif

#ifdef HOST_IS_NONE
POLYCALL_API int nothing_of_a_host;
int nothing_of_a_host;
#else

static int starts;

static void echo(void* arg, polycall_call* call, const polycall_message* request) {
  (void)arg;
  polycall_call_finish(call, NULL, request);
}

static polycall_code add_echo(polycall_server* server, const char* name, polycall_status* status) {
  const polycall_method_descriptor method = {
      sizeof method, "Echo", POLYCALL_UNARY, POLYCALL_METHOD_INLINE, 0, NULL, NULL};
  polycall_service_descriptor service = {sizeof service, name, &method, 1,
                                         sizeof method,  NULL, 0,       0};
  polycall_handler handler = POLYCALL_HANDLER_INIT;
  handler.fn = echo;
  return polycall_server_add_service(server, &service, &handler, sizeof handler, NULL, NULL,
                                     status);
}

static polycall_code host_start(const polycall_host_start* start, polycall_status* status) {
  ++starts;
#ifdef HOST_FAILS
  char text[128];
  snprintf(text, sizeof text, "the runtime did not boot, try %d", starts);
  polycall_status_set(status, POLYCALL_UNAVAILABLE, text, NULL, 0);
  return POLYCALL_UNAVAILABLE;
#endif
#ifdef HOST_DECLARES
  if (polycall_host_declare(HOST_RUNTIME, NULL, 0, status) != POLYCALL_OK) return status->code;
#endif
#ifdef HOST_LOADS_IN_START
  polycall_host_options options = POLYCALL_HOST_OPTIONS_INIT;
  options.language = HOST_LANGUAGE;
  options.module = "echo";
  polycall_server* server = polycall_server_new(NULL, NULL);
  polycall_code code = polycall_host_load(server, &options, status);
  polycall_server_free(server);
  return code;
#endif
  setenv("TEST_HOST_DIRECTORY", start->directory, 1);
  setenv("TEST_HOST_ARGUMENT", start->arguments[0] != NULL ? start->arguments[0] : "none", 1);
  return POLYCALL_OK;
}

static polycall_code host_load(const char* module, polycall_server* server,
                               polycall_status* status) {
  char count[16];
  snprintf(count, sizeof count, "%d", starts);
  setenv("TEST_HOST_STARTS", count, 1);
  if (strcmp(module, "echo") == 0) return add_echo(server, "test.Echo", status);
  if (strcmp(module, "nested") == 0) {  // a module that loads another one
    polycall_host_options options = POLYCALL_HOST_OPTIONS_INIT;
    options.language = HOST_LANGUAGE;
    options.module = "echo";
    polycall_code code = polycall_host_load(server, &options, status);
    return code != POLYCALL_OK ? code : add_echo(server, "test.Nested", status);
  }
  if (strcmp(module, "silent") == 0) return POLYCALL_DATA_LOSS;
  polycall_status_set(status, POLYCALL_NOT_FOUND, "no such word", NULL, 0);
  return POLYCALL_NOT_FOUND;
}

#ifdef HOST_EXCLUDES
static const polycall_host_exclusion exclusions[] = {{HOST_EXCLUDES, "both want the only chair"}};
#define HOST_EXCLUSIONS exclusions, 1
#else
#define HOST_EXCLUSIONS NULL, 0
#endif

POLYCALL_API const polycall_host_module* polycall_host_module_get(void);
const polycall_host_module* polycall_host_module_get(void) {
  static const polycall_host_module module = {sizeof module, HOST_ABI,     0,
                                              HOST_LANGUAGE, HOST_RUNTIME, HOST_EXCLUSIONS,
                                              host_start,    host_load};
  return &module;
}
#endif  // HOST_IS_NONE
