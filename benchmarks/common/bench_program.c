#include "bench_program.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SERVER_LIFE_SECONDS 1200
#define CLIENT_LIFE_SECONDS 30

static const char kUsage[] =
    "usage: %s server|client|run|info [options]\n"
    "  --target T        unix:/path, tcp://127.0.0.1:port or inproc:name\n"
    "  --bench B         latency, inflight, stream, chat, inproc, first, idle (default latency)\n"
    "  --payload N       bytes of payload (default 32)\n"
    "  --depth N         calls in flight of inflight (default 64)\n"
    "  --seconds S       measured time (default 1)\n"
    "  --max-calls N     end of the load even when time is left (default 100000000)\n"
    "  --stream-count N  messages of one server stream (default 20000)\n"
    "  --connections N   idle connections to open (default 1000)\n"
    "  --pin CORE        pin to this core\n"
    "  --placement P     run: cross (a core each) or same (one core)\n"
    "  --server-pid PID  count this process's CPU time in\n"
    "  --variant V       the program's own choice\n";

static bench_options default_options(void) {
  bench_options options;
  memset(&options, 0, sizeof(options));
  options.bench = "latency";
  options.variant = "";
  options.payload = 32;
  options.depth = 64;
  options.seconds = 1;
  options.max_calls = 100000000;
  options.stream_count = 20000;
  options.connections = 1000;
  options.pin = -1;
  return options;
}

static int usage(const char* program) {
  fprintf(stderr, kUsage, program);
  return 2;
}

/* Fills `options` from argv[2...]. `placement` receives --placement. Zero: fine. */
static int parse(int argc, char** argv, bench_options* options, const char** placement) {
  static const struct option kOptions[] = {
      {"target", 1, NULL, 't'},    {"bench", 1, NULL, 'b'},       {"payload", 1, NULL, 'p'},
      {"depth", 1, NULL, 'd'},     {"seconds", 1, NULL, 's'},     {"max-calls", 1, NULL, 'm'},
      {"pin", 1, NULL, 'c'},       {"connections", 1, NULL, 'n'}, {"stream-count", 1, NULL, 'k'},
      {"placement", 1, NULL, 'P'}, {"server-pid", 1, NULL, 'S'},  {"variant", 1, NULL, 'v'},
      {NULL, 0, NULL, 0}};
  int letter;
  optind = 2;
  while ((letter = getopt_long(argc, argv, "", kOptions, NULL)) != -1) {
    switch (letter) {
      case 't':
        options->target = optarg;
        break;
      case 'b':
        options->bench = optarg;
        break;
      case 'p':
        options->payload = strtoull(optarg, NULL, 10);
        break;
      case 'd':
        options->depth = (uint32_t)strtoul(optarg, NULL, 10);
        break;
      case 's':
        options->seconds = strtod(optarg, NULL);
        break;
      case 'm':
        options->max_calls = strtoull(optarg, NULL, 10);
        break;
      case 'k':
        options->stream_count = (uint32_t)strtoul(optarg, NULL, 10);
        break;
      case 'n':
        options->connections = (uint32_t)strtoul(optarg, NULL, 10);
        break;
      case 'c':
        options->pin = atoi(optarg);
        break;
      case 'P':
        *placement = optarg;
        break;
      case 'S':
        options->server_pid = atoi(optarg);
        break;
      case 'v':
        options->variant = optarg;
        break;
      default:
        return usage(argv[0]);
    }
  }
  if (optind != argc || options->depth == 0 || options->depth > 4096 || options->seconds <= 0 ||
      options->seconds > 600 || options->stream_count == 0) {
    return usage(argv[0]);
  }
  return 0;
}

static int print_info(const bench_program* program) {
#ifdef NDEBUG
  const int asserts = 0;
#else
  const int asserts = 1;
#endif
#ifdef __OPTIMIZE__
  const int optimised = 1;
#else
  const int optimised = 0;
#endif
  printf(
      "{\"peer\":\"%s\",\"language\":\"%s\",\"build_type\":\"%s\",\"compiler\":\"%s\","
      "\"asserts\":%s,\"optimised\":%s}\n",
      program->peer, program->language, BENCH_BUILD_TYPE, __VERSION__, asserts ? "true" : "false",
      optimised ? "true" : "false");
  return 0;
}

static int refuse_debug_build(void) {
#if !defined(NDEBUG) || !defined(__OPTIMIZE__)
  fprintf(stderr,
          "this is a debug build (CMAKE_BUILD_TYPE=%s): its figures would mislead.\n"
          "Configure with -DCMAKE_BUILD_TYPE=Release, or use script/bench.\n",
          BENCH_BUILD_TYPE);
  return 3;
#else
  return 0;
#endif
}

int bench_fail(const char* what, const char* why) {
  fprintf(stderr, "%s: %s\n", what, why);
  return 1;
}

