/* A channel's life: connecting, waiting, reconnecting, and what it tells of itself. */
#include "service.h"

static void a_channel_becomes_ready_and_says_over_what(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  CHECK_NUMBER(polycall_channel_get_state(fixture.channel), POLYCALL_CHANNEL_IDLE);
  polycall_status status = POLYCALL_STATUS_INIT;
  polycall_channel_wait_ready(fixture.channel, 5 * SECOND, &status);
  CHECK_STATUS(&status, POLYCALL_OK);
  CHECK_NUMBER(polycall_channel_get_state(fixture.channel), POLYCALL_CHANNEL_READY);
  CHECK_TEXT(polycall_channel_transport(fixture.channel), transport());
  polycall_status_clear(&status);
  fixture_end(&fixture);
}

static void a_ping_is_answered(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  polycall_status status = POLYCALL_STATUS_INIT;
  int64_t round_trip = -1;
  polycall_channel_ping(fixture.channel, 5 * SECOND, &round_trip, &status);
  CHECK_STATUS(&status, POLYCALL_OK);
  CHECK(round_trip >= 0);
  CHECK_NUMBER(polycall_channel_ping(fixture.channel, 5 * SECOND, NULL, NULL), POLYCALL_OK);
  polycall_status_clear(&status);
  fixture_end(&fixture);
}

static void explain_tells_what_was_chosen(void) {
  struct fixture fixture;
  polycall_server_options options = POLYCALL_SERVER_OPTIONS_INIT;
  options.name = "explained";
  REQUIRE(fixture_start(&fixture, &options, NULL));
  CHECK_NUMBER(polycall_channel_wait_ready(fixture.channel, 5 * SECOND, NULL), POLYCALL_OK);
  char* text = polycall_channel_explain(fixture.channel);
  REQUIRE(text != NULL);
  char wanted[64];
  snprintf(wanted, sizeof wanted, "\"transport\":\"%s\"", transport());
  CHECK(text[0] == '{' && text[strlen(text) - 1] == '}');
  CHECK(strstr(text, wanted) != NULL);
  CHECK(strstr(text, fixture.address) != NULL);
  CHECK(strstr(text, "abi.v1.Test") != NULL);
  CHECK(strstr(text, "\"offers\"") != NULL);
  polycall_string_free(text);
  fixture_end(&fixture);
}

/* A target where nobody listens. */
static const char* nobody(void) {
  if (strcmp(transport(), "tcp") == 0) {
    return "tcp://127.0.0.1:1";
  }
  return fresh_target();
}

static const polycall_method* echo_of(polycall_channel* channel) {
  return polycall_channel_method(channel, test_service.name, &test_service.methods[ECHO]);
}

static void a_call_to_nobody_is_unavailable_and_says_whom_it_called(void) {
  char target[128];
  snprintf(target, sizeof target, "%s", nobody());
  polycall_channel* channel = polycall_channel_new(target, NULL, NULL);
  REQUIRE(channel != NULL);
  polycall_unary unary = POLYCALL_UNARY_INIT;
  unary.method = echo_of(channel);
  CHECK_NUMBER(polycall_unary_call(channel, &unary), POLYCALL_UNAVAILABLE);
  const char* name = strchr(target, ':') + 1;
  CHECK(unary.status.message != NULL && strstr(unary.status.message, name) != NULL);
  unary_clear(&unary);
  polycall_status status = POLYCALL_STATUS_INIT;
  CHECK(polycall_channel_wait_ready(channel, 100 * MILLISECOND, &status) != POLYCALL_OK);
  CHECK(status.message != NULL && status.message[0] != '\0');
  polycall_status_clear(&status);
  CHECK(polycall_channel_ping(channel, 100 * MILLISECOND, NULL, NULL) != POLYCALL_OK);
  polycall_channel_free(channel);
}

static void waiting_for_ready_ends_at_the_deadline(void) {
  polycall_channel* channel = polycall_channel_new(nobody(), NULL, NULL);
  REQUIRE(channel != NULL);
  polycall_call_options options = POLYCALL_CALL_OPTIONS_INIT;
  options.timeout_ns = 200 * MILLISECOND;
  options.flags = POLYCALL_CALL_WAIT_FOR_READY;
  polycall_unary unary = POLYCALL_UNARY_INIT;
  unary.method = echo_of(channel);
  unary.options = &options;
  CHECK_NUMBER(polycall_unary_call(channel, &unary), POLYCALL_DEADLINE_EXCEEDED);
  unary_clear(&unary);
  polycall_channel_free(channel);
}

struct late_server {
  char target[128];
  struct service service;
  polycall_server* server;
};

static bool late_server_start(struct late_server* late) {
  service_init(&late->service);
  late->server = polycall_server_new(NULL, NULL);
  polycall_status status = POLYCALL_STATUS_INIT;
  service_add(late->server, &late->service, NULL);
  polycall_server_listen(late->server, late->target, NULL, 0, &status);
  bool good = CHECK_STATUS(&status, POLYCALL_OK);
  polycall_server_start(late->server, &status);
  good = CHECK_STATUS(&status, POLYCALL_OK) && good;
  polycall_status_clear(&status);
  return good;
}

