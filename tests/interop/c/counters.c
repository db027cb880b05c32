// Counters by key: a list, for a process sees few keys.
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "server.h"

typedef struct Entry {
  struct Entry* next;
  int64_t counts[5];
  size_t key_size;
  char key[];
} Entry;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static Entry* entries;  // guarded by mutex

static Entry* find(polycall_string key) {
  for (Entry* entry = entries; entry != NULL; entry = entry->next) {
    if (entry->key_size == key.size && memcmp(entry->key, key.data, key.size) == 0) return entry;
  }
  return NULL;
}

void counters_add(polycall_string key, Counter counter) {
  pthread_mutex_lock(&mutex);
  Entry* entry = find(key);
  if (entry == NULL) {
    entry = calloc(1, sizeof *entry + key.size);
    if (key.size != 0) memcpy(entry->key, key.data, key.size);
    entry->key_size = key.size;
    entry->next = entries;
    entries = entry;
  }
  ++entry->counts[counter];
  pthread_mutex_unlock(&mutex);
}

void counters_read(polycall_string key, polycall_testing_Counters* counters) {
  pthread_mutex_lock(&mutex);
  const Entry* entry = find(key);
  if (entry != NULL) {
    counters->started = entry->counts[kStarted];
    counters->finished = entry->counts[kFinished];
    counters->cancelled = entry->counts[kCancelled];
    counters->sent = entry->counts[kSent];
    counters->received = entry->counts[kReceived];
  }
  pthread_mutex_unlock(&mutex);
}

void counters_free(void) {
  pthread_mutex_lock(&mutex);
  while (entries != NULL) {
    Entry* next = entries->next;
    free(entries);
    entries = next;
  }
  pthread_mutex_unlock(&mutex);
}
