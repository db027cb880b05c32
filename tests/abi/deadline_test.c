/* Deadlines: they end a call, reach the handler as time left, and bound the calls that it makes. */
#include <inttypes.h>

#include "service.h"

static void a_call_ends_at_its_deadline(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  polycall_call_options options = POLYCALL_CALL_OPTIONS_INIT;
  options.timeout_ns = 1000 * MILLISECOND;
  polycall_unary unary;
  CHECK_NUMBER(call_text(&fixture, WAIT, "", &options, &unary), POLYCALL_DEADLINE_EXCEEDED);
  unary_clear(&unary);
  CHECK(event_wait(&fixture.service.heard)); /* the handler heard of it */
  fixture_end(&fixture);
}

static void keep_code(void* arg, polycall_unary* unary) {
  struct service* result = arg;
  atomic_store(&result->calls, unary->status.code);
  event_set(&result->heard);
}

static void a_callback_call_ends_at_its_deadline(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  struct service result;
  service_init(&result);
  polycall_call_options options = POLYCALL_CALL_OPTIONS_INIT;
  options.timeout_ns = 1000 * MILLISECOND;
  polycall_unary unary = POLYCALL_UNARY_INIT;
  unary.method = method_of(&fixture, WAIT);
  unary.options = &options;
  polycall_unary_call_async(fixture.channel, &unary, keep_code, &result, NULL);
  CHECK(event_wait(&result.heard));
  CHECK_NUMBER(result.calls, POLYCALL_DEADLINE_EXCEEDED);
  CHECK(event_wait(&fixture.service.heard));
  fixture_end(&fixture);
}

static void a_deadline_that_is_over_starts_no_handler(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  polycall_call_options options = POLYCALL_CALL_OPTIONS_INIT;
  options.timeout_ns = -1;
  polycall_unary unary;
  CHECK_NUMBER(call_text(&fixture, ECHO, "", &options, &unary), POLYCALL_DEADLINE_EXCEEDED);
  unary_clear(&unary);
  CHECK_NUMBER(fixture.service.calls, 0);
  fixture_end(&fixture);
}

/* What Describe said after "left ". */
static int64_t time_left_in(const polycall_message* message) {
  char text[256] = "";
  memcpy(text, message->data, message->size < sizeof text ? message->size : sizeof text - 1);
  const char* left = strstr(text, " left ");
  return left ? strtoll(left + 6, NULL, 10) : -2;
}

static void a_handler_sees_the_time_left(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  polycall_call_options options = POLYCALL_CALL_OPTIONS_INIT;
  options.timeout_ns = 30 * SECOND;
  polycall_unary unary;
  CHECK_NUMBER(call_text(&fixture, DESCRIBE, "", &options, &unary), POLYCALL_OK);
  int64_t left = time_left_in(&unary.response);
  CHECK(left > 0 && left <= 30000);
  unary_clear(&unary);
  options.timeout_ns = 7 * 24 * 3600 * SECOND; /* does not fit the short form of the wire */
  CHECK_NUMBER(call_text(&fixture, DESCRIBE, "", &options, &unary), POLYCALL_OK);
  left = time_left_in(&unary.response);
  CHECK(left > 6 * 24 * 3600 * INT64_C(1000) && left <= 7 * 24 * 3600 * INT64_C(1000));
  unary_clear(&unary);
  fixture_end(&fixture);
}

static void a_method_has_its_default_timeout(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  polycall_method_descriptor method = test_service.methods[DESCRIBE];
  method.default_timeout_ns = 20 * SECOND;
  polycall_unary unary = POLYCALL_UNARY_INIT;
  unary.method = polycall_channel_method(fixture.channel, test_service.name, &method);
  CHECK_NUMBER(polycall_unary_call(fixture.channel, &unary), POLYCALL_OK);
  int64_t left = time_left_in(&unary.response);
  CHECK(left > 0 && left <= 20000);
  unary_clear(&unary);
  fixture_end(&fixture);
}

static bool start_onward(struct fixture* front, struct fixture* back) {
  if (!fixture_start(back, NULL, NULL)) {
    return false;
  }
  if (!fixture_start(front, NULL, NULL)) {
    fixture_end(back);
    return false;
  }
  front->service.onward = back->channel;
  return true;
}

static void a_handlers_own_calls_inherit_its_deadline(void) {
  struct fixture front;
  struct fixture back;
  REQUIRE(start_onward(&front, &back));
  polycall_call_options options = POLYCALL_CALL_OPTIONS_INIT;
  options.timeout_ns = 30 * SECOND;
  polycall_unary unary;
  CHECK_NUMBER(call_text(&front, ONWARD, "Describe", &options, &unary), POLYCALL_OK);
  int64_t left = time_left_in(&unary.response);
  CHECK(left > 0 && left <= 30000);
  unary_clear(&unary);
  fixture_end(&front);
  fixture_end(&back);
}

static void the_deadline_of_a_chain_ends_its_last_handler(void) {
  struct fixture front;
  struct fixture back;
  REQUIRE(start_onward(&front, &back));
  polycall_call_options options = POLYCALL_CALL_OPTIONS_INIT;
  options.timeout_ns = 1500 * MILLISECOND;
  polycall_unary unary;
  CHECK_NUMBER(call_text(&front, ONWARD, "Wait", &options, &unary), POLYCALL_DEADLINE_EXCEEDED);
  unary_clear(&unary);
  if (event_count(&back.service.entered) > 0) { /* on a busy machine it may never have begun */
    CHECK(event_wait(&back.service.heard));
  }
  fixture_end(&front);
  fixture_end(&back);
}

static void a_stream_ends_at_its_deadline(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  polycall_call* call = start(&fixture, CHAT, 150 * MILLISECOND);
  polycall_message message = POLYCALL_MESSAGE_INIT;
  CHECK(polycall_call_time_left(call) <= 150 * MILLISECOND);
  CHECK(polycall_call_receive(call, &message) == 0); /* nobody sends; the deadline ends the wait */
  CHECK_NUMBER(polycall_call_wait(call, NULL, NULL), POLYCALL_DEADLINE_EXCEEDED);
  CHECK(event_wait(&fixture.service.heard));
  CHECK_NUMBER(polycall_call_time_left(call), 0);
  polycall_call_release(call);
  fixture_end(&fixture);
}

static const struct test tests[] = {
    {"a call ends at its deadline", a_call_ends_at_its_deadline},
    {"a callback call ends at its deadline", a_callback_call_ends_at_its_deadline},
    {"a deadline that is over starts no handler", a_deadline_that_is_over_starts_no_handler},
    {"a handler sees the time left", a_handler_sees_the_time_left},
    {"a method has its default timeout", a_method_has_its_default_timeout},
    {"a handler's own calls inherit its deadline", a_handlers_own_calls_inherit_its_deadline},
    {"the deadline of a chain ends its last handler",
     the_deadline_of_a_chain_ends_its_last_handler},
    {"a stream ends at its deadline", a_stream_ends_at_its_deadline},
};

int main(int argc, char** argv) { return run_tests(argc, argv, tests, COUNT_OF(tests)); }
