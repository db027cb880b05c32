#define _GNU_SOURCE
#include "event.h"

#include <time.h>

void event_init(struct event* event) {
  pthread_mutex_init(&event->mutex, NULL);
  pthread_condattr_t monotonic;
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_cond_init(&event->changed, &monotonic);
  pthread_condattr_destroy(&monotonic);
  event->count = 0;
}

void event_set(struct event* event) {
  pthread_mutex_lock(&event->mutex);
  ++event->count;
  pthread_cond_broadcast(&event->changed);
  pthread_mutex_unlock(&event->mutex);
}

bool event_wait_for(struct event* event, int count) {
  struct timespec end;
  clock_gettime(CLOCK_MONOTONIC, &end);
  end.tv_sec += 10;
  pthread_mutex_lock(&event->mutex);
  int result = 0;
  while (event->count < count && result == 0) {
    result = pthread_cond_timedwait(&event->changed, &event->mutex, &end);
  }
  bool reached = event->count >= count;
  pthread_mutex_unlock(&event->mutex);
  return reached;
}

bool event_wait(struct event* event) { return event_wait_for(event, 1); }

int event_count(struct event* event) {
  pthread_mutex_lock(&event->mutex);
  int count = event->count;
  pthread_mutex_unlock(&event->mutex);
  return count;
}

void sleep_ms(int milliseconds) {
  struct timespec time = {milliseconds / 1000, (milliseconds % 1000) * 1000000L};
  nanosleep(&time, NULL);
}
