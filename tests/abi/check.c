#define _GNU_SOURCE
#include "check.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

static const char* chosen_transport = "inproc";
static const char* running_test = "";
static atomic_int failures_of_test;

const char* transport(void) { return chosen_transport; }

bool check_that(bool good, const char* what, const char* file, int line) {
  if (!good) {
    atomic_fetch_add(&failures_of_test, 1);
    printf("    %s:%d: not so: %s\n", file, line, what);
    fflush(stdout);
  }
  return good;
}

bool check_text(const char* got, const char* wanted, const char* file, int line) {
  bool good = got != NULL && strcmp(got, wanted) == 0;
  if (!good) {
    atomic_fetch_add(&failures_of_test, 1);
    printf("    %s:%d: got \"%s\", wanted \"%s\"\n", file, line, got ? got : "(NULL)", wanted);
    fflush(stdout);
  }
  return good;
}

bool check_number(long long got, long long wanted, const char* what, const char* file, int line) {
  if (got != wanted) {
    atomic_fetch_add(&failures_of_test, 1);
    printf("    %s:%d: %s is %lld, wanted %lld\n", file, line, what, got, wanted);
    fflush(stdout);
  }
  return got == wanted;
}

bool check_status(const polycall_status* status, polycall_code code, const char* file, int line) {
  if (status->code != (int32_t)code) {
    atomic_fetch_add(&failures_of_test, 1);
    printf("    %s:%d: status %s (%s), wanted %s\n", file, line, polycall_code_name(status->code),
           status->message ? status->message : "", polycall_code_name(code));
    fflush(stdout);
    return false;
  }
  return true;
}

static void too_long(int signal_number) {
  static const char text[] =
      "    this test did not end within its minute; the program stops:\n    ";
  (void)signal_number;
  if (write(1, text, sizeof text - 1) < 0 || write(1, running_test, strlen(running_test)) < 0 ||
      write(1, "\n", 1) < 0) {
    _exit(3);
  }
  abort(); /* leaves a stack for whoever looks */
}

int run_tests(int argc, char** argv, const struct test* tests, size_t count) {
  const char* part = NULL;
  for (int i = 1; i < argc; ++i) {
    if (strcmp(argv[i], "--transport") == 0 && i + 1 < argc) {
      chosen_transport = argv[++i];
    } else {
      part = argv[i];
    }
  }
  signal(SIGALRM, too_long);
  signal(SIGPIPE, SIG_DFL); /* the library must not depend on its user's handling */
  int passed = 0;
  int failed = 0;
  for (size_t i = 0; i < count; ++i) {
    if (part != NULL && strstr(tests[i].sentence, part) == NULL) {
      continue;
    }
    running_test = tests[i].sentence;
    atomic_store(&failures_of_test, 0);
    printf("... %s\n", running_test);
    fflush(stdout);
    alarm(60);
    tests[i].run();
    alarm(0);
    if (atomic_load(&failures_of_test) == 0) {
      ++passed;
    } else {
      ++failed;
      printf("FAILED: %s\n", running_test);
    }
  }
  printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 && passed > 0 ? 0 : 1;
}
