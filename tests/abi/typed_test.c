/* Typed messages: over inproc an object of a representation that both ends know is passed itself;
 * everything else is encoded, and the two ends need not know which it was. */
#include "text_object.h"

#include "service.h"

/* What the handler saw of its last request. */
struct seen {
  atomic_int typed;
  void* object;
  atomic_int place_offered;
};

/* Objects that nobody ended, after a moment: a handler ends its own when its answer is out already. */
static int texts_left(void) {
  for (int i = 0; i < 1000 && atomic_load(&text_alive) != 0; ++i) {
    sleep_ms(10);
  }
  return atomic_load(&text_alive);
}

static void typed_echo(void* arg, polycall_call* call, const polycall_message* request) {
  struct seen* seen = arg;
  atomic_store(&seen->typed, request->type != NULL);
  seen->object = request->object;
  char text[64] = "";
  if (request->type != NULL) {
    snprintf(text, sizeof text, "%s", ((struct text_object*)request->object)->text);
  } else {
    memcpy(text, request->data, request->size < sizeof text ? request->size : sizeof text - 1);
  }
  struct text_object* place = polycall_call_response_place(call, &text_type);
  atomic_store(&seen->place_offered, place != NULL);
  if (place != NULL) {
    snprintf(place->text, sizeof place->text, "%s!", text);
    polycall_message response = object_message(&text_type, place);
    polycall_call_finish(call, NULL, &response);
    return;
  }
  size_t length = strlen(text);
  snprintf(text + length, sizeof text - length, "!");
  struct text_object* answer = text_new(text);
  polycall_message response = object_message(&text_type, answer);
  polycall_call_finish(call, NULL, &response);
  text_release(answer);
}

static void typed_chat(void* arg, polycall_call* call, const polycall_message* request) {
  struct seen* seen = arg;
  (void)request;
  polycall_message message = POLYCALL_MESSAGE_INIT;
  while (polycall_call_receive(call, &message)) {
    atomic_store(&seen->typed, message.type != NULL);
    seen->object = message.object;
    polycall_call_send(call, &message, 0, NULL);
    polycall_message_release(&message);
  }
  polycall_call_finish(call, NULL, NULL);
}

static bool start_typed(struct fixture* fixture, struct seen* seen, uint32_t flags) {
  memset(seen, 0, sizeof *seen);
  polycall_server_options options = POLYCALL_SERVER_OPTIONS_INIT;
  options.flags = flags;
  fixture->server = polycall_server_new(&options, NULL);
  polycall_handler handlers[METHOD_COUNT];
  for (int i = 0; i < METHOD_COUNT; ++i) {
    handlers[i] = (polycall_handler)POLYCALL_HANDLER_INIT;
    handlers[i].fn = i == CHAT ? typed_chat : typed_echo;
    handlers[i].arg = seen;
    handlers[i].request_type = &text_type;
  }
  polycall_status status = POLYCALL_STATUS_INIT;
  polycall_server_add_service(fixture->server, &test_service, handlers, sizeof handlers[0], NULL,
                              NULL, &status);
  bool good = CHECK_STATUS(&status, POLYCALL_OK);
  polycall_server_listen(fixture->server, fresh_target(), fixture->address, sizeof fixture->address,
                         &status);
  good = CHECK_STATUS(&status, POLYCALL_OK) && good;
  polycall_server_start(fixture->server, &status);
  good = CHECK_STATUS(&status, POLYCALL_OK) && good;
  fixture->channel = polycall_channel_new(fixture->address, NULL, &status);
  good = CHECK_STATUS(&status, POLYCALL_OK) && good;
  atomic_store(&text_encodings, 0);
  atomic_store(&text_alive, 0);
  return good;
}

static bool over_inproc(void) { return strcmp(transport(), "inproc") == 0; }

