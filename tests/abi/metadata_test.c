/* Metadata as a list: order, repetition, what keys and values may be. No transport. */
#include "check.h"

static void entries_keep_their_order_and_may_repeat(void) {
  polycall_metadata* metadata = polycall_metadata_new();
  REQUIRE(metadata != NULL);
  CHECK_NUMBER(polycall_metadata_count(metadata), 0);
  CHECK_NUMBER(polycall_metadata_add(metadata, "b", "1", 1, NULL), POLYCALL_OK);
  CHECK_NUMBER(polycall_metadata_add(metadata, "a", "2", 1, NULL), POLYCALL_OK);
  CHECK_NUMBER(polycall_metadata_add(metadata, "b", "3", 1, NULL), POLYCALL_OK);
  CHECK_NUMBER(polycall_metadata_count(metadata), 3);
  static const char* const wanted[] = {"b1", "a2", "b3"};
  for (size_t i = 0; i < 3; ++i) {
    const char* key = NULL;
    const void* value = NULL;
    size_t size = 0;
    CHECK(polycall_metadata_get(metadata, i, &key, &value, &size) == 1);
    CHECK(key != NULL && key[0] == wanted[i][0] && key[1] == '\0');
    CHECK(size == 1 && *(const char*)value == wanted[i][1]);
  }
  polycall_metadata_free(metadata);
}

static void find_gives_the_last_value_of_a_key(void) {
  polycall_metadata* metadata = polycall_metadata_new();
  polycall_metadata_add(metadata, "user", "first", 5, NULL);
  polycall_metadata_add(metadata, "user", "second", 6, NULL);
  const void* value = NULL;
  size_t size = 0;
  CHECK(polycall_metadata_find(metadata, "user", &value, &size) == 1);
  CHECK(size == 6 && memcmp(value, "second", 6) == 0);
  CHECK(polycall_metadata_find(metadata, "nobody", &value, &size) == 0);
  polycall_metadata_free(metadata);
}

static void there_is_no_entry_past_the_end(void) {
  polycall_metadata* metadata = polycall_metadata_new();
  polycall_metadata_add(metadata, "only", "x", 1, NULL);
  const char* key;
  const void* value;
  size_t size;
  CHECK(polycall_metadata_get(metadata, 1, &key, &value, &size) == 0);
  CHECK(polycall_metadata_get(metadata, SIZE_MAX, &key, &value, &size) == 0);
  polycall_metadata_free(metadata);
}

static void null_metadata_is_empty(void) {
  CHECK_NUMBER(polycall_metadata_count(NULL), 0);
  polycall_metadata_free(NULL);
}

static void upper_case_letters_of_a_key_are_lowered(void) {
  polycall_metadata* metadata = polycall_metadata_new();
  CHECK_NUMBER(polycall_metadata_add(metadata, "X-Trace-Id", "7", 1, NULL), POLYCALL_OK);
  const char* key = NULL;
  const void* value;
  size_t size;
  CHECK(polycall_metadata_get(metadata, 0, &key, &value, &size) == 1);
  CHECK_TEXT(key, "x-trace-id");
  polycall_metadata_free(metadata);
}

static void a_bin_key_holds_any_bytes(void) {
  polycall_metadata* metadata = polycall_metadata_new();
  const unsigned char bytes[] = {0, 255, 10, 13, 0, 128};
  CHECK_NUMBER(polycall_metadata_add(metadata, "key-bin", bytes, sizeof bytes, NULL), POLYCALL_OK);
  const void* value = NULL;
  size_t size = 0;
  CHECK(polycall_metadata_find(metadata, "key-bin", &value, &size) == 1);
  CHECK(size == sizeof bytes && memcmp(value, bytes, size) == 0);
  polycall_metadata_free(metadata);
}

static void an_empty_value_is_a_value(void) {
  polycall_metadata* metadata = polycall_metadata_new();
  CHECK_NUMBER(polycall_metadata_add(metadata, "empty", "", 0, NULL), POLYCALL_OK);
  CHECK_NUMBER(polycall_metadata_add(metadata, "empty-bin", NULL, 0, NULL), POLYCALL_OK);
  const void* value;
  size_t size = 9;
  CHECK(polycall_metadata_find(metadata, "empty", &value, &size) == 1);
  CHECK_NUMBER(size, 0);
  polycall_metadata_free(metadata);
}

static void refused(const char* key, const char* value, size_t size) {
  polycall_metadata* metadata = polycall_metadata_new();
  polycall_status status = POLYCALL_STATUS_INIT;
  if (!CHECK_NUMBER(polycall_metadata_add(metadata, key, value, size, &status),
                    POLYCALL_INVALID_ARGUMENT)) {
    printf("    the key was \"%s\"\n", key);
  }
  CHECK(status.message != NULL && status.message[0] != '\0');
  CHECK_NUMBER(polycall_metadata_count(metadata), 0);
  polycall_status_clear(&status);
  polycall_metadata_free(metadata);
}

static void a_key_out_of_the_alphabet_is_refused(void) {
  refused("", "x", 1);
  refused("white space", "x", 1);
  refused("colon:", "x", 1);
  refused("\xC3\xA4", "x", 1);
  refused("line\nbreak", "x", 1);
}

static void a_text_value_that_is_not_printable_is_refused(void) {
  refused("key", "a\nb", 3);
  refused("key", "\x01", 1);
  refused("key", "\xC3\xA4", 2);
  refused("key", "a\0b", 3);
}

static void the_runtimes_own_keys_are_refused(void) {
  refused("grpc-timeout", "1S", 2);
  refused("polycall-x", "1", 1);
  refused(":path", "/", 1);
}

static const struct test tests[] = {
    {"entries keep their order and may repeat", entries_keep_their_order_and_may_repeat},
    {"find gives the last value of a key", find_gives_the_last_value_of_a_key},
    {"there is no entry past the end", there_is_no_entry_past_the_end},
    {"NULL metadata is empty", null_metadata_is_empty},
    {"upper-case letters of a key are lowered", upper_case_letters_of_a_key_are_lowered},
    {"a -bin key holds any bytes", a_bin_key_holds_any_bytes},
    {"an empty value is a value", an_empty_value_is_a_value},
    {"a key out of the alphabet is refused", a_key_out_of_the_alphabet_is_refused},
    {"a text value that is not printable is refused",
     a_text_value_that_is_not_printable_is_refused},
    {"the runtime's own keys are refused", the_runtimes_own_keys_are_refused},
};

int main(int argc, char** argv) { return run_tests(argc, argv, tests, COUNT_OF(tests)); }
