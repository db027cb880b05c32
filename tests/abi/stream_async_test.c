/* The streaming kinds by callback: a caller and a handler that never block. */
#include "service.h"

/* A caller that sends and receives by callback. */
struct talker {
  struct event ended; /* set when the call has ended, and when the last send is done */
  polycall_call* call;
  int to_send;
  int sent;
  int received;
  bool in_order;
  int32_t code;
};

static void talker_send(struct talker* talker);

static void talker_sent(void* arg, polycall_code code) {
  struct talker* talker = arg;
  if (code == POLYCALL_OK && ++talker->sent < talker->to_send) {
    talker_send(talker);
  } else {
    event_set(&talker->ended);
  }
}

static void talker_send(struct talker* talker) {
  char text[32];
  snprintf(text, sizeof text, "%d", talker->sent);
  polycall_message message = text_message(text);
  uint32_t flags = talker->sent + 1 == talker->to_send ? POLYCALL_SEND_HALF_CLOSE : 0;
  polycall_call_send_async(talker->call, &message, flags, talker_sent, talker);
}

static void talker_received(void* arg, polycall_message* message) {
  struct talker* talker = arg;
  if (message == NULL) {
    return;
  }
  char wanted[32];
  snprintf(wanted, sizeof wanted, "%d", talker->received);
  talker->in_order = talker->in_order && message_is(message, wanted);
  ++talker->received;
  polycall_message_release(message);
  polycall_call_receive_async(talker->call, talker_received, talker);
}

static void talker_ended(void* arg, polycall_status* status, const polycall_metadata* trailing) {
  struct talker* talker = arg;
  (void)trailing;
  talker->code = status->code;
  polycall_status_clear(status);
  event_set(&talker->ended);
}

static void talker_start(struct talker* talker, polycall_call* call, int to_send) {
  memset(talker, 0, sizeof *talker);
  event_init(&talker->ended);
  talker->call = call;
  talker->to_send = to_send;
  talker->in_order = true;
  talker->code = -1;
  polycall_call_wait_async(call, talker_ended, talker);
  polycall_call_receive_async(call, talker_received, talker);
  if (to_send > 0) {
    talker_send(talker);
  }
}

static void a_bidirectional_call_runs_by_callbacks_alone(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  struct talker talker;
  polycall_call* call = start(&fixture, CHAT, 0);
  talker_start(&talker, call, 5000);
  REQUIRE(event_wait_for(&talker.ended, 2));
  CHECK_NUMBER(talker.code, POLYCALL_OK);
  CHECK_NUMBER(talker.sent, 5000);
  CHECK_NUMBER(talker.received, 5000);
  CHECK(talker.in_order);
  polycall_call_release(call);
  fixture_end(&fixture);
}

static void a_server_stream_is_received_by_callbacks(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  polycall_call* call = start(&fixture, COUNT, 0);
  polycall_message request = text_message("3000");
  CHECK_NUMBER(polycall_call_send(call, &request, POLYCALL_SEND_HALF_CLOSE, NULL), POLYCALL_OK);
  struct talker talker;
  talker_start(&talker, call, 0);
  REQUIRE(event_wait(&talker.ended));
  CHECK_NUMBER(talker.code, POLYCALL_OK);
  CHECK_NUMBER(talker.received, 3000);
  CHECK(talker.in_order);
  polycall_call_release(call);
  fixture_end(&fixture);
}

static void the_end_is_told_to_callbacks_when_the_call_is_cancelled(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  polycall_call* call = start(&fixture, CHAT, 0);
  struct talker talker;
  talker_start(&talker, call, 0);
  polycall_call_cancel(call, POLYCALL_OK, NULL);
  REQUIRE(event_wait(&talker.ended));
  CHECK_NUMBER(talker.code, POLYCALL_CANCELLED);
  polycall_call_release(call);
  fixture_end(&fixture);
  CHECK_NUMBER(event_count(&talker.ended), 1);
}

/* A handler that echoes by callback and finishes long after it returned. */
struct echoer {
  polycall_call* call;
};

static void echo_received(void* arg, polycall_message* message);

static void echo_sent(void* arg, polycall_code code) {
  struct echoer* echoer = arg;
  (void)code;
  polycall_call_receive_async(echoer->call, echo_received, echoer);
}

static void echo_received(void* arg, polycall_message* message) {
  struct echoer* echoer = arg;
  if (message == NULL) {
    polycall_call_finish(echoer->call, NULL, NULL);
    free(echoer);
    return;
  }
  polycall_call_send_async(echoer->call, message, 0, echo_sent, echoer);
  polycall_message_release(message);
}

static void echo_handler(void* arg, polycall_call* call, const polycall_message* request) {
  (void)arg;
  (void)request;
  struct echoer* echoer = malloc(sizeof *echoer);
  echoer->call = call;
  polycall_call_receive_async(call, echo_received, echoer);
}

static void a_handler_may_serve_a_stream_by_callbacks(void) {
  polycall_server* server = polycall_server_new(NULL, NULL);
  REQUIRE(server != NULL);
  polycall_handler handler = POLYCALL_HANDLER_INIT;
  handler.fn = echo_handler;
  handler.asynchronous = 1;
  polycall_service_descriptor service = test_service;
  service.methods = &test_service.methods[CHAT];
  service.method_count = 1;
  CHECK_NUMBER(
      polycall_server_add_service(server, &service, &handler, sizeof handler, NULL, NULL, NULL),
      POLYCALL_OK);
  char address[256];
  polycall_server_listen(server, fresh_target(), address, sizeof address, NULL);
  polycall_server_start(server, NULL);
  struct fixture fixture;
  fixture.server = server;
  fixture.channel = polycall_channel_new(address, NULL, NULL);
  REQUIRE(fixture.channel != NULL);
  polycall_call* calls[8];
  struct talker talkers[8];
  for (size_t i = 0; i < COUNT_OF(calls); ++i) {
    calls[i] = start(&fixture, CHAT, 0);
    talker_start(&talkers[i], calls[i], 500);
  }
  for (size_t i = 0; i < COUNT_OF(calls); ++i) {
    REQUIRE(event_wait_for(&talkers[i].ended, 2));
    CHECK_NUMBER(talkers[i].code, POLYCALL_OK);
    CHECK_NUMBER(talkers[i].received, 500);
    CHECK(talkers[i].in_order);
    polycall_call_release(calls[i]);
  }
  fixture_end(&fixture);
}

static const struct test tests[] = {
    {"a bidirectional call runs by callbacks alone", a_bidirectional_call_runs_by_callbacks_alone},
    {"a server stream is received by callbacks", a_server_stream_is_received_by_callbacks},
    {"the end is told to callbacks when the call is cancelled",
     the_end_is_told_to_callbacks_when_the_call_is_cancelled},
    {"a handler may serve a stream by callbacks", a_handler_may_serve_a_stream_by_callbacks},
};

int main(int argc, char** argv) { return run_tests(argc, argv, tests, COUNT_OF(tests)); }
