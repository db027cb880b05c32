/* What a channel's moves cost its callers:  rewire SECONDS
 *
 * A server in a process of its own listens on a unix socket and on TCP. Callers of one channel call 10,000
 * times a second while the file that names the channel's address says the one and then the other, again
 * and again. Each call carries a number, and the server counts what it saw of each: one that failed, came
 * twice or never came ends the program with 1. Prints one JSON object: the 99th percentile of the calls
 * that began during a move (from the change of the file until 20 ms after the channel is on its new way)
 * and of all others. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <polycall/polycall.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/bench_measure.h"

enum { kThreads = 2, kCallsPerSecond = 10000 };
#define PERIOD_NS (INT64_C(1000000000) * kThreads / kCallsPerSecond)
#define MOVE_EVERY_NS INT64_C(100000000)
#define TAIL_NS INT64_C(20000000)

typedef struct sample {
  uint64_t begin;
  uint64_t took;
} sample;

static const polycall_method_descriptor kMethod = {
    sizeof(polycall_method_descriptor), "Count", POLYCALL_UNARY, 0, 0, NULL, NULL};
static const polycall_service_descriptor kService = {sizeof(polycall_service_descriptor),
                                                     "rewire.v1.Counter",
                                                     &kMethod,
                                                     1,
                                                     sizeof(polycall_method_descriptor),
                                                     NULL,
                                                     0,
                                                     0};

/* In memory where that is to be had: to rename a file on a disk begins to write it out, which takes three
 * times as much of a processor that calls wait for, and is no part of the move. */
static char memory_folder[] = "/dev/shm/polycall-rewire-XXXXXX";
static char disk_folder[] = "/tmp/polycall-rewire-XXXXXX";
static const char* folder;
static size_t count_of_calls;
static atomic_uchar* seen; /* by number; shared with the server's process */
static polycall_channel* channel;
static const polycall_method* method;
static sample* samples; /* by number */
static atomic_int failures;
static uint64_t starts_at;

static const char* path_of(char* out, size_t size, const char* name) {
  snprintf(out, size, "%s/%s", folder, name);
  return out;
}

static int fail(const char* what, polycall_status* status) {
  fprintf(stderr, "rewire: %s: %s\n", what, status->message != NULL ? status->message : "");
  polycall_status_clear(status);
  return 1;
}

static void count(void* arg, polycall_call* call, const polycall_message* request) {
  uint64_t number = 0;
  if (request->size == sizeof number) {
    memcpy(&number, request->data, sizeof number);
    if (number < count_of_calls) atomic_fetch_add(&seen[number], 1);
  }
  polycall_call_finish(call, NULL, request);
}

/* The server's process: tells its TCP address, then serves until its input ends. */
static int serve(int ready, int input) {
  static const char* const kSockets[] = {"unix", "tcp", NULL};
  char path[128], target[160], address[256];
  polycall_status status = POLYCALL_STATUS_INIT;
  polycall_server_options options = POLYCALL_SERVER_OPTIONS_INIT;
  options.transports = kSockets;
  polycall_handler handler = POLYCALL_HANDLER_INIT;
  handler.fn = count;
  polycall_server* server = polycall_server_new(&options, &status);
  if (server == NULL) return fail("server_new", &status);
  snprintf(target, sizeof target, "unix:%s", path_of(path, sizeof path, "socket"));
  if (polycall_server_add_service(server, &kService, &handler, sizeof handler, NULL, NULL,
                                  &status) != POLYCALL_OK ||
      polycall_server_listen(server, target, NULL, 0, &status) != POLYCALL_OK ||
      polycall_server_listen(server, "tcp://127.0.0.1:0", address, sizeof address, &status) !=
          POLYCALL_OK ||
      polycall_server_start(server, &status) != POLYCALL_OK) {
    return fail("the server", &status);
  }
  if (write(ready, address, sizeof address) != sizeof address) return 1;
  char end;
  while (read(input, &end, 1) > 0) {
  }
  polycall_server_shutdown(server, 0);
  polycall_server_free(server);
  return 0;
}

