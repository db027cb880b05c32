/* Graceful shutdown: nothing that was accepted is lost, and it ends in time. */
#include "service.h"

struct pending {
  struct event done;
  int32_t code;
};

static void keep_code(void* arg, polycall_unary* unary) {
  struct pending* pending = arg;
  pending->code = unary->status.code;
  event_set(&pending->done);
}

static void start_unary(struct fixture* fixture, enum method_index index, struct pending* pending) {
  event_init(&pending->done);
  pending->code = -1;
  polycall_unary unary = POLYCALL_UNARY_INIT;
  unary.method = method_of(fixture, index);
  polycall_unary_call_async(fixture->channel, &unary, keep_code, pending, NULL);
}

static void* shut_down_with_grace(void* server) {
  polycall_server_shutdown(server, 10 * SECOND);
  return NULL;
}

static void a_call_under_way_ends_well_within_the_grace(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  struct pending pending;
  start_unary(&fixture, BLOCK, &pending);
  CHECK(event_wait(&fixture.service.entered));
  pthread_t thread;
  pthread_create(&thread, NULL, shut_down_with_grace, fixture.server);
  sleep_ms(100);
  CHECK_NUMBER(event_count(&pending.done), 0); /* it is still let be */
  event_set(&fixture.service.gate);
  CHECK(event_wait(&pending.done));
  CHECK_NUMBER(pending.code, POLYCALL_OK);
  pthread_join(thread, NULL);
  fixture_end(&fixture);
}

static void a_call_beyond_the_grace_is_cancelled_unavailable(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  struct pending pending;
  start_unary(&fixture, WAIT, &pending);
  CHECK(event_wait(&fixture.service.entered));
  polycall_server_shutdown(fixture.server, 100 * MILLISECOND);
  CHECK(event_wait(&fixture.service.heard));
  CHECK(event_wait(&pending.done));
  CHECK_NUMBER(pending.code, POLYCALL_UNAVAILABLE);
  fixture_end(&fixture);
}

static void new_calls_are_refused_during_the_drain(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  struct pending pending;
  start_unary(&fixture, BLOCK, &pending);
  CHECK(event_wait(&fixture.service.entered));
  pthread_t thread;
  pthread_create(&thread, NULL, shut_down_with_grace, fixture.server);
  sleep_ms(100);
  polycall_call_options options = POLYCALL_CALL_OPTIONS_INIT;
  options.timeout_ns = 5 * SECOND;
  options.flags = POLYCALL_CALL_NO_RETRY;
  polycall_unary unary;
  CHECK_NUMBER(call_text(&fixture, ECHO, "too late", &options, &unary), POLYCALL_UNAVAILABLE);
  CHECK(unary.status.message != NULL && unary.status.message[0] != '\0');
  unary_clear(&unary);
  event_set(&fixture.service.gate);
  CHECK(event_wait(&pending.done));
  CHECK_NUMBER(pending.code, POLYCALL_OK);
  pthread_join(thread, NULL);
  fixture_end(&fixture);
}

static void a_server_that_nobody_calls_shuts_down_at_once(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  polycall_unary unary;
  CHECK_NUMBER(call_text(&fixture, ECHO, "x", NULL, &unary), POLYCALL_OK);
  unary_clear(&unary);
  CHECK_NUMBER(polycall_server_wait(fixture.server, 20 * MILLISECOND), POLYCALL_DEADLINE_EXCEEDED);
  polycall_server_shutdown(fixture.server, 3600 * SECOND); /* the test's minute bounds it */
  CHECK_NUMBER(polycall_server_wait(fixture.server, 0), POLYCALL_OK);
  polycall_server_shutdown(fixture.server, 0); /* again: nothing happens */
  fixture_end(&fixture);
  CHECK_NUMBER(fixture.service.freed, 1);
}

static void* wait_for_shutdown(void* server) {
  CHECK_NUMBER(polycall_server_wait(server, -1), POLYCALL_OK);
  return NULL;
}

