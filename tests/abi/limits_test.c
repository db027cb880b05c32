/* Limits: each ends what exceeds it with an error that names it, and nothing else. */
#include "service.h"

static void names_limit(const polycall_status* status, const char* limit) {
  if (!CHECK(status->message != NULL && strstr(status->message, limit) != NULL)) {
    printf("    the message is \"%s\"\n", status->message ? status->message : "");
  }
}

static void goes_on(struct fixture* fixture) {
  polycall_unary unary;
  CHECK_NUMBER(call_text(fixture, ECHO, "goes on", NULL, &unary), POLYCALL_OK);
  unary_clear(&unary);
}

static polycall_code echo_bytes(struct fixture* fixture, size_t size, polycall_unary* unary) {
  void* bytes = calloc(1, size);
  *unary = (polycall_unary)POLYCALL_UNARY_INIT;
  unary->method = method_of(fixture, ECHO);
  unary->request.data = bytes;
  unary->request.size = size;
  polycall_code code = polycall_unary_call(fixture->channel, unary);
  free(bytes);
  return code;
}

static void a_message_over_the_callers_limit_is_refused(void) {
  polycall_channel_options options = POLYCALL_CHANNEL_OPTIONS_INIT;
  options.limits.max_message_size = 1000;
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, &options));
  polycall_unary unary;
  CHECK_NUMBER(echo_bytes(&fixture, 1000, &unary), POLYCALL_OK);
  unary_clear(&unary);
  CHECK_NUMBER(echo_bytes(&fixture, 1001, &unary), POLYCALL_RESOURCE_EXHAUSTED);
  names_limit(&unary.status, "max_message_size");
  unary_clear(&unary);
  goes_on(&fixture);
  fixture_end(&fixture);
}

static void a_message_over_the_servers_limit_is_refused(void) {
  polycall_server_options options = POLYCALL_SERVER_OPTIONS_INIT;
  options.limits.max_message_size = 1000;
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, &options, NULL));
  polycall_unary unary;
  CHECK_NUMBER(echo_bytes(&fixture, 100000, &unary), POLYCALL_RESOURCE_EXHAUSTED);
  names_limit(&unary.status, "max_message_size");
  unary_clear(&unary);
  goes_on(&fixture);
  polycall_call* call = start(&fixture, CHAT, 0);
  char big[5000];
  memset(big, 'x', sizeof big);
  polycall_message message = POLYCALL_MESSAGE_INIT;
  message.data = big;
  message.size = sizeof big;
  polycall_call_send(call, &message, POLYCALL_SEND_HALF_CLOSE, NULL);
  CHECK_NUMBER(polycall_call_wait(call, NULL, NULL), POLYCALL_RESOURCE_EXHAUSTED);
  polycall_call_release(call);
  goes_on(&fixture);
  fixture_end(&fixture);
}

static void the_default_limit_of_a_message_is_sixteen_mebibytes(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  polycall_unary unary;
  CHECK_NUMBER(echo_bytes(&fixture, (16 << 20) + 1, &unary), POLYCALL_RESOURCE_EXHAUSTED);
  unary_clear(&unary);
  CHECK_NUMBER(echo_bytes(&fixture, 16 << 20, &unary), POLYCALL_OK);
  unary_clear(&unary);
  fixture_end(&fixture);
}

struct waiting {
  struct event done;
  int32_t code;
};

static void call_done(void* arg, polycall_unary* unary) {
  struct waiting* waiting = arg;
  waiting->code = unary->status.code;
  event_set(&waiting->done);
}

static void start_block(struct fixture* fixture, struct waiting* waiting) {
  event_init(&waiting->done);
  waiting->code = -1;
  polycall_unary unary = POLYCALL_UNARY_INIT;
  unary.method = method_of(fixture, BLOCK);
  polycall_unary_call_async(fixture->channel, &unary, call_done, waiting, NULL);
}

