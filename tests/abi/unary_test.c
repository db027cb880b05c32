/* Unary calls, blocking and by callback. */
#include "service.h"

static void a_unary_call_gives_back_what_the_handler_answers(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  polycall_unary unary;
  CHECK_NUMBER(call_text(&fixture, ECHO, "hello", NULL, &unary), POLYCALL_OK);
  CHECK_STATUS(&unary.status, POLYCALL_OK);
  CHECK(message_is(&unary.response, "hello"));
  CHECK(unary.initial_metadata == NULL && unary.trailing_metadata == NULL);
  unary_clear(&unary);
  fixture_end(&fixture);
}

static void an_empty_message_is_answered_with_an_empty_message(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  polycall_unary unary;
  CHECK_NUMBER(call_text(&fixture, ECHO, "", NULL, &unary), POLYCALL_OK);
  CHECK_NUMBER(unary.response.size, 0);
  unary_clear(&unary);
  fixture_end(&fixture);
}

static void messages_of_all_sizes_arrive_whole(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  static const size_t sizes[] = {1, 100, 4000, 65535, 65536, 300000, 1 << 20, 8 << 20};
  for (size_t i = 0; i < COUNT_OF(sizes); ++i) {
    unsigned char* bytes = malloc(sizes[i]);
    for (size_t k = 0; k < sizes[i]; ++k) {
      bytes[k] = (unsigned char)(k * 31 + (k >> 8));
    }
    polycall_unary unary = POLYCALL_UNARY_INIT;
    unary.method = method_of(&fixture, ECHO);
    unary.request.data = bytes;
    unary.request.size = sizes[i];
    polycall_unary_call(fixture.channel, &unary);
    CHECK_STATUS(&unary.status, POLYCALL_OK);
    CHECK(unary.response.size == sizes[i] && memcmp(unary.response.data, bytes, sizes[i]) == 0);
    unary_clear(&unary);
    free(bytes);
  }
  fixture_end(&fixture);
}

static void a_buffer_may_be_released_as_soon_as_the_call_returned(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  polycall_buffer* buffer = polycall_buffer_new(200000);
  memset(polycall_buffer_data(buffer), 'b', 200000);
  polycall_unary unary = POLYCALL_UNARY_INIT;
  unary.method = method_of(&fixture, ECHO);
  unary.request.buffer = buffer;
  unary.request.data = polycall_buffer_data(buffer);
  unary.request.size = 200000;
  polycall_unary_call(fixture.channel, &unary);
  polycall_buffer_release(buffer);
  CHECK_STATUS(&unary.status, POLYCALL_OK);
  CHECK(unary.response.size == 200000 && ((const char*)unary.response.data)[199999] == 'b');
  unary_clear(&unary);
  fixture_end(&fixture);
}

static void a_handlers_status_arrives_with_code_message_and_details(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  for (int code = 1; code <= 16; ++code) {
    char request[64];
    snprintf(request, sizeof request, "%cw\xC3\xA4rme \xF0\x9F\x94\xA5 %d", code, code);
    polycall_unary unary;
    CHECK_NUMBER(call_text(&fixture, FAIL, request, NULL, &unary), code);
    CHECK_STATUS(&unary.status, (polycall_code)code);
    CHECK_TEXT(unary.status.message, request + 1);
    CHECK(unary.status.details_size == 2 && unary.status.details[1] == code);
    CHECK(unary.response.data == NULL && unary.response.size == 0);
    unary_clear(&unary);
  }
  fixture_end(&fixture);
}

static void an_unknown_method_or_service_is_unimplemented(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  polycall_method_descriptor unknown = test_service.methods[ECHO];
  unknown.name = "Vanish";
  polycall_unary unary = POLYCALL_UNARY_INIT;
  unary.method = polycall_channel_method(fixture.channel, test_service.name, &unknown);
  CHECK_NUMBER(polycall_unary_call(fixture.channel, &unary), POLYCALL_UNIMPLEMENTED);
  CHECK(unary.status.message != NULL && strstr(unary.status.message, "Vanish") != NULL);
  unary_clear(&unary);
  unary = (polycall_unary)POLYCALL_UNARY_INIT;
  unary.method =
      polycall_channel_method(fixture.channel, "abi.v1.Nowhere", &test_service.methods[ECHO]);
  CHECK_NUMBER(polycall_unary_call(fixture.channel, &unary), POLYCALL_UNIMPLEMENTED);
  CHECK(unary.status.message != NULL && strstr(unary.status.message, "abi.v1.Nowhere") != NULL);
  unary_clear(&unary);
  fixture_end(&fixture);
}