static void wait_ends_when_the_shutdown_has_completed(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  pthread_t threads[3];
  pthread_create(&threads[0], NULL, wait_for_shutdown, fixture.server);
  pthread_create(&threads[1], NULL, wait_for_shutdown, fixture.server);
  pthread_create(&threads[2], NULL, shut_down_with_grace, fixture.server);
  polycall_server_shutdown(fixture.server, SECOND);
  for (int i = 0; i < 3; ++i) {
    pthread_join(threads[i], NULL);
  }
  fixture_end(&fixture);
}

static void a_stream_under_way_is_drained_too(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  polycall_call* call = start(&fixture, CHAT, 0);
  CHECK(event_wait(&fixture.service.entered));
  pthread_t thread;
  pthread_create(&thread, NULL, shut_down_with_grace, fixture.server);
  sleep_ms(50);
  polycall_message message = text_message("during the drain");
  CHECK_NUMBER(polycall_call_send(call, &message, POLYCALL_SEND_HALF_CLOSE, NULL), POLYCALL_OK);
  polycall_message answer = POLYCALL_MESSAGE_INIT;
  CHECK(polycall_call_receive(call, &answer) == 1);
  CHECK(message_is(&answer, "during the drain"));
  polycall_message_release(&answer);
  CHECK_NUMBER(polycall_call_wait(call, NULL, NULL), POLYCALL_OK);
  polycall_call_release(call);
  pthread_join(thread, NULL);
  fixture_end(&fixture);
}

static void freeing_a_server_waits_for_its_handlers(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  struct pending pending;
  start_unary(&fixture, WAIT, &pending);
  CHECK(event_wait(&fixture.service.entered));
  polycall_server_free(fixture.server);
  fixture.server = NULL;
  CHECK_NUMBER(event_count(&fixture.service.heard), 1);
  CHECK_NUMBER(fixture.service.freed, 1);
  CHECK(event_wait(&pending.done));
  CHECK_NUMBER(pending.code, POLYCALL_UNAVAILABLE);
  fixture_end(&fixture);
}

static void a_handler_that_ends_on_its_own_thread_meets_the_end_of_its_server(void) {
  for (int i = 0; i < 30; ++i) {
    struct fixture fixture;
    REQUIRE(fixture_start(&fixture, NULL, NULL));
    fixture.service.later_waits = 1;
    struct pending pending;
    start_unary(&fixture, LATER, &pending);
    while (atomic_load(&fixture.service.calls) == 0) sleep_ms(1);
    fixture_end(&fixture); /* its thread goes on, until it has finished the call */
    CHECK(event_wait(&pending.done));
    CHECK_NUMBER(pending.code, POLYCALL_CANCELLED);
  }
}

static void a_server_that_never_started_can_be_freed(void) {
  struct service service;
  service_init(&service);
  polycall_server* server = polycall_server_new(NULL, NULL);
  REQUIRE(server != NULL);
  CHECK_NUMBER(service_add(server, &service, NULL), POLYCALL_OK);
  CHECK_NUMBER(polycall_server_listen(server, fresh_target(), NULL, 0, NULL), POLYCALL_OK);
  polycall_server_free(server);
  CHECK_NUMBER(service.freed, 1);
}

static const struct test tests[] = {
    {"a call under way ends well within the grace", a_call_under_way_ends_well_within_the_grace},
    {"a call beyond the grace is cancelled: UNAVAILABLE",
     a_call_beyond_the_grace_is_cancelled_unavailable},
    {"new calls are refused during the drain", new_calls_are_refused_during_the_drain},
    {"a server that nobody calls shuts down at once",
     a_server_that_nobody_calls_shuts_down_at_once},
    {"wait ends when the shutdown has completed", wait_ends_when_the_shutdown_has_completed},
    {"a stream under way is drained too", a_stream_under_way_is_drained_too},
    {"freeing a server waits for its handlers", freeing_a_server_waits_for_its_handlers},
    {"a handler that ends on its own thread meets the end of its server",
     a_handler_that_ends_on_its_own_thread_meets_the_end_of_its_server},
    {"a server that never started can be freed", a_server_that_never_started_can_be_freed},
};

int main(int argc, char** argv) { return run_tests(argc, argv, tests, COUNT_OF(tests)); }
