/* What a server says of itself: grpc.health.v1.Health, polycall.v1.Description, its counters. */
#include "service.h"

#define UNARY_METHOD(name, kind) \
  { sizeof(polycall_method_descriptor), name, kind, 0, 0, NULL, NULL }
static const polycall_method_descriptor check_method = UNARY_METHOD("Check", POLYCALL_UNARY);
static const polycall_method_descriptor watch_method =
    UNARY_METHOD("Watch", POLYCALL_SERVER_STREAMING);
static const polycall_method_descriptor get_services = UNARY_METHOD("GetServices", POLYCALL_UNARY);

enum { SERVING = 1, NOT_SERVING = 2, SERVICE_UNKNOWN = 3 };

/* A HealthCheckRequest: field 1, the service's name. */
static polycall_message health_request(const char* service, char* space) {
  size_t length = strlen(service);
  polycall_message message = POLYCALL_MESSAGE_INIT;
  if (length > 0) {
    space[0] = 0x0A;
    space[1] = (char)length;
    memcpy(space + 2, service, length);
    message.size = length + 2;
  }
  message.data = space;
  return message;
}

/* The status in a HealthCheckResponse: field 1. */
static int health_of(const polycall_message* response) {
  const unsigned char* bytes = response->data;
  return response->size == 2 && bytes[0] == 0x08 ? bytes[1] : -1;
}

/* The answer of Check, or minus the status code. */
static int check_health(struct fixture* fixture, const char* service) {
  char space[64];
  polycall_unary unary = POLYCALL_UNARY_INIT;
  unary.method = polycall_channel_method(fixture->channel, "grpc.health.v1.Health", &check_method);
  unary.request = health_request(service, space);
  polycall_unary_call(fixture->channel, &unary);
  int answer = unary.status.code == 0 ? health_of(&unary.response) : -unary.status.code;
  unary_clear(&unary);
  return answer;
}

static void a_started_server_and_its_services_serve(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  CHECK_NUMBER(check_health(&fixture, ""), SERVING);
  CHECK_NUMBER(check_health(&fixture, "abi.v1.Test"), SERVING);
  CHECK_NUMBER(check_health(&fixture, "abi.v1.Nobody"), -POLYCALL_NOT_FOUND);
  fixture_end(&fixture);
}

static void a_service_may_be_said_not_to_serve(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  polycall_server_set_serving(fixture.server, "abi.v1.Test", 0);
  CHECK_NUMBER(check_health(&fixture, "abi.v1.Test"), NOT_SERVING);
  CHECK_NUMBER(check_health(&fixture, ""), SERVING);
  polycall_server_set_serving(fixture.server, "abi.v1.Test", 1);
  polycall_server_set_serving(fixture.server, "", 0);
  CHECK_NUMBER(check_health(&fixture, "abi.v1.Test"), SERVING);
  CHECK_NUMBER(check_health(&fixture, ""), NOT_SERVING);
  fixture_end(&fixture);
}

static void watch_tells_each_change(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  char space[64];
  polycall_message request = health_request("abi.v1.Test", space);
  polycall_call_options options = POLYCALL_CALL_OPTIONS_INIT;
  options.timeout_ns = 20 * SECOND;
  polycall_call* call = polycall_call_start(
      fixture.channel,
      polycall_channel_method(fixture.channel, "grpc.health.v1.Health", &watch_method), &options);
  CHECK_NUMBER(polycall_call_send(call, &request, POLYCALL_SEND_HALF_CLOSE, NULL), POLYCALL_OK);
  polycall_message answer = POLYCALL_MESSAGE_INIT;
  CHECK(polycall_call_receive(call, &answer) == 1);
  CHECK_NUMBER(health_of(&answer), SERVING);
  polycall_message_release(&answer);
  polycall_server_set_serving(fixture.server, "abi.v1.Test", 0);
  CHECK(polycall_call_receive(call, &answer) == 1);
  CHECK_NUMBER(health_of(&answer), NOT_SERVING);
  polycall_message_release(&answer);
  polycall_call_cancel(call, POLYCALL_OK, NULL);
  polycall_call_release(call);
  fixture_end(&fixture);
}

/* Whether `part` occurs in the message's bytes. */
static bool occurs(const polycall_message* message, const void* part, size_t size) {
  const char* bytes = message->data;
  for (size_t i = 0; i + size <= message->size; ++i) {
    if (memcmp(bytes + i, part, size) == 0) {
      return true;
    }
  }
  return false;
}

