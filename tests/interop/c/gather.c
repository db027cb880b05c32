#include "gather.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "server.h"

typedef struct Waiting {
  struct Waiting* next;
  polycall_call* call;
  int32_t number;
} Waiting;

typedef struct Group {
  struct Group* next;
  Waiting* waiting;
  int count;
  size_t key_size;
  char key[];
} Group;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static Group* groups;  // guarded by mutex

// Ends all calls of a list, outside of the lock: a caller in this process may hear of it here.
static void finish(Waiting* waiting, const polycall_status* status) {
  while (waiting != NULL) {
    Waiting* next = waiting->next;
    polycall_testing_GatherReply reply = {0};
    reply.number = waiting->number;
    polycall_testing_PolyCallTestService_server_gather_finish(waiting->call, status,
                                                              status == NULL ? &reply : NULL);
    free(waiting);
    waiting = next;
  }
}

static Group* find_or_add(polycall_string key) {
  for (Group* group = groups; group != NULL; group = group->next) {
    if (group->key_size == key.size && memcmp(group->key, key.data, key.size) == 0) return group;
  }
  Group* group = calloc(1, sizeof *group + key.size);
  if (key.size != 0) memcpy(group->key, key.data, key.size);
  group->key_size = key.size;
  group->next = groups;
  groups = group;
  return group;
}

void gather(void* arg, polycall_call* call, const polycall_testing_GatherRequest* request) {
  counters_add(request->key, kStarted);
  Waiting* waiting = malloc(sizeof *waiting);
  Waiting* complete = NULL;
  pthread_mutex_lock(&mutex);
  Group* group = find_or_add(request->key);
  *waiting = (Waiting){group->waiting, call, request->number};
  group->waiting = waiting;
  if (++group->count == request->count) {
    complete = group->waiting;
    group->waiting = NULL;
    group->count = 0;
  }
  pthread_mutex_unlock(&mutex);
  finish(complete, NULL);
}

void gather_end(void) {
  pthread_mutex_lock(&mutex);
  Group* ended = groups;
  groups = NULL;
  pthread_mutex_unlock(&mutex);
  polycall_status status = POLYCALL_STATUS_INIT;
  polycall_status_set(&status, POLYCALL_CANCELLED, "the server stops", NULL, 0);
  while (ended != NULL) {
    Group* next = ended->next;
    finish(ended->waiting, &status);
    free(ended);
    ended = next;
  }
  polycall_status_clear(&status);
}
