/* Metadata on calls: both ways, initial and trailing, text and bytes. */
#include "service.h"

static bool holds(const polycall_metadata* metadata, const char* key, const void* wanted,
                  size_t wanted_size) {
  const void* value = NULL;
  size_t size = 0;
  return polycall_metadata_find(metadata, key, &value, &size) == 1 && size == wanted_size &&
         memcmp(value, wanted, size) == 0;
}

static void metadata_travels_both_ways(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  const unsigned char bytes[] = {0, 1, 254, 255, 0};
  polycall_metadata* metadata = polycall_metadata_new();
  polycall_metadata_add(metadata, "x-echo", "one", 3, NULL);
  polycall_metadata_add(metadata, "x-echo", "two", 3, NULL);
  polycall_metadata_add(metadata, "x-echo-bin", bytes, sizeof bytes, NULL);
  polycall_call_options options = POLYCALL_CALL_OPTIONS_INIT;
  options.metadata = metadata;
  options.flags = POLYCALL_CALL_WANT_METADATA;
  polycall_unary unary;
  CHECK_NUMBER(call_text(&fixture, METADATA, "m", &options, &unary), POLYCALL_OK);
  polycall_metadata_free(metadata);
  CHECK_NUMBER(polycall_metadata_count(unary.initial_metadata), 2);
  CHECK(holds(unary.initial_metadata, "x-echo", "two", 3));
  CHECK_NUMBER(polycall_metadata_count(unary.trailing_metadata), 1);
  CHECK(holds(unary.trailing_metadata, "x-echo-bin", bytes, sizeof bytes));
  unary_clear(&unary);
  fixture_end(&fixture);
}

static void metadata_that_nobody_wants_is_not_given(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  polycall_metadata* metadata = polycall_metadata_new();
  polycall_metadata_add(metadata, "x-echo", "one", 3, NULL);
  polycall_call_options options = POLYCALL_CALL_OPTIONS_INIT;
  options.metadata = metadata;
  polycall_unary unary;
  CHECK_NUMBER(call_text(&fixture, METADATA, "m", &options, &unary), POLYCALL_OK);
  polycall_metadata_free(metadata);
  CHECK(unary.initial_metadata == NULL && unary.trailing_metadata == NULL);
  unary_clear(&unary);
  fixture_end(&fixture);
}

static void a_streaming_caller_reads_initial_and_trailing_metadata(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  polycall_metadata* metadata = polycall_metadata_new();
  polycall_metadata_add(metadata, "x-echo", "streamed", 8, NULL);
  polycall_metadata_add(metadata, "x-echo-bin", "\x00\x01", 2, NULL);
  polycall_call_options options = POLYCALL_CALL_OPTIONS_INIT;
  options.metadata = metadata;
  polycall_call* call =
      polycall_call_start(fixture.channel, method_of(&fixture, METADATA), &options);
  polycall_metadata_free(metadata);
  REQUIRE(call != NULL);
  polycall_message request = text_message("m");
  CHECK_NUMBER(polycall_call_send(call, &request, POLYCALL_SEND_HALF_CLOSE, NULL), POLYCALL_OK);
  CHECK(holds(polycall_call_initial_metadata(call), "x-echo", "streamed", 8));
  polycall_message response = POLYCALL_MESSAGE_INIT;
  CHECK(polycall_call_receive(call, &response) == 1);
  CHECK(message_is(&response, "m"));
  polycall_message_release(&response);
  polycall_status status = POLYCALL_STATUS_INIT;
  const polycall_metadata* trailing = NULL;
  CHECK_NUMBER(polycall_call_wait(call, &status, &trailing), POLYCALL_OK);
  CHECK(holds(trailing, "x-echo-bin", "\x00\x01", 2));
  polycall_call_release(call);
  fixture_end(&fixture);
}

static void initial_metadata_is_empty_when_the_handler_sends_none(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  polycall_call* call = start(&fixture, ECHO, 0);
  polycall_message request = text_message("m");
  polycall_call_send(call, &request, POLYCALL_SEND_HALF_CLOSE, NULL);
  const polycall_metadata* initial = polycall_call_initial_metadata(call);
  CHECK(initial != NULL && polycall_metadata_count(initial) == 0);
  CHECK_NUMBER(polycall_call_wait(call, NULL, NULL), POLYCALL_OK);
  polycall_call_release(call);
  fixture_end(&fixture);
}

static void more_metadata_than_the_limit_is_refused(void) {
  struct fixture fixture;
  polycall_channel_options options = POLYCALL_CHANNEL_OPTIONS_INIT;
  options.limits.max_metadata_size = 1000;
  REQUIRE(fixture_start(&fixture, NULL, &options));
  char value[2000];
  memset(value, 'v', sizeof value);
  polycall_metadata* metadata = polycall_metadata_new();
  polycall_metadata_add(metadata, "x-big", value, sizeof value, NULL);
  polycall_call_options call_options = POLYCALL_CALL_OPTIONS_INIT;
  call_options.metadata = metadata;
  polycall_unary unary;
  CHECK_NUMBER(call_text(&fixture, ECHO, "m", &call_options, &unary), POLYCALL_RESOURCE_EXHAUSTED);
  CHECK(unary.status.message != NULL && strstr(unary.status.message, "max_metadata_size") != NULL);
  unary_clear(&unary);
  polycall_metadata_free(metadata);
  /* The channel goes on. */
  CHECK_NUMBER(call_text(&fixture, ECHO, "m", NULL, &unary), POLYCALL_OK);
  unary_clear(&unary);
  fixture_end(&fixture);
}

static const struct test tests[] = {
    {"metadata travels both ways", metadata_travels_both_ways},
    {"metadata that nobody wants is not given", metadata_that_nobody_wants_is_not_given},
    {"a streaming caller reads initial and trailing metadata",
     a_streaming_caller_reads_initial_and_trailing_metadata},
    {"initial metadata is empty when the handler sends none",
     initial_metadata_is_empty_when_the_handler_sends_none},
    {"more metadata than the limit is refused", more_metadata_than_the_limit_is_refused},
};

int main(int argc, char** argv) { return run_tests(argc, argv, tests, COUNT_OF(tests)); }