static void call_typed(struct fixture* fixture, const polycall_message_type* request_type,
                       struct text_object* request, const polycall_message_type* response_type,
                       void* place, polycall_unary* unary) {
  *unary = (polycall_unary)POLYCALL_UNARY_INIT;
  unary->method = method_of(fixture, ECHO);
  unary->request = object_message(request_type, request);
  unary->response_type = response_type;
  unary->response_place = place;
  polycall_unary_call(fixture->channel, unary);
  CHECK_STATUS(&unary->status, POLYCALL_OK);
}

static void an_object_of_the_same_identity_is_passed_itself(void) {
  struct fixture fixture;
  struct seen seen;
  REQUIRE(start_typed(&fixture, &seen, 0));
  struct text_object* request = text_new("hello");
  polycall_unary unary;
  call_typed(&fixture, &text_type, request, &text_type, NULL, &unary);
  if (over_inproc()) {
    CHECK(seen.object == request);
    CHECK_NUMBER(text_encodings, 0);
    REQUIRE(unary.response.type != NULL);
    CHECK_TEXT(((struct text_object*)unary.response.object)->text, "hello!");
  } else {
    CHECK_NUMBER(seen.typed, 0);
    CHECK_NUMBER(text_encodings, 2);
    CHECK(unary.response.type == NULL && message_is(&unary.response, "hello!"));
  }
  unary_clear(&unary);
  text_release(request);
  CHECK_NUMBER(texts_left(), 0);
  fixture_end(&fixture);
}

static void a_handler_fills_the_callers_place(void) {
  struct fixture fixture;
  struct seen seen;
  REQUIRE(start_typed(&fixture, &seen, 0));
  struct text_object* request = text_new("fill");
  struct text_object* place = text_new("");
  polycall_unary unary;
  call_typed(&fixture, &text_type, request, &text_type, place, &unary);
  if (over_inproc()) {
    CHECK_NUMBER(seen.place_offered, 1);
    CHECK(unary.response.object == place);
    CHECK_TEXT(place->text, "fill!");
    CHECK_NUMBER(text_encodings, 0);
    polycall_server_stats stats = POLYCALL_SERVER_STATS_INIT;
    polycall_server_get_stats(fixture.server, &stats);
    CHECK_NUMBER(stats.calls_started, 1); /* however short its way was */
    CHECK_NUMBER(stats.calls_in_flight, 0);
  } else {
    CHECK_NUMBER(seen.place_offered, 0);
    CHECK(message_is(&unary.response, "fill!"));
  }
  unary_clear(&unary); /* harmless for the place */
  text_release(place);
  text_release(request);
  CHECK_NUMBER(texts_left(), 0);
  fixture_end(&fixture);
}

static void an_object_of_another_identity_is_encoded(void) {
  struct fixture fixture;
  struct seen seen;
  REQUIRE(start_typed(&fixture, &seen, 0));
  struct text_object* request = text_new("other");
  polycall_unary unary;
  call_typed(&fixture, &other_type, request, &other_type, NULL, &unary);
  CHECK_NUMBER(seen.typed, 0);
  CHECK(unary.response.type == NULL && message_is(&unary.response, "other!"));
  CHECK_NUMBER(text_encodings, 2);
  unary_clear(&unary);
  text_release(request);
  CHECK_NUMBER(texts_left(), 0);
  fixture_end(&fixture);
}

static void a_caller_that_takes_bytes_gets_bytes(void) {
  struct fixture fixture;
  struct seen seen;
  REQUIRE(start_typed(&fixture, &seen, 0));
  struct text_object* request = text_new("bytes");
  polycall_unary unary;
  call_typed(&fixture, &text_type, request, NULL, NULL, &unary);
  CHECK(unary.response.type == NULL && message_is(&unary.response, "bytes!"));
  unary_clear(&unary);
  text_release(request);
  CHECK_NUMBER(texts_left(), 0);
  fixture_end(&fixture);
}

