/* Interceptors: what they see, what they add, what they refuse; on the caller's and the handler's side. */
#include "service.h"

/* Writes each event as one letter behind its own name. */
struct journal {
  pthread_mutex_t mutex;
  char text[512];
};

struct recorder {
  struct journal* journal;
  char name;
  polycall_code refuse;  /* OK: let calls through */
  polycall_code rewrite; /* OK: leave the status alone */
  const char* key;       /* metadata to add; NULL: none */
};

static void note(struct recorder* recorder, char event) {
  pthread_mutex_lock(&recorder->journal->mutex);
  size_t length = strlen(recorder->journal->text);
  if (length + 4 < sizeof recorder->journal->text) {
    snprintf(recorder->journal->text + length, 4, "%c%c ", recorder->name, event);
  }
  pthread_mutex_unlock(&recorder->journal->mutex);
}

static polycall_code started(void* arg, polycall_call* call, polycall_metadata* metadata,
                             void** state, polycall_status* status) {
  struct recorder* recorder = arg;
  CHECK(*state == NULL);
  CHECK(polycall_call_method(call) != NULL);
  *state = recorder;
  note(recorder, '(');
  if (recorder->key != NULL) {
    polycall_metadata_add(metadata, recorder->key, "added", 5, NULL);
  }
  if (recorder->refuse != POLYCALL_OK) {
    polycall_status_set(status, recorder->refuse, "the interceptor refused", NULL, 0);
  }
  return recorder->refuse;
}

static void message(void* arg, polycall_call* call, const polycall_message* seen, int sent,
                    void** state) {
  CHECK(*state == arg && call != NULL && seen != NULL);
  note(arg, sent ? '>' : '<');
}

static void finished(void* arg, polycall_call* call, polycall_status* status, void** state) {
  struct recorder* recorder = arg;
  CHECK(*state == arg && call != NULL);
  note(recorder, ')');
  if (recorder->rewrite != POLYCALL_OK) {
    polycall_status_clear(status);
    polycall_status_set(status, recorder->rewrite, "rewritten", NULL, 0);
  }
}

static polycall_interceptor interceptor_of(struct recorder* recorder) {
  polycall_interceptor interceptor = POLYCALL_INTERCEPTOR_INIT;
  interceptor.arg = recorder;
  interceptor.started = started;
  interceptor.message = message;
  interceptor.finished = finished;
  return interceptor;
}

static void journal_init(struct journal* journal) {
  pthread_mutex_init(&journal->mutex, NULL);
  journal->text[0] = '\0';
}

static void a_callers_interceptors_see_start_messages_and_end_in_order(void) {
  struct journal journal;
  journal_init(&journal);
  struct recorder first = {&journal, '1', POLYCALL_OK, POLYCALL_OK, NULL};
  struct recorder second = {&journal, '2', POLYCALL_OK, POLYCALL_OK, NULL};
  polycall_interceptor interceptors[] = {interceptor_of(&first), interceptor_of(&second)};
  polycall_channel_options options = POLYCALL_CHANNEL_OPTIONS_INIT;
  options.interceptors = interceptors;
  options.interceptor_count = 2;
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, &options));
  polycall_unary unary;
  CHECK_NUMBER(call_text(&fixture, ECHO, "x", NULL, &unary), POLYCALL_OK);
  unary_clear(&unary);
  fixture_end(&fixture);
  CHECK_TEXT(journal.text, "1( 2( 1> 2> 1< 2< 2) 1) ");
}

static void a_servers_interceptors_see_the_handlers_side(void) {
  struct journal journal;
  journal_init(&journal);
  struct recorder first = {&journal, '1', POLYCALL_OK, POLYCALL_OK, NULL};
  struct recorder second = {&journal, '2', POLYCALL_OK, POLYCALL_OK, NULL};
  polycall_interceptor interceptors[] = {interceptor_of(&first), interceptor_of(&second)};
  polycall_server_options options = POLYCALL_SERVER_OPTIONS_INIT;
  options.interceptors = interceptors;
  options.interceptor_count = 2;
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, &options, NULL));
  polycall_unary unary;
  CHECK_NUMBER(call_text(&fixture, ECHO, "x", NULL, &unary), POLYCALL_OK);
  unary_clear(&unary);
  fixture_end(&fixture);
  CHECK_TEXT(journal.text, "1( 2( 1< 2< 1> 2> 2) 1) ");
}

static void what_a_callers_interceptor_adds_is_sent(void) {
  struct journal journal;
  journal_init(&journal);
  struct recorder adder = {&journal, '1', POLYCALL_OK, POLYCALL_OK, "x-echo"};
  polycall_interceptor interceptor = interceptor_of(&adder);
  polycall_channel_options options = POLYCALL_CHANNEL_OPTIONS_INIT;
  options.interceptors = &interceptor;
  options.interceptor_count = 1;
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, &options));
  polycall_call_options call_options = POLYCALL_CALL_OPTIONS_INIT;
  call_options.flags = POLYCALL_CALL_WANT_METADATA;
  polycall_unary unary;
  CHECK_NUMBER(call_text(&fixture, METADATA, "x", &call_options, &unary), POLYCALL_OK);
  const void* value = NULL;
  size_t size = 0;
  CHECK(polycall_metadata_find(unary.initial_metadata, "x-echo", &value, &size) == 1 && size == 5);
  unary_clear(&unary);
  fixture_end(&fixture);
}

