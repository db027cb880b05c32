// The C server: starts, and shuts down on a thread of its own, since no handler may do that.
#include "server.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include "../native/testee.h"
#include "settings.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static polycall_server* server;  // set before the keeper starts, freed after it ended
static pthread_t keeper;
static bool serving;          // guarded by stopping: there is a server to free
static bool shutdown_wanted;  // guarded by mutex, as all below
static int shutdown_grace_ms;
static bool shut_down = true;

// Held to the end of a stop: who comes second returns when the server is gone, not earlier.
static pthread_mutex_t stopping = PTHREAD_MUTEX_INITIALIZER;

void server_sleep_us(int64_t microseconds) {
  struct timespec time = {microseconds / 1000000, (microseconds % 1000000) * 1000};
  nanosleep(&time, NULL);
}

void server_request_shutdown(int grace_ms) {
  pthread_mutex_lock(&mutex);
  if (!shutdown_wanted) {
    shutdown_wanted = true;
    shutdown_grace_ms = grace_ms;
    pthread_cond_broadcast(&changed);
  }
  pthread_mutex_unlock(&mutex);
}

static void* keep(void* unused) {
  (void)unused;
  pthread_mutex_lock(&mutex);
  while (!shutdown_wanted) pthread_cond_wait(&changed, &mutex);
  int64_t grace_ns = shutdown_grace_ms * INT64_C(1000000);
  pthread_mutex_unlock(&mutex);
  polycall_server_shutdown(server, grace_ns);
  pthread_mutex_lock(&mutex);
  shut_down = true;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&mutex);
  return NULL;
}

static polycall_code start(const char* target, char* address, size_t size,
                           polycall_status* status) {
  polycall_code code = add_test_service(server, status);
  if (code == POLYCALL_OK) code = add_polycall_test_service(server, status);
  if (code == POLYCALL_OK) code = polycall_server_listen(server, target, address, size, status);
  if (code == POLYCALL_OK) code = polycall_server_start(server, status);
  return code;
}

int interop_serve(const char* target, char* address, size_t size) {
  polycall_status status = POLYCALL_STATUS_INIT;
  server = settings_server_new(&status);
  if (server == NULL || start(target, address, size, &status) != POLYCALL_OK) {
    fprintf(stderr, "the C server cannot serve on %s: %s\n", target, status.message);
    polycall_status_clear(&status);
    polycall_server_free(server);
    return 1;
  }
  pthread_mutex_lock(&stopping);
  shutdown_wanted = shut_down = false;
  serving = pthread_create(&keeper, NULL, keep, NULL) == 0;
  bool started = serving;
  pthread_mutex_unlock(&stopping);
  return started ? 0 : 1;
}

// The services as a module of the C host's.
INTEROP_API polycall_code polycall_register(polycall_server* borrowed, polycall_status* status);
polycall_code polycall_register(polycall_server* borrowed, polycall_status* status) {
  polycall_code code = add_test_service(borrowed, status);
  return code == POLYCALL_OK ? add_polycall_test_service(borrowed, status) : code;
}

void interop_wait(void) {
  pthread_mutex_lock(&mutex);
  while (!shut_down) pthread_cond_wait(&changed, &mutex);
  pthread_mutex_unlock(&mutex);
}

void interop_stop(void) {
  pthread_mutex_lock(&stopping);
  if (serving) {
    serving = false;
    gather_end();
    server_request_shutdown(2000);
    pthread_join(keeper, NULL);
    polycall_server_free(server);
    server = NULL;
    counters_free();
  }
  pthread_mutex_unlock(&stopping);
}
