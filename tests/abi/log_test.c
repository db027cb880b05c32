/* The logging hook. */
#include "service.h"

struct lines {
  atomic_int count;
  atomic_int least; /* the lowest level seen */
  void* arg;
};

static void keep_line(void* arg, polycall_log_level level, const char* text) {
  struct lines* lines = arg;
  CHECK(text != NULL);
  atomic_fetch_add(&lines->count, 1);
  if ((int)level < atomic_load(&lines->least)) {
    atomic_store(&lines->least, (int)level);
  }
}

/* Something that the library has reason to log about: a server's whole life with a call. */
static void live(void) {
  struct fixture fixture;
  if (fixture_start(&fixture, NULL, NULL)) {
    polycall_unary unary;
    call_text(&fixture, ECHO, "log", NULL, &unary);
    unary_clear(&unary);
    fixture_end(&fixture);
  }
}

static void lines_go_to_the_hook(void) {
  struct lines lines = {0, POLYCALL_LOG_NONE, NULL};
  polycall_log_set(POLYCALL_LOG_DEBUG, keep_line, &lines);
  live();
  polycall_log_set(POLYCALL_LOG_WARNING, NULL, NULL);
  CHECK(lines.count > 0);
}

static void lines_below_the_level_are_dropped(void) {
  struct lines lines = {0, POLYCALL_LOG_NONE, NULL};
  polycall_log_set(POLYCALL_LOG_ERROR, keep_line, &lines);
  live();
  polycall_log_set(POLYCALL_LOG_WARNING, NULL, NULL);
  CHECK(lines.least >= POLYCALL_LOG_ERROR);
}

static void the_level_none_is_silent(void) {
  struct lines lines = {0, POLYCALL_LOG_NONE, NULL};
  polycall_log_set(POLYCALL_LOG_NONE, keep_line, &lines);
  live();
  polycall_log_set(POLYCALL_LOG_WARNING, NULL, NULL);
  CHECK_NUMBER(lines.count, 0);
}

static const struct test tests[] = {
    {"lines go to the hook", lines_go_to_the_hook},
    {"lines below the level are dropped", lines_below_the_level_are_dropped},
    {"the level NONE is silent", the_level_none_is_silent},
};

int main(int argc, char** argv) { return run_tests(argc, argv, tests, COUNT_OF(tests)); }
