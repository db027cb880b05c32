/* The few helpers of the C tests: named tests, checks that name what failed, bounded waits.
 *
 * A program lists its tests and calls run_tests from main. `program [--transport T] [TEXT]` runs those
 * whose sentence holds TEXT; tests ask `transport()` for the transport they are to use. Each test has
 * a minute, after which the program says its name and ends. The last line is "N passed, N failed".
 */
#ifndef TESTS_ABI_CHECK_H_
#define TESTS_ABI_CHECK_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "polycall/polycall.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

struct test {
  const char* sentence;
  void (*run)(void);
};

int run_tests(int argc, char** argv, const struct test* tests, size_t count);

/* "inproc", "unix" or "tcp". */
const char* transport(void);

/* Records a failure of the running test and goes on. Returns `good`. Any thread. */
bool check_that(bool good, const char* what, const char* file, int line);
bool check_text(const char* got, const char* wanted, const char* file, int line);
bool check_number(long long got, long long wanted, const char* what, const char* file, int line);
/* The status is of `code`, else a failure that tells what it was. */
bool check_status(const polycall_status* status, polycall_code code, const char* file, int line);

#define CHECK(condition) check_that((condition), #condition, __FILE__, __LINE__)
#define CHECK_TEXT(got, wanted) check_text((got), (wanted), __FILE__, __LINE__)
#define CHECK_NUMBER(got, wanted) \
  check_number((long long)(got), (long long)(wanted), #got, __FILE__, __LINE__)
#define CHECK_STATUS(status, code) check_status((status), (code), __FILE__, __LINE__)
/* For what the rest of the test cannot do without: returns from the (void) test. */
#define REQUIRE(condition)         \
  do {                             \
    if (!CHECK(condition)) return; \
  } while (0)

#endif /* TESTS_ABI_CHECK_H_ */
