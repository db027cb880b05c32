/* The streaming kinds, blocking style. */
#include "service.h"

static polycall_code send_text(polycall_call* call, const char* text, uint32_t flags) {
  polycall_message message = text_message(text);
  return polycall_call_send(call, &message, flags, NULL);
}

static void client_streaming_answers_once_for_many_messages(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  polycall_call* call = start(&fixture, COLLECT, 0);
  for (int i = 0; i < 100; ++i) {
    CHECK_NUMBER(send_text(call, "0123456789", i % 3 ? POLYCALL_SEND_BUFFERED : 0), POLYCALL_OK);
  }
  CHECK_NUMBER(polycall_call_half_close(call), POLYCALL_OK);
  polycall_message response = POLYCALL_MESSAGE_INIT;
  CHECK(polycall_call_receive(call, &response) == 1);
  CHECK(message_is(&response, "100 messages, 1000 bytes"));
  polycall_message_release(&response);
  CHECK(polycall_call_receive(call, &response) == 0);
  CHECK_NUMBER(polycall_call_wait(call, NULL, NULL), POLYCALL_OK);
  polycall_call_release(call);
  fixture_end(&fixture);
}

static void a_client_stream_may_be_empty(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  polycall_call* call = start(&fixture, COLLECT, 0);
  CHECK_NUMBER(polycall_call_half_close(call), POLYCALL_OK);
  polycall_message response = POLYCALL_MESSAGE_INIT;
  CHECK(polycall_call_receive(call, &response) == 1);
  CHECK(message_is(&response, "0 messages, 0 bytes"));
  polycall_message_release(&response);
  CHECK_NUMBER(polycall_call_wait(call, NULL, NULL), POLYCALL_OK);
  polycall_call_release(call);
  fixture_end(&fixture);
}

static void server_streaming_gives_its_messages_in_order(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  polycall_call* call = start(&fixture, COUNT, 0);
  CHECK_NUMBER(send_text(call, "1000", POLYCALL_SEND_HALF_CLOSE), POLYCALL_OK);
  polycall_message message = POLYCALL_MESSAGE_INIT;
  int received = 0;
  while (polycall_call_receive(call, &message)) {
    char wanted[16];
    snprintf(wanted, sizeof wanted, "%d", received++);
    CHECK(message_is(&message, wanted));
    polycall_message_release(&message);
  }
  CHECK_NUMBER(received, 1000);
  CHECK_NUMBER(polycall_call_wait(call, NULL, NULL), POLYCALL_OK);
  CHECK_NUMBER(polycall_call_wait(call, NULL, NULL), POLYCALL_OK); /* may be asked again */
  polycall_call_release(call);
  fixture_end(&fixture);
}

static void a_server_stream_may_be_empty(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  polycall_call* call = start(&fixture, COUNT, 0);
  send_text(call, "0", POLYCALL_SEND_HALF_CLOSE);
  polycall_message message = POLYCALL_MESSAGE_INIT;
  CHECK(polycall_call_receive(call, &message) == 0);
  CHECK_NUMBER(polycall_call_wait(call, NULL, NULL), POLYCALL_OK);
  polycall_call_release(call);
  fixture_end(&fixture);
}

static void a_bidirectional_call_answers_message_by_message(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  polycall_call* call = start(&fixture, CHAT, 0);
  for (int i = 0; i < 200; ++i) {
    char text[32];
    snprintf(text, sizeof text, "message %d", i);
    CHECK_NUMBER(send_text(call, text, 0), POLYCALL_OK);
    polycall_message answer = POLYCALL_MESSAGE_INIT;
    REQUIRE(polycall_call_receive(call, &answer) == 1);
    CHECK(message_is(&answer, text));
    polycall_message_release(&answer);
  }
  CHECK_NUMBER(polycall_call_half_close(call), POLYCALL_OK);
  polycall_message answer = POLYCALL_MESSAGE_INIT;
  CHECK(polycall_call_receive(call, &answer) == 0);
  CHECK_NUMBER(polycall_call_wait(call, NULL, NULL), POLYCALL_OK);
  polycall_call_release(call);
  fixture_end(&fixture);
}

static void an_empty_message_is_a_message_of_a_stream(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  polycall_call* call = start(&fixture, CHAT, 0);
  CHECK_NUMBER(send_text(call, "", 0), POLYCALL_OK);
  CHECK_NUMBER(send_text(call, "", POLYCALL_SEND_HALF_CLOSE), POLYCALL_OK);
  polycall_message answer = POLYCALL_MESSAGE_INIT;
  int received = 0;
  while (polycall_call_receive(call, &answer)) {
    CHECK_NUMBER(answer.size, 0);
    polycall_message_release(&answer);
    ++received;
  }
  CHECK_NUMBER(received, 2);
  polycall_call_release(call);
  fixture_end(&fixture);
}

static void large_messages_stream_whole(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  enum { kSize = 1 << 20 };
  unsigned char* bytes = malloc(kSize);
  for (int i = 0; i < kSize; ++i) {
    bytes[i] = (unsigned char)(i * 7 + (i >> 9));
  }
  polycall_call* call = start(&fixture, CHAT, 0);
  for (int i = 0; i < 10; ++i) {
    polycall_message message = POLYCALL_MESSAGE_INIT;
    message.data = bytes;
    message.size = kSize;
    CHECK_NUMBER(polycall_call_send(call, &message, 0, NULL), POLYCALL_OK);
    polycall_message answer = POLYCALL_MESSAGE_INIT;
    REQUIRE(polycall_call_receive(call, &answer) == 1);
    CHECK(answer.size == kSize && memcmp(answer.data, bytes, kSize) == 0);
    polycall_message_release(&answer);
  }
  polycall_call_half_close(call);
  CHECK_NUMBER(polycall_call_wait(call, NULL, NULL), POLYCALL_OK);
  polycall_call_release(call);
  free(bytes);
  fixture_end(&fixture);
}

