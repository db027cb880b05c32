/* Cancellation: from the caller, from the handler, and onward through the calls a handler makes. */
#include "service.h"

#include <sched.h>

struct outcome {
  struct event done;
  int32_t code;
  char message[128];
};

static void outcome_init(struct outcome* outcome) {
  memset(outcome, 0, sizeof *outcome);
  event_init(&outcome->done);
}

static void keep_outcome(void* arg, polycall_unary* unary) {
  struct outcome* outcome = arg;
  outcome->code = unary->status.code;
  snprintf(outcome->message, sizeof outcome->message, "%s",
           unary->status.message ? unary->status.message : "");
  event_set(&outcome->done);
}

static polycall_call* start_unary(struct fixture* fixture, enum method_index index,
                                  const char* request, struct outcome* outcome) {
  polycall_call* call = NULL;
  polycall_unary unary = POLYCALL_UNARY_INIT;
  unary.method = method_of(fixture, index);
  unary.request = text_message(request);
  polycall_unary_call_async(fixture->channel, &unary, keep_outcome, outcome, &call);
  return call;
}

static void cancelling_ends_the_call_at_once_and_the_handler_hears_of_it(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  struct outcome outcome;
  outcome_init(&outcome);
  polycall_call* call = start_unary(&fixture, WAIT, "", &outcome);
  REQUIRE(call != NULL);
  CHECK(event_wait(&fixture.service.entered));
  polycall_call_cancel(call, POLYCALL_OK, "no longer needed");
  CHECK(event_wait(&outcome.done));
  CHECK_NUMBER(outcome.code, POLYCALL_CANCELLED);
  CHECK_TEXT(outcome.message, "no longer needed");
  CHECK(event_wait(&fixture.service.heard));
  polycall_call_cancel(call, POLYCALL_OK, "again"); /* ends nothing twice */
  polycall_call_release(call);
  fixture_end(&fixture);
  CHECK_NUMBER(event_count(&outcome.done), 1);
  CHECK_NUMBER(event_count(&fixture.service.heard), 1);
}

static void a_caller_may_choose_the_code_of_its_cancellation(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  struct outcome outcome;
  outcome_init(&outcome);
  polycall_call* call = start_unary(&fixture, WAIT, "", &outcome);
  CHECK(event_wait(&fixture.service.entered));
  polycall_call_cancel(call, POLYCALL_ABORTED, NULL);
  CHECK(event_wait(&outcome.done));
  CHECK_NUMBER(outcome.code, POLYCALL_ABORTED);
  polycall_call_release(call);
  fixture_end(&fixture);
}

static void cancelling_a_call_that_has_ended_changes_nothing(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  struct outcome outcome;
  outcome_init(&outcome);
  polycall_call* call = start_unary(&fixture, ECHO, "done", &outcome);
  CHECK(event_wait(&outcome.done));
  polycall_call_cancel(call, POLYCALL_OK, NULL);
  CHECK_NUMBER(outcome.code, POLYCALL_OK);
  polycall_call_release(call);
  polycall_unary unary;
  CHECK_NUMBER(call_text(&fixture, ECHO, "the channel goes on", NULL, &unary), POLYCALL_OK);
  unary_clear(&unary);
  fixture_end(&fixture);
}

static void a_stream_that_is_cancelled_ends_on_both_sides(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  polycall_call* call = start(&fixture, CHAT, 0);
  polycall_message message = text_message("one");
  CHECK_NUMBER(polycall_call_send(call, &message, 0, NULL), POLYCALL_OK);
  polycall_message answer = POLYCALL_MESSAGE_INIT;
  CHECK(polycall_call_receive(call, &answer) == 1);
  polycall_message_release(&answer);
  polycall_call_cancel(call, POLYCALL_OK, NULL);
  CHECK(polycall_call_receive(call, &answer) == 0);
  CHECK_NUMBER(polycall_call_wait(call, NULL, NULL), POLYCALL_CANCELLED);
  CHECK(event_wait(&fixture.service.heard));
  polycall_status status = POLYCALL_STATUS_INIT;
  CHECK(polycall_call_send(call, &message, 0, &status) != POLYCALL_OK);
  polycall_status_clear(&status);
  polycall_call_release(call);
  fixture_end(&fixture);
}

static void releasing_the_last_reference_cancels(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  polycall_call* call = start(&fixture, COLLECT, 0);
  polycall_message message = text_message("then nothing");
  polycall_call_send(call, &message, 0, NULL);
  polycall_call_release(call);
  CHECK(event_wait(&fixture.service.heard));
  fixture_end(&fixture);
}

static void* cancel_soon(void* call) {
  sleep_ms(50);
  polycall_call_cancel(call, POLYCALL_OK, NULL);
  return NULL;
}

static void cancelling_wakes_a_thread_that_waits_to_receive(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  polycall_call* call = start(&fixture, CHAT, 0);
  pthread_t thread;
  pthread_create(&thread, NULL, cancel_soon, call);
  polycall_message answer = POLYCALL_MESSAGE_INIT;
  CHECK(polycall_call_receive(call, &answer) == 0);
  pthread_join(thread, NULL);
  polycall_call_release(call);
  fixture_end(&fixture);
}