static int name_address(const char* address) {
  char now[128], next[128];
  FILE* file = fopen(path_of(next, sizeof next, "addresses.new"), "w");
  if (file == NULL) return 1;
  fprintf(file, "%s\n", address);
  if (fclose(file) != 0) return 1;
  return rename(next, path_of(now, sizeof now, "addresses"));
}

static void sleep_until(uint64_t when) {
  const struct timespec at = {(time_t)(when / 1000000000), (long)(when % 1000000000)};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) != 0) {
  }
}

static void call_number(uint64_t number, uint64_t begin) {
  polycall_call_options options = POLYCALL_CALL_OPTIONS_INIT;
  options.timeout_ns = INT64_C(30000000000);
  polycall_unary unary = POLYCALL_UNARY_INIT;
  unary.method = method;
  unary.options = &options;
  unary.request.data = &number;
  unary.request.size = sizeof number;
  polycall_unary_call(channel, &unary);
  samples[number].begin = begin;
  samples[number].took = bench_now() - begin;
  if (unary.status.code != POLYCALL_OK) {
    atomic_fetch_add(&failures, 1);
    fprintf(stderr, "rewire: call %llu: %s: %s\n", (unsigned long long)number,
            polycall_code_name(unary.status.code),
            unary.status.message != NULL ? unary.status.message : "");
  }
  polycall_status_clear(&unary.status);
  polycall_message_release(&unary.response);
}

/* One of the callers: its calls begin when they are due, or the later ones wait for the earlier. */
static void* run_caller(void* arg) {
  const uint64_t first = (uint64_t)(uintptr_t)arg;
  prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
  for (uint64_t number = first; number < count_of_calls; number += kThreads) {
    const uint64_t due = starts_at + number / kThreads * PERIOD_NS + first * (PERIOD_NS / kThreads);
    uint64_t begin = due; /* late because of the one before: that counts */
    if (bench_now() < due) {
      sleep_until(due);
      begin = bench_now();
    }
    call_number(number, begin);
  }
  return NULL;
}

static int is_on(const char* transport) {
  const char* now = polycall_channel_transport(channel);
  return now != NULL && strcmp(now, transport) == 0;
}

static int compare(const void* a, const void* b) {
  const uint64_t x = *(const uint64_t*)a, y = *(const uint64_t*)b;
  return (x > y) - (x < y);
}

static uint64_t p99(uint64_t* values, size_t size) {
  if (size == 0) return 0;
  qsort(values, size, sizeof *values, compare);
  return values[size * 99 / 100];
}

/* Moves to and fro until the calls are over. */
static size_t move(const char* const addresses[2], sample* moves, size_t capacity, uint64_t end) {
  static const char* const kNames[2] = {"unix", "tcp"};
  size_t made = 0;
  for (uint64_t next = starts_at + MOVE_EVERY_NS; next < end && made < capacity;
       next += MOVE_EVERY_NS) {
    sleep_until(next);
    const size_t to = (made + 1) % 2;
    moves[made].begin = bench_now();
    if (name_address(addresses[to]) != 0) break;
    while (!is_on(kNames[to]) && bench_now() < end) sleep_until(bench_now() + 1000000);
    if (!is_on(kNames[to])) break;
    moves[made].took = bench_now() - moves[made].begin + TAIL_NS;
    ++made;
  }
  return made;
}