static void* start_late(void* arg) {
  sleep_ms(200);
  late_server_start(arg);
  return NULL;
}

/* A target that a server can take later: for tcp, a port that was free a moment ago. */
static void later_target(char* target, size_t size) {
  polycall_server* server = polycall_server_new(NULL, NULL);
  polycall_server_listen(server, fresh_target(), target, size, NULL);
  polycall_server_free(server);
}

static void a_call_that_waits_for_ready_is_served_when_the_server_comes(void) {
  struct late_server late;
  later_target(late.target, sizeof late.target);
  polycall_channel* channel = polycall_channel_new(late.target, NULL, NULL);
  REQUIRE(channel != NULL);
  pthread_t thread;
  pthread_create(&thread, NULL, start_late, &late);
  polycall_call_options options = POLYCALL_CALL_OPTIONS_INIT;
  options.timeout_ns = 20 * SECOND;
  options.flags = POLYCALL_CALL_WAIT_FOR_READY;
  polycall_unary unary = POLYCALL_UNARY_INIT;
  unary.method = echo_of(channel);
  unary.options = &options;
  unary.request = text_message("patience");
  CHECK_NUMBER(polycall_unary_call(channel, &unary), POLYCALL_OK);
  CHECK(message_is(&unary.response, "patience"));
  unary_clear(&unary);
  pthread_join(thread, NULL);
  polycall_channel_free(channel);
  polycall_server_free(late.server);
}

static void a_channel_reconnects_when_its_server_comes_back(void) {
  struct late_server late;
  later_target(late.target, sizeof late.target);
  REQUIRE(late_server_start(&late));
  polycall_channel* channel = polycall_channel_new(late.target, NULL, NULL);
  REQUIRE(channel != NULL);
  for (int round = 0; round < 3; ++round) {
    polycall_call_options options = POLYCALL_CALL_OPTIONS_INIT;
    options.timeout_ns = 20 * SECOND;
    options.flags = POLYCALL_CALL_WAIT_FOR_READY;
    polycall_unary unary = POLYCALL_UNARY_INIT;
    unary.method = echo_of(channel);
    unary.options = &options;
    unary.request = text_message("again");
    CHECK_NUMBER(polycall_unary_call(channel, &unary), POLYCALL_OK);
    unary_clear(&unary);
    polycall_server_shutdown(late.server, SECOND);
    polycall_server_free(late.server);
    REQUIRE(late_server_start(&late));
  }
  polycall_channel_free(channel);
  polycall_server_free(late.server);
}

static void only_the_transports_that_may_be_used_are_used(void) {
  struct fixture fixture;
  const char* chosen[] = {transport(), NULL};
  polycall_channel_options options = POLYCALL_CHANNEL_OPTIONS_INIT;
  options.transports = chosen;
  REQUIRE(fixture_start(&fixture, NULL, &options));
  CHECK_NUMBER(polycall_channel_wait_ready(fixture.channel, 5 * SECOND, NULL), POLYCALL_OK);
  CHECK_TEXT(polycall_channel_transport(fixture.channel), transport());
  fixture_end(&fixture);
}

static void a_negotiated_target_finds_a_server_of_this_process(void) {
  if (strcmp(transport(), "tcp") != 0) {
    return; /* host:port is a name of tcp listeners */
  }
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  polycall_channel* channel = polycall_channel_new(fixture.address + strlen("tcp://"), NULL, NULL);
  REQUIRE(channel != NULL);
  CHECK_NUMBER(polycall_channel_wait_ready(channel, 5 * SECOND, NULL), POLYCALL_OK);
  CHECK(polycall_channel_transport(channel) != NULL);
  polycall_unary unary = POLYCALL_UNARY_INIT;
  unary.method = echo_of(channel);
  unary.request = text_message("negotiated");
  CHECK_NUMBER(polycall_unary_call(channel, &unary), POLYCALL_OK);
  CHECK(message_is(&unary.response, "negotiated"));
  unary_clear(&unary);
  polycall_channel_free(channel);
  fixture_end(&fixture);
}

static const struct test tests[] = {
    {"a channel becomes ready and says over what", a_channel_becomes_ready_and_says_over_what},
    {"a ping is answered", a_ping_is_answered},
    {"explain tells what was chosen", explain_tells_what_was_chosen},
    {"a call to nobody is UNAVAILABLE and says whom it called",
     a_call_to_nobody_is_unavailable_and_says_whom_it_called},
    {"waiting for ready ends at the deadline", waiting_for_ready_ends_at_the_deadline},
    {"a call that waits for ready is served when the server comes",
     a_call_that_waits_for_ready_is_served_when_the_server_comes},
    {"a channel reconnects when its server comes back",
     a_channel_reconnects_when_its_server_comes_back},
    {"only the transports that may be used are used",
     only_the_transports_that_may_be_used_are_used},
    {"a negotiated target finds a server of this process",
     a_negotiated_target_finds_a_server_of_this_process},
};

int main(int argc, char** argv) { return run_tests(argc, argv, tests, COUNT_OF(tests)); }
