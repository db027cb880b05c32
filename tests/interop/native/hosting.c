#include "hosting.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "polycall/host.h"

// What the case of the graceful shutdown asks for.
#define GRACE_NS INT64_C(15000000000)

static polycall_server* server;
static pthread_t keeper;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool shutdown_wanted;  // guarded by mutex
static int64_t shutdown_grace_ns;

static void request_shutdown(int64_t grace_ns) {
  pthread_mutex_lock(&mutex);
  if (!shutdown_wanted) {
    shutdown_wanted = true;
    shutdown_grace_ns = grace_ns;
    pthread_cond_signal(&changed);
  }
  pthread_mutex_unlock(&mutex);
}

// The module cannot shut down a server that it was lent: its handler of Shutdown only answers.
static void call_finished(void* arg, polycall_call* call, polycall_status* status, void** state) {
  (void)arg, (void)state;
  const char* service = polycall_call_service(call);
  if (status->code == POLYCALL_OK && strcmp(service, "polycall.testing.PolyCallTestService") == 0 &&
      strcmp(polycall_call_method(call), "Shutdown") == 0) {
    request_shutdown(GRACE_NS);
  }
}

static void* keep(void* unused) {
  (void)unused;
  pthread_mutex_lock(&mutex);
  while (!shutdown_wanted) pthread_cond_wait(&changed, &mutex);
  int64_t grace_ns = shutdown_grace_ns;
  pthread_mutex_unlock(&mutex);
  polycall_server_shutdown(server, grace_ns);
  return NULL;
}

static polycall_code start(const char* host, const char* target, char* address, size_t size,
                           polycall_status* status) {
  const char* colon = strchr(host, ':');
  char language[32];
  if (colon == NULL || (size_t)(colon - host) >= sizeof language) {
    polycall_status_set(status, POLYCALL_INVALID_ARGUMENT, "write it as host:LANG:MODULE", NULL, 0);
    return POLYCALL_INVALID_ARGUMENT;
  }
  snprintf(language, sizeof language, "%.*s", (int)(colon - host), host);
  polycall_interceptor interceptor = POLYCALL_INTERCEPTOR_INIT;
  interceptor.finished = call_finished;
  polycall_server_options options = POLYCALL_SERVER_OPTIONS_INIT;
  options.interceptors = &interceptor;
  options.interceptor_count = 1;
  server = polycall_server_new(&options, status);
  if (server == NULL) return (polycall_code)status->code;
  polycall_host_options load = POLYCALL_HOST_OPTIONS_INIT;
  load.language = language;
  load.module = colon + 1;
  polycall_code code = polycall_host_load(server, &load, status);
  if (code == POLYCALL_OK) code = polycall_server_listen(server, target, address, size, status);
  if (code == POLYCALL_OK) code = polycall_server_start(server, status);
  return code;
}

int hosting_serve(const char* host, const char* target, char* address, size_t size) {
  polycall_status status = POLYCALL_STATUS_INIT;
  if (start(host, target, address, size, &status) != POLYCALL_OK) {
    fprintf(stderr, "cannot host %s on %s: %s\n", host, target, status.message);
    polycall_status_clear(&status);
    polycall_server_free(server);
    server = NULL;
    return 1;
  }
  return pthread_create(&keeper, NULL, keep, NULL) == 0 ? 0 : 1;
}

void hosting_stop(void) {
  request_shutdown(INT64_C(2000000000));
  pthread_join(keeper, NULL);
  polycall_server_free(server);
  server = NULL;
}