/* A blocking unary call in a thread of its own, whose handle other threads may use. */
struct shared_unary {
  struct fixture* fixture;
  enum method_index index;
  polycall_call* call; /* set by the library */
  polycall_unary unary;
  struct event returned;
};

static void* make_shared_unary(void* arg) {
  struct shared_unary* shared = arg;
  shared->unary = (polycall_unary)POLYCALL_UNARY_INIT;
  shared->unary.method = method_of(shared->fixture, shared->index);
  shared->unary.request = text_message("shared");
  shared->unary.call = &shared->call;
  polycall_unary_call(shared->fixture->channel, &shared->unary);
  event_set(&shared->returned);
  return NULL;
}

static void another_thread_can_cancel_a_blocking_unary_call(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  struct shared_unary shared = {.fixture = &fixture, .index = WAIT};
  event_init(&shared.returned);
  pthread_t thread;
  pthread_create(&thread, NULL, make_shared_unary, &shared);
  CHECK(event_wait(&fixture.service.entered));
  polycall_call* call = __atomic_load_n(&shared.call, __ATOMIC_ACQUIRE);
  REQUIRE(call != NULL);
  polycall_call_cancel(call, POLYCALL_OK, "interrupted");
  CHECK(event_wait(&shared.returned));
  pthread_join(thread, NULL);
  CHECK_STATUS(&shared.unary.status, POLYCALL_CANCELLED);
  CHECK_TEXT(shared.unary.status.message, "interrupted");
  CHECK(event_wait(&fixture.service.heard));
  unary_clear(&shared.unary);
  polycall_call_release(call);
  fixture_end(&fixture);
}

static void cancelling_a_blocking_unary_call_that_returned_changes_nothing(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  for (int i = 0; i < 3; ++i) {
    struct shared_unary shared = {.fixture = &fixture, .index = ECHO};
    event_init(&shared.returned);
    make_shared_unary(&shared);
    CHECK_STATUS(&shared.unary.status, POLYCALL_OK);
    CHECK(message_is(&shared.unary.response, "shared"));
    REQUIRE(shared.call != NULL);
    polycall_call_cancel(shared.call, POLYCALL_OK, NULL);
    CHECK_STATUS(&shared.unary.status, POLYCALL_OK);
    unary_clear(&shared.unary);
    polycall_call_release(shared.call);
  }
  fixture_end(&fixture);
}

/* Cancels each call of a loop as soon as there is one. */
struct racer {
  polycall_call* call; /* the present one's, set by the library; NULL: not yet */
  atomic_int turn;     /* odd: the caller's, even: ours */
  int rounds;
};

static void* cancel_each(void* arg) {
  struct racer* racer = arg;
  for (int i = 0; i < racer->rounds; ++i) {
    while (atomic_load(&racer->turn) != 2 * i + 1) sched_yield();
    polycall_call* call;
    while ((call = __atomic_load_n(&racer->call, __ATOMIC_ACQUIRE)) == NULL) sched_yield();
    polycall_call_cancel(call, POLYCALL_OK, "raced");
    atomic_store(&racer->turn, 2 * i + 2);
  }
  return NULL;
}

static void a_cancellation_that_meets_the_answer_leaves_one_outcome(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  struct racer racer = {.rounds = 300};
  pthread_t thread;
  pthread_create(&thread, NULL, cancel_each, &racer);
  for (int i = 0; i < racer.rounds; ++i) {
    polycall_unary unary = POLYCALL_UNARY_INIT;
    unary.method = method_of(&fixture, i % 30 == 0 ? WAIT : ECHO);
    unary.request = text_message("raced");
    unary.call = &racer.call;
    racer.call = NULL;
    atomic_store(&racer.turn, 2 * i + 1);
    const polycall_code code = polycall_unary_call(fixture.channel, &unary);
    CHECK(code == POLYCALL_OK || code == POLYCALL_CANCELLED);
    CHECK_NUMBER(unary.status.code, code);
    if (code == POLYCALL_OK) {
      CHECK(message_is(&unary.response, "raced"));
    } else {
      CHECK(unary.response.data == NULL);
      CHECK_TEXT(unary.status.message, "raced");
    }
    while (atomic_load(&racer.turn) != 2 * i + 2) sched_yield();
    unary_clear(&unary);
    polycall_call_release(racer.call);
  }
  pthread_join(thread, NULL);
  fixture_end(&fixture);
}

static void a_caller_of_an_older_header_has_no_handle(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  polycall_call* untouched = NULL;
  polycall_unary unary = POLYCALL_UNARY_INIT;
  unary.struct_size = offsetof(polycall_unary, call);
  unary.method = method_of(&fixture, ECHO);
  unary.request = text_message("old");
  unary.call = &untouched; /* what lies behind the struct that it knows */
  polycall_unary_call(fixture.channel, &unary);
  CHECK_STATUS(&unary.status, POLYCALL_OK);
  CHECK(untouched == NULL);
  unary_clear(&unary);
  fixture_end(&fixture);
}