static void a_handler_that_takes_bytes_gets_bytes(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL)); /* its Echo knows no types */
  struct text_object* request = text_new("to bytes");
  polycall_unary unary;
  call_typed(&fixture, &text_type, request, &text_type, NULL, &unary);
  CHECK(unary.response.type == NULL && message_is(&unary.response, "to bytes"));
  unary_clear(&unary);
  text_release(request);
  fixture_end(&fixture);
}

static void a_server_may_ask_for_copies(void) {
  struct fixture fixture;
  struct seen seen;
  REQUIRE(start_typed(&fixture, &seen, POLYCALL_SERVER_COPY_REQUESTS));
  struct text_object* request = text_new("copy");
  polycall_unary unary;
  call_typed(&fixture, &text_type, request, &text_type, NULL, &unary);
  CHECK_NUMBER(seen.typed, 0);
  unary_clear(&unary);
  text_release(request);
  CHECK_NUMBER(texts_left(), 0);
  fixture_end(&fixture);
}

static void an_object_that_cannot_be_encoded_ends_the_call(void) {
  struct fixture fixture;
  struct seen seen;
  REQUIRE(start_typed(&fixture, &seen, 0));
  struct text_object* request = text_new("never");
  polycall_unary unary = POLYCALL_UNARY_INIT;
  unary.method = method_of(&fixture, ECHO);
  unary.request = object_message(&unencodable_type, request);
  CHECK_NUMBER(polycall_unary_call(fixture.channel, &unary), POLYCALL_INTERNAL);
  CHECK(unary.status.message != NULL && strstr(unary.status.message, "abi.v1.Text") != NULL);
  unary_clear(&unary);
  text_release(request);
  fixture_end(&fixture);
}

static void streams_pass_objects_too(void) {
  struct fixture fixture;
  struct seen seen;
  REQUIRE(start_typed(&fixture, &seen, 0));
  polycall_call_options options = POLYCALL_CALL_OPTIONS_INIT;
  options.response_type = &text_type;
  polycall_call* call = polycall_call_start(fixture.channel, method_of(&fixture, CHAT), &options);
  for (int i = 0; i < 5; ++i) {
    struct text_object* object = text_new("streamed");
    polycall_message message = object_message(&text_type, object);
    CHECK_NUMBER(polycall_call_send(call, &message, 0, NULL), POLYCALL_OK);
    polycall_message answer = POLYCALL_MESSAGE_INIT;
    REQUIRE(polycall_call_receive(call, &answer) == 1);
    if (over_inproc()) {
      CHECK(answer.object == object && seen.object == object);
    } else {
      CHECK(answer.type == NULL && message_is(&answer, "streamed"));
    }
    polycall_message_release(&answer);
    text_release(object);
  }
  polycall_call_half_close(call);
  CHECK_NUMBER(polycall_call_wait(call, NULL, NULL), POLYCALL_OK);
  polycall_call_release(call);
  fixture_end(&fixture);
  CHECK_NUMBER(texts_left(), 0);
  CHECK_NUMBER(text_encodings, over_inproc() ? 0 : 5);
}

static const struct test tests[] = {
    {"an object of the same identity is passed itself",
     an_object_of_the_same_identity_is_passed_itself},
    {"a handler fills the caller's place", a_handler_fills_the_callers_place},
    {"an object of another identity is encoded", an_object_of_another_identity_is_encoded},
    {"a caller that takes bytes gets bytes", a_caller_that_takes_bytes_gets_bytes},
    {"a handler that takes bytes gets bytes", a_handler_that_takes_bytes_gets_bytes},
    {"a server may ask for copies", a_server_may_ask_for_copies},
    {"an object that cannot be encoded ends the call",
     an_object_that_cannot_be_encoded_ends_the_call},
    {"streams pass objects too", streams_pass_objects_too},
};

int main(int argc, char** argv) { return run_tests(argc, argv, tests, COUNT_OF(tests)); }