static void print_result(const bench_program* program, const bench_options* options,
                         const bench_result* result) {
  printf(
      "{\"peer\":\"%s\",\"language\":\"%s\",\"bench\":\"%s\",\"payload\":%zu,\"calls\":%llu,"
      "\"p50_ns\":%.1f,\"p99_ns\":%.1f,\"wall_ns\":%llu,\"client_cpu_ns\":%llu,"
      "\"server_cpu_ns\":%llu}\n",
      program->peer, program->language, options->bench, options->payload,
      (unsigned long long)result->calls, result->p50_ns, result->p99_ns,
      (unsigned long long)result->span.wall_ns, (unsigned long long)result->span.client_cpu_ns,
      (unsigned long long)result->span.server_cpu_ns);
}

static int client(const bench_program* program, const bench_options* options) {
  bench_result result;
  int failed;
  memset(&result, 0, sizeof(result));
  bench_pin(options->pin);
  /* A load that hangs ends here: no measurement outlives its bound. */
  alarm(CLIENT_LIFE_SECONDS + 4 * (unsigned)options->seconds);
  failed = program->measure(options, &result);
  /* `first` is timed from outside: what it prints would be timed too. */
  if (!failed && strcmp(options->bench, "first") != 0) print_result(program, options, &result);
  return failed;
}

/* ---- server ---------------------------------------------------------------------------------- */

void bench_server_ready(const char* address) {
  printf("READY %s\n", address);
  fflush(stdout);
}

void bench_server_wait(void) {
  sigset_t signals;
  struct timespec life = {SERVER_LIFE_SECONDS, 0};
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  /* A tracer that attaches interrupts it. */
  while (sigtimedwait(&signals, NULL, &life) < 0 && errno == EINTR) {
  }
}

static int server(const bench_program* program, const bench_options* options) {
  sigset_t signals;
  /* Before any thread exists, so that all inherit it and only bench_server_wait takes them. */
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigprocmask(SIG_BLOCK, &signals, NULL);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  bench_pin(options->pin);
  return program->serve(options);
}

/* ---- both, by hand --------------------------------------------------------------------------- */

static void print_for_people(const bench_options* options, const bench_result* result,
                             const char* placement) {
  double calls = result->calls > 0 ? (double)result->calls : 1;
  printf("%s %s %s payload %zu: ", options->bench, options->target, placement, options->payload);
  if (result->p50_ns > 0) {
    printf("p50 %.2f us, p99 %.2f us, ", result->p50_ns / 1e3, result->p99_ns / 1e3);
  }
  printf("%.0f calls/s, CPU per call: client %.2f us, server %.2f us\n",
         calls * 1e9 / (double)result->span.wall_ns,
         (double)result->span.client_cpu_ns / calls / 1e3,
         (double)result->span.server_cpu_ns / calls / 1e3);
}

static int run(const bench_program* program, bench_options* options, const char* placement,
               char** argv) {
  int same = strcmp(placement, "same") == 0;
  int out[2];
  char line[512];
  bench_result result;
  int failed;
  FILE* ready;
  pid_t pid;
  memset(&result, 0, sizeof(result));
  if (pipe(out) != 0) return bench_fail("pipe", "failed");
  pid = fork();
  if (pid == 0) {
    dup2(out[1], STDOUT_FILENO);
    close(out[0]);
    close(out[1]);
    options->pin = same ? 0 : 1;
    exit(server(program, options));
  }
  close(out[1]);
  ready = fdopen(out[0], "r");
  if (fgets(line, sizeof(line), ready) == NULL || strncmp(line, "READY ", 6) != 0) {
    kill(pid, SIGTERM);
    return bench_fail(argv[0], "the server did not start");
  }
  line[strcspn(line, "\n")] = 0;
  options->target = line + 6;
  options->server_pid = pid;
  bench_pin(0);
  alarm(CLIENT_LIFE_SECONDS + 4 * (unsigned)options->seconds); /* the server ends with its parent */
  failed = program->measure(options, &result);
  if (!failed) print_for_people(options, &result, placement);
  kill(pid, SIGTERM);
  waitpid(pid, NULL, 0);
  fclose(ready);
  return failed;
}

int bench_main(int argc, char** argv, const bench_program* program) {
  bench_options options = default_options();
  const char* placement = "same";
  const char* command = argc > 1 ? argv[1] : "";
  signal(SIGPIPE, SIG_IGN);
  if (strcmp(command, "info") == 0) return print_info(program);
  if (parse(argc, argv, &options, &placement) != 0) return 2;
  if (refuse_debug_build() != 0) return 3;
  if (strcmp(placement, "same") != 0 && strcmp(placement, "cross") != 0) return usage(argv[0]);
  bench_raise_file_limit();
  if (strcmp(options.bench, "inproc") == 0) {
    if (strcmp(command, "run") == 0 || strcmp(command, "client") == 0) {
      return client(program, &options);
    }
    return usage(argv[0]);
  }
  if (options.target == NULL) return usage(argv[0]);
  if (strcmp(command, "server") == 0) return server(program, &options);
  if (strcmp(command, "client") == 0) return client(program, &options);
  if (strcmp(command, "run") == 0) return run(program, &options, placement, argv);
  return usage(argv[0]);
}
