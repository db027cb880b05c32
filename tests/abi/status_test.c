/* Status: what it copies, what it frees, what its codes are called. No transport. */
#include "check.h"

static void a_status_copies_what_it_is_given(void) {
  char text[] = "the disk is full";
  unsigned char details[] = {8, 8};
  polycall_status status = POLYCALL_STATUS_INIT;
  polycall_status_set(&status, POLYCALL_RESOURCE_EXHAUSTED, text, details, sizeof details);
  memset(text, 'x', sizeof text - 1);
  memset(details, 0, sizeof details);
  CHECK_NUMBER(status.code, POLYCALL_RESOURCE_EXHAUSTED);
  CHECK_TEXT(status.message, "the disk is full");
  CHECK_NUMBER(status.details_size, 2);
  CHECK(status.details != NULL && status.details[0] == 8 && status.details[1] == 8);
  polycall_status_clear(&status);
}

static void a_cleared_status_is_ok_and_empty(void) {
  polycall_status status = POLYCALL_STATUS_INIT;
  polycall_status_set(&status, POLYCALL_NOT_FOUND, "no such file", "d", 1);
  polycall_status_clear(&status);
  CHECK_NUMBER(status.code, POLYCALL_OK);
  CHECK(status.message == NULL && status.details == NULL && status.details_size == 0);
}

static void clearing_null_or_a_cleared_status_does_nothing(void) {
  polycall_status_clear(NULL);
  polycall_status status = POLYCALL_STATUS_INIT;
  polycall_status_clear(&status);
  polycall_status_clear(&status);
  CHECK_NUMBER(status.code, POLYCALL_OK);
}

static void a_status_without_message_and_details_has_none(void) {
  polycall_status status;
  memset(&status, 0xAA, sizeof status); /* set must not look at what was there */
  polycall_status_set(&status, POLYCALL_ABORTED, NULL, NULL, 0);
  CHECK_NUMBER(status.code, POLYCALL_ABORTED);
  CHECK(status.message == NULL || status.message[0] == '\0');
  CHECK(status.details_size == 0);
  polycall_status_clear(&status);
}

static void every_code_has_its_name(void) {
  static const char* const names[] = {"OK",
                                      "CANCELLED",
                                      "UNKNOWN",
                                      "INVALID_ARGUMENT",
                                      "DEADLINE_EXCEEDED",
                                      "NOT_FOUND",
                                      "ALREADY_EXISTS",
                                      "PERMISSION_DENIED",
                                      "RESOURCE_EXHAUSTED",
                                      "FAILED_PRECONDITION",
                                      "ABORTED",
                                      "OUT_OF_RANGE",
                                      "UNIMPLEMENTED",
                                      "INTERNAL",
                                      "UNAVAILABLE",
                                      "DATA_LOSS",
                                      "UNAUTHENTICATED"};
  for (int code = 0; code < (int)COUNT_OF(names); ++code) {
    CHECK_TEXT(polycall_code_name(code), names[code]);
  }
}

static void a_number_that_is_no_code_is_called_unknown(void) {
  CHECK_TEXT(polycall_code_name(17), "UNKNOWN");
  CHECK_TEXT(polycall_code_name(-1), "UNKNOWN");
  CHECK_TEXT(polycall_code_name(INT32_MAX), "UNKNOWN");
}

static const struct test tests[] = {
    {"a status copies what it is given", a_status_copies_what_it_is_given},
    {"a cleared status is OK and empty", a_cleared_status_is_ok_and_empty},
    {"clearing NULL or a cleared status does nothing",
     clearing_null_or_a_cleared_status_does_nothing},
    {"a status without message and details has none",
     a_status_without_message_and_details_has_none},
    {"every code has its name", every_code_has_its_name},
    {"a number that is no code is called UNKNOWN", a_number_that_is_no_code_is_called_unknown},
};

int main(int argc, char** argv) { return run_tests(argc, argv, tests, COUNT_OF(tests)); }