static void a_channel_gives_the_same_method_for_the_same_names(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  const polycall_method* first = method_of(&fixture, ECHO);
  CHECK(first != NULL);
  polycall_method_descriptor copy = test_service.methods[ECHO];
  char name[] = "Echo";
  copy.name = name;
  CHECK(polycall_channel_method(fixture.channel, "abi.v1.Test", &copy) == first);
  CHECK(method_of(&fixture, FAIL) != first);
  fixture_end(&fixture);
}

static void a_handler_sees_its_call(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  polycall_unary unary;
  CHECK_NUMBER(call_text(&fixture, DESCRIBE, "", NULL, &unary), POLYCALL_OK);
  char wanted[128];
  snprintf(wanted, sizeof wanted,
           "abi.v1.Test/Describe kind 0 over %s from a peer left -1 current yes", transport());
  CHECK(message_is(&unary.response, wanted));
  unary_clear(&unary);
  CHECK(polycall_call_current() == NULL);
  fixture_end(&fixture);
}

static void a_handler_may_finish_after_it_returned(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  for (int i = 0; i < 5; ++i) {
    polycall_unary unary;
    CHECK_NUMBER(call_text(&fixture, LATER, "later", NULL, &unary), POLYCALL_OK);
    CHECK(message_is(&unary.response, "later"));
    unary_clear(&unary);
  }
  fixture_end(&fixture);
}

struct answer {
  struct event done;
  atomic_int runs;
  int32_t code;
  polycall_message response;
};

static void answer_init(struct answer* answer) {
  memset(answer, 0, sizeof *answer);
  event_init(&answer->done);
}

static void take_answer(void* arg, polycall_unary* unary) {
  struct answer* answer = arg;
  atomic_fetch_add(&answer->runs, 1);
  answer->code = unary->status.code;
  answer->response = unary->response; /* taken: the callback made it empty */
  unary->response = (polycall_message)POLYCALL_MESSAGE_INIT;
  event_set(&answer->done);
}

static void a_callback_runs_once_and_may_take_the_response(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  struct answer answer;
  answer_init(&answer);
  {
    char text[] = "dropped at once";
    polycall_unary unary = POLYCALL_UNARY_INIT;
    unary.method = method_of(&fixture, ECHO);
    unary.request = text_message(text);
    polycall_unary_call_async(fixture.channel, &unary, take_answer, &answer, NULL);
    memset(text, 'x', sizeof text);
  }
  CHECK(event_wait(&answer.done));
  CHECK_NUMBER(answer.code, POLYCALL_OK);
  CHECK(message_is(&answer.response, "dropped at once"));
  fixture_end(&fixture);
  CHECK_NUMBER(answer.runs, 1);
  polycall_message_release(&answer.response);
}

static void a_callback_hears_of_an_error(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  struct answer answer;
  answer_init(&answer);
  polycall_unary unary = POLYCALL_UNARY_INIT;
  unary.method = method_of(&fixture, FAIL);
  unary.request = text_message("\x05nobody");
  polycall_call* call = NULL;
  polycall_unary_call_async(fixture.channel, &unary, take_answer, &answer, &call);
  CHECK(event_wait(&answer.done));
  CHECK_NUMBER(answer.code, POLYCALL_NOT_FOUND);
  CHECK(call != NULL);
  polycall_call_release(call);
  fixture_end(&fixture);
}

static void many_calls_may_be_in_flight_at_once(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  enum { kCalls = 500 };
  struct answer* answers = calloc(kCalls, sizeof *answers);
  for (int i = 0; i < kCalls; ++i) {
    answer_init(&answers[i]);
    char text[32];
    snprintf(text, sizeof text, "call %d", i);
    polycall_unary unary = POLYCALL_UNARY_INIT;
    unary.method = method_of(&fixture, i % 10 == 0 ? LATER : ECHO);
    unary.request = text_message(text);
    polycall_unary_call_async(fixture.channel, &unary, take_answer, &answers[i], NULL);
  }
  for (int i = 0; i < kCalls; ++i) {
    char text[32];
    snprintf(text, sizeof text, "call %d", i);
    REQUIRE(event_wait(&answers[i].done));
    CHECK_NUMBER(answers[i].code, POLYCALL_OK);
    CHECK(message_is(&answers[i].response, text));
    polycall_message_release(&answers[i].response);
  }
  free(answers);
  fixture_end(&fixture);
}

