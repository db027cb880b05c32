/* The time from nothing to the first completed call of a service that runs:
 *
 *   hot_wire TARGET ROUNDS [BEFORE]
 *
 * Each round makes a channel, calls once (a built-in method, for any service has it) and ends the
 * channel. BEFORE is a target that is called once unmeasured, so that this process's own start is no
 * part of a single round. Prints one JSON object. */
#define _POSIX_C_SOURCE 200809L

#include <polycall/polycall.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int compare(const void* a, const void* b) {
  const int64_t x = *(const int64_t*)a, y = *(const int64_t*)b;
  return (x > y) - (x < y);
}

/* Nanoseconds; negative: failed, and said why. */
static int64_t round_ns(const char* target) {
  const int64_t begin = now_ns();
  polycall_status status = POLYCALL_STATUS_INIT;
  polycall_channel* const channel = polycall_channel_new(target, NULL, &status);
  if (channel == NULL) {
    fprintf(stderr, "hot_wire: %s\n", status.message);
    polycall_status_clear(&status);
    return -1;
  }
  polycall_method_descriptor method = {0};
  method.struct_size = sizeof method;
  method.name = "GetStats";
  method.kind = POLYCALL_UNARY;
  polycall_call_options options = POLYCALL_CALL_OPTIONS_INIT;
  options.timeout_ns = INT64_C(30000000000);
  polycall_unary unary = POLYCALL_UNARY_INIT;
  unary.method = polycall_channel_method(channel, "polycall.v1.Description", &method);
  unary.options = &options;
  polycall_unary_call(channel, &unary);
  int64_t took = now_ns() - begin;
  if (unary.status.code != POLYCALL_OK) {
    fprintf(stderr, "hot_wire: %s: %s\n", polycall_code_name(unary.status.code),
            unary.status.message == NULL ? "" : unary.status.message);
    took = -1;
  }
  polycall_status_clear(&unary.status);
  polycall_message_release(&unary.response);
  polycall_channel_free(channel);
  return took;
}

int main(int argc, char** argv) {
  const long count = argc == 3 || argc == 4 ? strtol(argv[2], NULL, 10) : 0;
  if (count < 1 || count > 100000) {
    fprintf(stderr, "usage: hot_wire TARGET ROUNDS [BEFORE]\n");
    return 2;
  }
  if (argc == 4 && round_ns(argv[3]) < 0) {
    return 1;
  }
  int64_t* const times = malloc((size_t)count * sizeof *times);
  if (times == NULL) {
    return 1;
  }
  for (long i = 0; i < count; ++i) {
    times[i] = round_ns(argv[1]);
    if (times[i] < 0) {
      free(times);
      return 1;
    }
  }
  qsort(times, (size_t)count, sizeof *times, compare);
  printf("{\"p50_ns\": %lld, \"p99_ns\": %lld}\n", (long long)times[count / 2],
         (long long)times[count * 99 / 100]);
  free(times);
  return 0;
}