static void a_refusal_on_either_side_ends_the_call_before_its_handler(void) {
  for (int side = 0; side < 2; ++side) {
    struct journal journal;
    journal_init(&journal);
    struct recorder refuser = {&journal, '1', POLYCALL_PERMISSION_DENIED, POLYCALL_OK, NULL};
    struct recorder after = {&journal, '2', POLYCALL_OK, POLYCALL_OK, NULL};
    polycall_interceptor interceptors[] = {interceptor_of(&refuser), interceptor_of(&after)};
    polycall_channel_options channel_options = POLYCALL_CHANNEL_OPTIONS_INIT;
    polycall_server_options server_options = POLYCALL_SERVER_OPTIONS_INIT;
    if (side == 0) {
      channel_options.interceptors = interceptors;
      channel_options.interceptor_count = 2;
    } else {
      server_options.interceptors = interceptors;
      server_options.interceptor_count = 2;
    }
    struct fixture fixture;
    REQUIRE(fixture_start(&fixture, &server_options, &channel_options));
    polycall_unary unary;
    CHECK_NUMBER(call_text(&fixture, ECHO, "x", NULL, &unary), POLYCALL_PERMISSION_DENIED);
    CHECK_TEXT(unary.status.message, "the interceptor refused");
    unary_clear(&unary);
    CHECK_NUMBER(fixture.service.calls, 0);
    fixture_end(&fixture);
    CHECK(strchr(journal.text, '2') == NULL); /* the rest did not see it */
  }
}

static void an_interceptor_may_change_the_status(void) {
  for (int side = 0; side < 2; ++side) {
    struct journal journal;
    journal_init(&journal);
    struct recorder rewriter = {&journal, '1', POLYCALL_OK, POLYCALL_ABORTED, NULL};
    polycall_interceptor interceptor = interceptor_of(&rewriter);
    polycall_channel_options channel_options = POLYCALL_CHANNEL_OPTIONS_INIT;
    polycall_server_options server_options = POLYCALL_SERVER_OPTIONS_INIT;
    if (side == 0) {
      channel_options.interceptors = &interceptor;
      channel_options.interceptor_count = 1;
    } else {
      server_options.interceptors = &interceptor;
      server_options.interceptor_count = 1;
    }
    struct fixture fixture;
    REQUIRE(fixture_start(&fixture, &server_options, &channel_options));
    polycall_unary unary;
    CHECK_NUMBER(call_text(&fixture, FAIL, "\x05nobody", NULL, &unary), POLYCALL_ABORTED);
    CHECK_TEXT(unary.status.message, "rewritten");
    unary_clear(&unary);
    fixture_end(&fixture);
  }
}

static void every_message_of_a_stream_is_seen(void) {
  struct journal journal;
  journal_init(&journal);
  struct recorder recorder = {&journal, '1', POLYCALL_OK, POLYCALL_OK, NULL};
  polycall_interceptor interceptor = interceptor_of(&recorder);
  polycall_channel_options options = POLYCALL_CHANNEL_OPTIONS_INIT;
  options.interceptors = &interceptor;
  options.interceptor_count = 1;
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, &options));
  polycall_call* call = start(&fixture, CHAT, 0);
  for (int i = 0; i < 3; ++i) {
    polycall_message sent = text_message("x");
    polycall_message answer = POLYCALL_MESSAGE_INIT;
    polycall_call_send(call, &sent, 0, NULL);
    CHECK(polycall_call_receive(call, &answer) == 1);
    polycall_message_release(&answer);
  }
  polycall_call_half_close(call);
  CHECK_NUMBER(polycall_call_wait(call, NULL, NULL), POLYCALL_OK);
  polycall_call_release(call);
  fixture_end(&fixture);
  CHECK_TEXT(journal.text, "1( 1> 1< 1> 1< 1> 1< 1) ");
}

static const struct test tests[] = {
    {"a caller's interceptors see start, messages and end in order",
     a_callers_interceptors_see_start_messages_and_end_in_order},
    {"a server's interceptors see the handler's side",
     a_servers_interceptors_see_the_handlers_side},
    {"what a caller's interceptor adds is sent", what_a_callers_interceptor_adds_is_sent},
    {"a refusal on either side ends the call before its handler",
     a_refusal_on_either_side_ends_the_call_before_its_handler},
    {"an interceptor may change the status", an_interceptor_may_change_the_status},
    {"every message of a stream is seen", every_message_of_a_stream_is_seen},
};

int main(int argc, char** argv) { return run_tests(argc, argv, tests, COUNT_OF(tests)); }