static void a_server_describes_its_services(void) {
  static const char set[] = "the serialized FileDescriptorSet";
  polycall_service_descriptor service = test_service;
  service.file_descriptor_set = set;
  service.file_descriptor_set_size = sizeof set - 1;
  struct fixture fixture;
  service_init(&fixture.service);
  fixture.server = polycall_server_new(NULL, NULL);
  REQUIRE(fixture.server != NULL);
  polycall_handler handlers[METHOD_COUNT];
  for (int i = 0; i < METHOD_COUNT; ++i) {
    handlers[i] = (polycall_handler)POLYCALL_HANDLER_INIT;
  }
  CHECK_NUMBER(polycall_server_add_service(fixture.server, &service, handlers, sizeof handlers[0],
                                           NULL, NULL, NULL),
               POLYCALL_OK);
  polycall_server_listen(fixture.server, fresh_target(), fixture.address, sizeof fixture.address,
                         NULL);
  polycall_server_start(fixture.server, NULL);
  fixture.channel = polycall_channel_new(fixture.address, NULL, NULL);
  polycall_unary unary = POLYCALL_UNARY_INIT;
  unary.method = polycall_channel_method(fixture.channel, "polycall.v1.Description", &get_services);
  CHECK_NUMBER(polycall_unary_call(fixture.channel, &unary), POLYCALL_OK);
  CHECK(occurs(&unary.response, "abi.v1.Test", 11));
  CHECK(occurs(&unary.response, set, sizeof set - 1));
  const uint64_t fingerprint = 0x1122334455667788u;
  CHECK(occurs(&unary.response, &fingerprint, sizeof fingerprint));
  CHECK(occurs(&unary.response, "grpc.health.v1.Health", 21));
  unary_clear(&unary);
  fixture_end(&fixture);
}

static void a_server_may_keep_its_description_to_itself(void) {
  polycall_server_options options = POLYCALL_SERVER_OPTIONS_INIT;
  options.flags = POLYCALL_SERVER_NO_DESCRIPTION;
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, &options, NULL));
  polycall_unary unary = POLYCALL_UNARY_INIT;
  unary.method = polycall_channel_method(fixture.channel, "polycall.v1.Description", &get_services);
  CHECK_NUMBER(polycall_unary_call(fixture.channel, &unary), POLYCALL_UNIMPLEMENTED);
  unary_clear(&unary);
  CHECK_NUMBER(check_health(&fixture, ""), SERVING);
  fixture_end(&fixture);
}

static void the_counters_count(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  polycall_unary unary;
  for (int i = 0; i < 5; ++i) {
    call_text(&fixture, ECHO, "x", NULL, &unary);
    unary_clear(&unary);
  }
  call_text(&fixture, FAIL, "\x05nobody", NULL, &unary);
  unary_clear(&unary);
  polycall_server_stats stats = POLYCALL_SERVER_STATS_INIT;
  for (int i = 0; i < 200; ++i) { /* the handler's side may end a moment after the caller's */
    polycall_server_get_stats(fixture.server, &stats);
    if (stats.calls_in_flight == 0) {
      break;
    }
    sleep_ms(10);
  }
  CHECK_NUMBER(stats.calls_started, 6);
  CHECK_NUMBER(stats.calls_failed, 1);
  CHECK_NUMBER(stats.calls_in_flight, 0);
  CHECK_NUMBER(stats.protocol_errors, 0);
  CHECK_NUMBER(stats.connections_open, 1);
  CHECK_NUMBER(stats.connections_accepted, 1);
  fixture_end(&fixture);
}

static void counters_that_an_older_caller_does_not_know_are_not_written(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  polycall_server_stats stats;
  memset(&stats, 0x77, sizeof stats);
  stats.struct_size = offsetof(polycall_server_stats, calls_started);
  polycall_server_get_stats(fixture.server, &stats);
  CHECK(stats.connections_accepted != UINT64_C(0x7777777777777777));
  CHECK(stats.calls_started == UINT64_C(0x7777777777777777));
  CHECK(stats.threads == UINT64_C(0x7777777777777777));
  fixture_end(&fixture);
}

static const struct test tests[] = {
    {"a started server and its services serve", a_started_server_and_its_services_serve},
    {"a service may be said not to serve", a_service_may_be_said_not_to_serve},
    {"Watch tells each change", watch_tells_each_change},
    {"a server describes its services", a_server_describes_its_services},
    {"a server may keep its description to itself", a_server_may_keep_its_description_to_itself},
    {"the counters count", the_counters_count},
    {"counters that an older caller does not know are not written",
     counters_that_an_older_caller_does_not_know_are_not_written},
};

int main(int argc, char** argv) { return run_tests(argc, argv, tests, COUNT_OF(tests)); }