static void calls_beyond_the_connections_limit_wait_their_turn(void) {
  if (strcmp(transport(), "inproc") == 0) {
    return; /* there is no connection whose calls would be numbered */
  }
  polycall_channel_options options = POLYCALL_CHANNEL_OPTIONS_INIT;
  options.limits.max_calls_per_connection = 4;
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, &options));
  struct waiting calls[12];
  for (size_t i = 0; i < COUNT_OF(calls); ++i) {
    start_block(&fixture, &calls[i]);
  }
  CHECK(event_wait_for(&fixture.service.entered, 4));
  sleep_ms(50);
  CHECK_NUMBER(event_count(&fixture.service.entered), 4);
  event_set(&fixture.service.gate);
  for (size_t i = 0; i < COUNT_OF(calls); ++i) {
    CHECK(event_wait(&calls[i].done));
    CHECK_NUMBER(calls[i].code, POLYCALL_OK);
  }
  fixture_end(&fixture);
}

static void calls_beyond_the_pending_limit_are_refused(void) {
  if (strcmp(transport(), "inproc") == 0) {
    return;
  }
  polycall_channel_options options = POLYCALL_CHANNEL_OPTIONS_INIT;
  options.limits.max_calls_per_connection = 2;
  options.limits.max_pending_calls = 3;
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, &options));
  goes_on(&fixture); /* connected */
  struct waiting calls[6];
  for (size_t i = 0; i < COUNT_OF(calls); ++i) {
    start_block(&fixture, &calls[i]);
    if (i < 2) {
      CHECK(event_wait_for(&fixture.service.entered, (int)i + 1));
    }
  }
  CHECK(event_wait(&calls[5].done)); /* two run, three wait, the sixth is one too many */
  CHECK_NUMBER(calls[5].code, POLYCALL_RESOURCE_EXHAUSTED);
  event_set(&fixture.service.gate);
  for (size_t i = 0; i < 5; ++i) {
    CHECK(event_wait(&calls[i].done));
    CHECK_NUMBER(calls[i].code, POLYCALL_OK);
  }
  fixture_end(&fixture);
}

static void connections_beyond_the_servers_limit_are_closed(void) {
  if (strcmp(transport(), "inproc") == 0) {
    return;
  }
  polycall_server_options options = POLYCALL_SERVER_OPTIONS_INIT;
  options.limits.max_connections = 1;
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, &options, NULL));
  goes_on(&fixture);
  polycall_channel_options second_options = POLYCALL_CHANNEL_OPTIONS_INIT;
  second_options.max_attempts = 1;
  polycall_channel* second = polycall_channel_new(fixture.address, &second_options, NULL);
  REQUIRE(second != NULL);
  polycall_status status = POLYCALL_STATUS_INIT;
  CHECK(polycall_channel_wait_ready(second, 300 * MILLISECOND, &status) != POLYCALL_OK);
  polycall_status_clear(&status);
  polycall_channel_free(second);
  goes_on(&fixture);
  fixture_end(&fixture);
}

static void an_idle_connection_is_drained_and_the_next_call_connects_again(void) {
  if (strcmp(transport(), "inproc") == 0) {
    return;
  }
  polycall_server_options options = POLYCALL_SERVER_OPTIONS_INIT;
  options.limits.idle_timeout_ns = 100 * MILLISECOND;
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, &options, NULL));
  goes_on(&fixture);
  polycall_server_stats stats = POLYCALL_SERVER_STATS_INIT;
  for (int i = 0; i < 200; ++i) {
    polycall_server_get_stats(fixture.server, &stats);
    if (stats.connections_open == 0) {
      break;
    }
    sleep_ms(20);
  }
  CHECK_NUMBER(stats.connections_open, 0);
  goes_on(&fixture);
  fixture_end(&fixture);
}

static const struct test tests[] = {
    {"a message over the caller's limit is refused", a_message_over_the_callers_limit_is_refused},
    {"a message over the server's limit is refused", a_message_over_the_servers_limit_is_refused},
    {"the default limit of a message is 16 MiB",
     the_default_limit_of_a_message_is_sixteen_mebibytes},
    {"calls beyond the connection's limit wait their turn",
     calls_beyond_the_connections_limit_wait_their_turn},
    {"calls beyond the pending limit are refused", calls_beyond_the_pending_limit_are_refused},
    {"connections beyond the server's limit are closed",
     connections_beyond_the_servers_limit_are_closed},
    {"an idle connection is drained and the next call connects again",
     an_idle_connection_is_drained_and_the_next_call_connects_again},
};

int main(int argc, char** argv) { return run_tests(argc, argv, tests, COUNT_OF(tests)); }