static void cancellation_travels_on_to_the_calls_of_the_handler(void) {
  struct fixture back;
  struct fixture front;
  REQUIRE(fixture_start(&back, NULL, NULL));
  REQUIRE(fixture_start(&front, NULL, NULL));
  front.service.onward = back.channel;
  struct outcome outcome;
  outcome_init(&outcome);
  polycall_call* call = start_unary(&front, ONWARD, "Wait", &outcome);
  CHECK(event_wait(&back.service.entered));
  polycall_call_cancel(call, POLYCALL_OK, NULL);
  CHECK(event_wait(&outcome.done));
  CHECK_NUMBER(outcome.code, POLYCALL_CANCELLED);
  CHECK(event_wait(&back.service.heard));
  polycall_call_release(call);
  fixture_end(&front);
  fixture_end(&back);
}

static void freeing_a_channel_cancels_what_is_under_way(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  struct outcome outcome;
  outcome_init(&outcome);
  polycall_call_release(start_unary(&fixture, WAIT, "", &outcome));
  CHECK(event_wait(&fixture.service.entered));
  polycall_channel_free(fixture.channel);
  fixture.channel = NULL;
  CHECK_NUMBER(event_count(&outcome.done), 1);
  CHECK_NUMBER(outcome.code, POLYCALL_CANCELLED);
  CHECK(event_wait(&fixture.service.heard));
  fixture_end(&fixture);
}

/* A handler that cancels its own call from another thread. */
static void* cancel_as_handler(void* call) {
  sleep_ms(20);
  polycall_call_cancel(call, POLYCALL_ABORTED, "the handler gave up");
  return NULL;
}

static void give_up(void* arg, polycall_call* call, const polycall_message* request) {
  (void)arg;
  (void)request;
  pthread_t thread;
  pthread_create(&thread, NULL, cancel_as_handler, call);
  pthread_detach(thread);
}

static void a_handlers_cancellation_is_its_finish(void) {
  polycall_server* server = polycall_server_new(NULL, NULL);
  REQUIRE(server != NULL);
  polycall_handler handler = POLYCALL_HANDLER_INIT;
  handler.fn = give_up;
  handler.asynchronous = 1;
  polycall_service_descriptor service = test_service;
  service.method_count = 1; /* Echo alone */
  CHECK_NUMBER(
      polycall_server_add_service(server, &service, &handler, sizeof handler, NULL, NULL, NULL),
      POLYCALL_OK);
  char address[256];
  CHECK_NUMBER(polycall_server_listen(server, fresh_target(), address, sizeof address, NULL),
               POLYCALL_OK);
  CHECK_NUMBER(polycall_server_start(server, NULL), POLYCALL_OK);
  struct fixture fixture;
  fixture.server = server;
  fixture.channel = polycall_channel_new(address, NULL, NULL);
  REQUIRE(fixture.channel != NULL);
  polycall_unary unary;
  CHECK_NUMBER(call_text(&fixture, ECHO, "", NULL, &unary), POLYCALL_ABORTED);
  CHECK_TEXT(unary.status.message, "the handler gave up");
  unary_clear(&unary);
  fixture_end(&fixture);
}

static const struct test tests[] = {
    {"cancelling ends the call at once and the handler hears of it",
     cancelling_ends_the_call_at_once_and_the_handler_hears_of_it},
    {"a caller may choose the code of its cancellation",
     a_caller_may_choose_the_code_of_its_cancellation},
    {"cancelling a call that has ended changes nothing",
     cancelling_a_call_that_has_ended_changes_nothing},
    {"a stream that is cancelled ends on both sides",
     a_stream_that_is_cancelled_ends_on_both_sides},
    {"releasing the last reference cancels", releasing_the_last_reference_cancels},
    {"cancelling wakes a thread that waits to receive",
     cancelling_wakes_a_thread_that_waits_to_receive},
    {"another thread can cancel a blocking unary call",
     another_thread_can_cancel_a_blocking_unary_call},
    {"cancelling a blocking unary call that returned changes nothing",
     cancelling_a_blocking_unary_call_that_returned_changes_nothing},
    {"a cancellation that meets the answer leaves one outcome",
     a_cancellation_that_meets_the_answer_leaves_one_outcome},
    {"a caller of an older header has no handle", a_caller_of_an_older_header_has_no_handle},
    {"cancellation travels on to the calls of the handler",
     cancellation_travels_on_to_the_calls_of_the_handler},
    {"freeing a channel cancels what is under way", freeing_a_channel_cancels_what_is_under_way},
    {"a handler's cancellation is its finish", a_handlers_cancellation_is_its_finish},
};

int main(int argc, char** argv) { return run_tests(argc, argv, tests, COUNT_OF(tests)); }
