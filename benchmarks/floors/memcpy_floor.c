#include "floors/memcpy_floor.h"

#include <stdlib.h>
#include <string.h>

typedef struct copying {
  char* buffers[2];
  size_t size;
  unsigned turn;
} copying;

static int copy_once(void* arg) {
  copying* self = arg;
  const unsigned from = self->turn++ & 1;
  memcpy(self->buffers[from ^ 1], self->buffers[from], self->size);
  __asm__ volatile("" ::: "memory");
  return 0;
}

int memcpy_floor_measure(const bench_options* options, bench_result* result) {
  copying self = {{calloc(1, options->payload), calloc(1, options->payload)}, options->payload, 0};
  int failed;
  if (self.buffers[0] == NULL || self.buffers[1] == NULL) return bench_fail("memcpy", "no room");
  failed = bench_measure_latency(options, copy_once, &self, result);
  free(self.buffers[0]);
  free(self.buffers[1]);
  return failed;
}