static void* call_many_times(void* arg) {
  struct fixture* fixture = arg;
  for (int i = 0; i < 200; ++i) {
    polycall_unary unary;
    char text[32];
    snprintf(text, sizeof text, "%d of thread %p", i, (void*)&text);
    if (!CHECK_NUMBER(call_text(fixture, ECHO, text, NULL, &unary), POLYCALL_OK) ||
        !CHECK(message_is(&unary.response, text))) {
      unary_clear(&unary);
      break;
    }
    unary_clear(&unary);
  }
  return NULL;
}

static void many_threads_may_share_a_channel(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  pthread_t threads[8];
  for (size_t i = 0; i < COUNT_OF(threads); ++i) {
    pthread_create(&threads[i], NULL, call_many_times, &fixture);
  }
  for (size_t i = 0; i < COUNT_OF(threads); ++i) {
    pthread_join(threads[i], NULL);
  }
  CHECK_NUMBER(fixture.service.calls, 1600);
  fixture_end(&fixture);
}

static void a_handler_that_blocks_stalls_no_other_call(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  struct answer blocked[4];
  for (size_t i = 0; i < COUNT_OF(blocked); ++i) {
    answer_init(&blocked[i]);
    polycall_unary unary = POLYCALL_UNARY_INIT;
    unary.method = method_of(&fixture, BLOCK);
    polycall_unary_call_async(fixture.channel, &unary, take_answer, &blocked[i], NULL);
  }
  CHECK(event_wait_for(&fixture.service.entered, COUNT_OF(blocked)));
  for (int i = 0; i < 20; ++i) {
    polycall_unary unary;
    CHECK_NUMBER(call_text(&fixture, ECHO, "past them", NULL, &unary), POLYCALL_OK);
    unary_clear(&unary);
  }
  event_set(&fixture.service.gate);
  for (size_t i = 0; i < COUNT_OF(blocked); ++i) {
    CHECK(event_wait(&blocked[i].done));
    CHECK_NUMBER(blocked[i].code, POLYCALL_OK);
    polycall_message_release(&blocked[i].response);
  }
  fixture_end(&fixture);
}

struct chain {
  struct fixture* fixture;
  struct event done;
  int left;
};

static void next_of_chain(void* arg, polycall_unary* unary) {
  struct chain* chain = arg;
  if (unary != NULL) {
    CHECK_STATUS(&unary->status, POLYCALL_OK);
  }
  if (chain->left-- == 0) {
    event_set(&chain->done);
    return;
  }
  polycall_unary next = POLYCALL_UNARY_INIT;
  next.method = method_of(chain->fixture, ECHO);
  next.request = text_message("on");
  polycall_unary_call_async(chain->fixture->channel, &next, next_of_chain, chain, NULL);
}

static void a_callback_may_make_the_next_call(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  struct chain chain;
  chain.fixture = &fixture;
  chain.left = 200;
  event_init(&chain.done);
  next_of_chain(&chain, NULL);
  CHECK(event_wait(&chain.done));
  fixture_end(&fixture);
}

static const struct test tests[] = {
    {"a unary call gives back what the handler answers",
     a_unary_call_gives_back_what_the_handler_answers},
    {"an empty message is answered with an empty message",
     an_empty_message_is_answered_with_an_empty_message},
    {"messages of all sizes arrive whole", messages_of_all_sizes_arrive_whole},
    {"a buffer may be released as soon as the call returned",
     a_buffer_may_be_released_as_soon_as_the_call_returned},
    {"a handler's status arrives with code, message and details",
     a_handlers_status_arrives_with_code_message_and_details},
    {"an unknown method or service is UNIMPLEMENTED",
     an_unknown_method_or_service_is_unimplemented},
    {"a channel gives the same method for the same names",
     a_channel_gives_the_same_method_for_the_same_names},
    {"a handler sees its call", a_handler_sees_its_call},
    {"a handler may finish after it returned", a_handler_may_finish_after_it_returned},
    {"a callback runs once and may take the response",
     a_callback_runs_once_and_may_take_the_response},
    {"a callback hears of an error", a_callback_hears_of_an_error},
    {"many calls may be in flight at once", many_calls_may_be_in_flight_at_once},
    {"many threads may share a channel", many_threads_may_share_a_channel},
    {"a handler that blocks stalls no other call", a_handler_that_blocks_stalls_no_other_call},
    {"a callback may make the next call", a_callback_may_make_the_next_call},
};

int main(int argc, char** argv) { return run_tests(argc, argv, tests, COUNT_OF(tests)); }