static void a_sender_waits_for_a_slow_reader(void) {
  struct fixture fixture;
  polycall_channel_options options = POLYCALL_CHANNEL_OPTIONS_INIT;
  options.limits.call_window = 65536;
  REQUIRE(fixture_start(&fixture, NULL, &options));
  polycall_call* call = start(&fixture, COUNT, 0);
  enum { kMessages = 100000 };
  send_text(call, "100000", POLYCALL_SEND_HALF_CLOSE);
  polycall_message message = POLYCALL_MESSAGE_INIT;
  CHECK(polycall_call_receive(call, &message) == 1);
  polycall_message_release(&message);
  sleep_ms(300); /* time enough to send all, if nothing held the sender back */
  CHECK(fixture.service.sent < kMessages / 2);
  int received = 1;
  while (polycall_call_receive(call, &message)) {
    polycall_message_release(&message);
    ++received;
  }
  CHECK_NUMBER(received, kMessages);
  CHECK_NUMBER(polycall_call_wait(call, NULL, NULL), POLYCALL_OK);
  polycall_call_release(call);
  fixture_end(&fixture);
}

static void a_send_after_half_close_is_refused(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  polycall_call* call = start(&fixture, CHAT, 0);
  CHECK_NUMBER(polycall_call_half_close(call), POLYCALL_OK);
  polycall_message message = text_message("too late");
  polycall_status status = POLYCALL_STATUS_INIT;
  CHECK(polycall_call_send(call, &message, 0, &status) != POLYCALL_OK);
  CHECK(status.code != POLYCALL_OK);
  polycall_status_clear(&status);
  CHECK_NUMBER(polycall_call_wait(call, NULL, NULL), POLYCALL_OK);
  polycall_call_release(call);
  fixture_end(&fixture);
}

static void an_error_ends_the_stream_with_its_status(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  polycall_method_descriptor unknown = test_service.methods[CHAT];
  unknown.name = "Whisper";
  polycall_call* call = polycall_call_start(
      fixture.channel, polycall_channel_method(fixture.channel, test_service.name, &unknown), NULL);
  REQUIRE(call != NULL);
  polycall_message answer = POLYCALL_MESSAGE_INIT;
  CHECK(polycall_call_receive(call, &answer) == 0);
  polycall_status status = POLYCALL_STATUS_INIT;
  CHECK_NUMBER(polycall_call_wait(call, &status, NULL), POLYCALL_UNIMPLEMENTED);
  CHECK(status.message != NULL && strstr(status.message, "Whisper") != NULL);
  polycall_status_clear(&status);
  polycall_call_release(call);
  fixture_end(&fixture);
}

static void a_unary_method_may_be_called_as_a_stream(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  polycall_call* call = start(&fixture, ECHO, 0);
  CHECK_TEXT(polycall_call_service(call), "abi.v1.Test");
  CHECK_TEXT(polycall_call_method(call), "Echo");
  CHECK_NUMBER(polycall_call_kind(call), POLYCALL_UNARY);
  CHECK_NUMBER(send_text(call, "once", POLYCALL_SEND_HALF_CLOSE), POLYCALL_OK);
  polycall_message answer = POLYCALL_MESSAGE_INIT;
  CHECK(polycall_call_receive(call, &answer) == 1);
  CHECK(message_is(&answer, "once"));
  polycall_message_release(&answer);
  CHECK_TEXT(polycall_call_transport(call), transport());
  char peer[128] = "";
  CHECK(polycall_call_peer(call, peer, sizeof peer) > 0 && peer[0] != '\0');
  char cut[3] = "";
  CHECK(polycall_call_peer(call, cut, sizeof cut) > 2 && strlen(cut) == 2);
  CHECK_NUMBER(polycall_call_wait(call, NULL, NULL), POLYCALL_OK);
  polycall_call_release(call);
  fixture_end(&fixture);
}

static const struct test tests[] = {
    {"client streaming answers once for many messages",
     client_streaming_answers_once_for_many_messages},
    {"a client stream may be empty", a_client_stream_may_be_empty},
    {"server streaming gives its messages in order", server_streaming_gives_its_messages_in_order},
    {"a server stream may be empty", a_server_stream_may_be_empty},
    {"a bidirectional call answers message by message",
     a_bidirectional_call_answers_message_by_message},
    {"an empty message is a message of a stream", an_empty_message_is_a_message_of_a_stream},
    {"large messages stream whole", large_messages_stream_whole},
    {"a sender waits for a slow reader", a_sender_waits_for_a_slow_reader},
    {"a send after half-close is refused", a_send_after_half_close_is_refused},
    {"an error ends the stream with its status", an_error_ends_the_stream_with_its_status},
    {"a unary method may be called as a stream", a_unary_method_may_be_called_as_a_stream},
};

int main(int argc, char** argv) { return run_tests(argc, argv, tests, COUNT_OF(tests)); }
