// polycall.testing.PolyCallTestService in C, but for Gather.
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../native/testee.h"
#include "gather.h"
#include "server.h"
#include "settings.h"

static polycall_code get_counters(void* arg, polycall_call* call,
                                  const polycall_testing_CountersRequest* request,
                                  polycall_arena* arena, polycall_testing_Counters* reply,
                                  polycall_status* status) {
  counters_read(request->key, reply);
  return POLYCALL_OK;
}

static polycall_code get_memory(void* arg, polycall_call* call,
                                const polycall_testing_MemoryRequest* request,
                                polycall_arena* arena, polycall_testing_Memory* reply,
                                polycall_status* status) {
  long pages = 0;
  FILE* file = fopen("/proc/self/statm", "r");
  if (file == NULL || fscanf(file, "%*d %ld", &pages) != 1) {
    polycall_status_set(status, POLYCALL_UNAVAILABLE, "/proc/self/statm cannot be read", NULL, 0);
  }
  if (file != NULL) fclose(file);
  reply->resident_bytes = pages * sysconf(_SC_PAGESIZE);
  reply->process_id = getpid();
  return (polycall_code)status->code;
}

// A client on the server that the call travels on to.
typedef struct Hop {
  polycall_channel* channel;
  polycall_testing_PolyCallTestService_client client;
  polycall_testing_HopRequest request;
} Hop;

static polycall_code hop_open(Hop* hop, const polycall_testing_HopRequest* request,
                              polycall_arena* arena, polycall_status* status) {
  hop->channel = settings_channel_new(polycall_string_terminate(arena, request->target), status);
  if (hop->channel == NULL) return (polycall_code)status->code;
  polycall_testing_PolyCallTestService_client_init(&hop->client, hop->channel);
  hop->request = *request;
  --hop->request.hops;
  return POLYCALL_OK;
}

static polycall_code get_time_left(void* arg, polycall_call* call,
                                   const polycall_testing_HopRequest* request,
                                   polycall_arena* arena, polycall_testing_TimeLeft* reply,
                                   polycall_status* status) {
  if (request->hops > 0) {
    Hop hop;
    if (hop_open(&hop, request, arena, status) != POLYCALL_OK) return (polycall_code)status->code;
    polycall_testing_PolyCallTestService_get_time_left(&hop.client, &hop.request, arena, reply,
                                                       NULL, status);
    polycall_channel_free(hop.channel);
    return (polycall_code)status->code;
  }
  int64_t left = polycall_call_time_left(call);
  reply->has_deadline = left != INT64_MAX;
  reply->time_left_us = reply->has_deadline ? left / 1000 : 0;
  return POLYCALL_OK;
}

static polycall_code wait_for_cancel(void* arg, polycall_call* call,
                                     const polycall_testing_HopRequest* request,
                                     polycall_arena* arena, polycall_testing_WaitReply* reply,
                                     polycall_status* status) {
  if (request->hops > 0) {
    Hop hop;
    if (hop_open(&hop, request, arena, status) != POLYCALL_OK) return (polycall_code)status->code;
    polycall_testing_PolyCallTestService_wait_for_cancel(&hop.client, &hop.request, arena, reply,
                                                         NULL, status);
    polycall_channel_free(hop.channel);
    return (polycall_code)status->code;
  }
  counters_add(request->key, kStarted);
  for (int i = 0; i < 4000 && !polycall_call_is_cancelled(call); ++i) server_sleep_us(5000);
  bool cancelled = polycall_call_is_cancelled(call) != 0;
  counters_add(request->key, cancelled ? kCancelled : kFinished);
  if (cancelled) polycall_status_set(status, POLYCALL_CANCELLED, NULL, NULL, 0);
  return (polycall_code)status->code;
}

static polycall_code sleep_(void* arg, polycall_call* call,
                            const polycall_testing_SleepRequest* request, polycall_arena* arena,
                            polycall_testing_SleepReply* reply, polycall_status* status) {
  counters_add(request->key, kStarted);
  server_sleep_us(request->milliseconds * INT64_C(1000));
  counters_add(request->key, kFinished);
  return POLYCALL_OK;
}