static int report(const sample* moves, size_t made) {
  uint64_t* during = calloc(count_of_calls, sizeof *during);
  uint64_t* other = calloc(count_of_calls, sizeof *other);
  if (during == NULL || other == NULL) return 1;
  size_t during_count = 0, other_count = 0, lost = 0, twice = 0;
  for (size_t i = 0; i < count_of_calls; ++i) {
    const unsigned times = atomic_load(&seen[i]);
    lost += times == 0;
    twice += times > 1;
    int moving = 0;
    for (size_t m = 0; m < made; ++m) {
      moving |=
          samples[i].begin >= moves[m].begin && samples[i].begin < moves[m].begin + moves[m].took;
    }
    if (moving) {
      during[during_count++] = samples[i].took;
    } else {
      other[other_count++] = samples[i].took;
    }
  }
  const int failed = atomic_load(&failures);
  printf(
      "{\"calls\": %zu, \"moves\": %zu, \"failed\": %d, \"lost\": %zu, \"twice\": %zu, "
      "\"calls_during_moves\": %zu, \"p99_ns\": %llu, \"moving_p99_ns\": %llu}\n",
      count_of_calls, made, failed, lost, twice, during_count,
      (unsigned long long)p99(other, other_count), (unsigned long long)p99(during, during_count));
  free(during);
  free(other);
  if (made < 2) fprintf(stderr, "rewire: the channel did not move\n");
  return failed != 0 || lost != 0 || twice != 0 || made < 2;
}

static int run(const char* tcp_address, uint64_t seconds) {
  static const char* const kSockets[] = {"unix", "tcp", NULL};
  static sample moves[1024];
  char path[128], unix_address[160], target[160];
  polycall_status status = POLYCALL_STATUS_INIT;
  polycall_channel_options options = POLYCALL_CHANNEL_OPTIONS_INIT;
  options.transports = kSockets;
  snprintf(unix_address, sizeof unix_address, "unix:%s", path_of(path, sizeof path, "socket"));
  snprintf(target, sizeof target, "file://%s", path_of(path, sizeof path, "addresses"));
  if (name_address(unix_address) != 0) return 1;
  channel = polycall_channel_new(target, &options, &status);
  if (channel == NULL) return fail("channel_new", &status);
  if (polycall_channel_wait_ready(channel, INT64_C(30000000000), &status) != POLYCALL_OK) {
    return fail("wait_ready", &status);
  }
  method = polycall_channel_method(channel, kService.name, &kMethod);
  pthread_t threads[kThreads];
  starts_at = bench_now() + 10000000;
  for (uintptr_t i = 0; i < kThreads; ++i) {
    if (pthread_create(&threads[i], NULL, run_caller, (void*)i) != 0) abort();
  }
  const size_t made = move((const char* const[]){unix_address, tcp_address}, moves,
                           sizeof moves / sizeof *moves, starts_at + seconds * 1000000000);
  for (size_t i = 0; i < kThreads; ++i) pthread_join(threads[i], NULL);
  polycall_channel_free(channel);
  return report(moves, made);
}

int main(int argc, char** argv) {
  const long seconds = argc == 2 ? strtol(argv[1], NULL, 10) : 0;
  if (seconds < 1 || seconds > 60) {
    fprintf(stderr, "usage: rewire SECONDS    (1 to 60)\n");
    return 2;
  }
  count_of_calls = (size_t)seconds * kCallsPerSecond;
  seen = mmap(NULL, count_of_calls, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  samples = calloc(count_of_calls, sizeof *samples);
  int ready[2], input[2];
  folder = mkdtemp(memory_folder);
  if (folder == NULL) folder = mkdtemp(disk_folder);
  if (seen == MAP_FAILED || samples == NULL || folder == NULL || pipe(ready) != 0 ||
      pipe(input) != 0) {
    perror("rewire");
    return 1;
  }
  const pid_t server = fork();
  if (server == 0) {
    close(input[1]);
    return serve(ready[1], input[0]);
  }
  close(input[0]);
  close(ready[1]);
  char address[256];
  const int failed = read(ready[0], address, sizeof address) == sizeof address
                         ? run(address, (uint64_t)seconds)
                         : 1;
  close(input[1]);
  waitpid(server, NULL, 0);
  char path[128];
  unlink(path_of(path, sizeof path, "addresses"));
  unlink(path_of(path, sizeof path, "socket"));
  rmdir(folder);
  return failed;
}
