/* A latch that threads wait for, at most ten seconds. */
#ifndef TESTS_ABI_EVENT_H_
#define TESTS_ABI_EVENT_H_

#include <pthread.h>
#include <stdbool.h>

struct event {
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  int count;
};

void event_init(struct event* event);
/* Adds one. */
void event_set(struct event* event);
/* Waits until it was set `count` times in all; false after ten seconds. */
bool event_wait_for(struct event* event, int count);
/* Waits until it was set at all. */
bool event_wait(struct event* event);
/* How often it was set. */
int event_count(struct event* event);

/* Sleeps; for tests that give something the time to go wrong. */
void sleep_ms(int milliseconds);

#endif /* TESTS_ABI_EVENT_H_ */