static polycall_code flood(void* arg, polycall_call* call,
                           const polycall_testing_FloodRequest* request, polycall_arena* arena,
                           polycall_status* status) {
  counters_add(request->key, kStarted);
  char* body = request->size < 0 ? NULL : polycall_arena_alloc(arena, (size_t)request->size + 1);
  if (body == NULL) {
    polycall_status_set(status, POLYCALL_INVALID_ARGUMENT, "size is out of range", NULL, 0);
    return POLYCALL_INVALID_ARGUMENT;
  }
  memset(body, 0, (size_t)request->size);
  polycall_testing_FloodMessage message = {0};
  message.body = polycall_bytes_from(body, (size_t)request->size);
  for (message.number = 0; message.number < request->count; ++message.number) {
    polycall_code code =
        polycall_testing_PolyCallTestService_server_flood_send(call, &message, 0, status);
    if (code != POLYCALL_OK) return code;
    counters_add(request->key, kSent);
  }
  counters_add(request->key, kFinished);
  return POLYCALL_OK;
}

static polycall_code hold(void* arg, polycall_call* call, polycall_arena* arena,
                          polycall_status* status) {
  polycall_string key = {0};
  polycall_testing_HoldMessage message;
  polycall_code code = POLYCALL_OK;
  while (code == POLYCALL_OK &&
         polycall_testing_PolyCallTestService_server_hold_receive(call, arena, &message)) {
    if (key.size == 0) {
      key = message.key;  // in the call's arena
      counters_add(key, kStarted);
    }
    counters_add(key, kReceived);
    code = polycall_testing_PolyCallTestService_server_hold_send(call, &message, 0, status);
  }
  counters_add(key, polycall_call_is_cancelled(call) ? kCancelled : kFinished);
  return code;
}

// C has no exceptions; a handler's bug looks like this: a code that is none.
static polycall_code throw_(void* arg, polycall_call* call,
                            const polycall_testing_ThrowRequest* request, polycall_arena* arena,
                            polycall_testing_ThrowReply* reply, polycall_status* status) {
  return (polycall_code)4242;
}

static polycall_code echo_narrow(void* arg, polycall_call* call,
                                 const polycall_testing_Narrow* request, polycall_arena* arena,
                                 polycall_testing_Narrow* reply, polycall_status* status) {
  if (polycall_testing_Narrow_copy(reply, request, arena)) return POLYCALL_OK;
  polycall_status_set(status, POLYCALL_RESOURCE_EXHAUSTED, "out of memory", NULL, 0);
  return POLYCALL_RESOURCE_EXHAUSTED;
}

static polycall_code kill_(void* arg, polycall_call* call,
                           const polycall_testing_KillRequest* request, polycall_arena* arena,
                           polycall_testing_KillReply* reply, polycall_status* status) {
  _exit(INTEROP_DIED);
}

static polycall_code shutdown_(void* arg, polycall_call* call,
                               const polycall_testing_ShutdownRequest* request,
                               polycall_arena* arena, polycall_testing_ShutdownReply* reply,
                               polycall_status* status) {
  server_request_shutdown(request->grace_ms);
  return POLYCALL_OK;
}

polycall_code add_polycall_test_service(polycall_server* server, polycall_status* status) {
  polycall_testing_PolyCallTestService_handlers handlers = {
      .get_counters = get_counters,
      .get_memory = get_memory,
      .get_time_left = get_time_left,
      .wait_for_cancel = wait_for_cancel,
      .gather_async = gather,
      .sleep = sleep_,
      .flood = flood,
      .hold = hold,
      .throw_ = throw_,
      .echo_narrow = echo_narrow,
      .kill = kill_,
      .shutdown = shutdown_,
  };
  return polycall_testing_PolyCallTestService_serve(server, &handlers, NULL, status);
}
