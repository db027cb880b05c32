/* Buffers and messages: who owns what, and what keeping and encoding do. No transport. */
#include "text_object.h"

static void a_buffer_is_as_large_as_asked_and_writable(void) {
  static const size_t sizes[] = {0, 1, 63, 64, 4096, 65536, 1 << 20, 5 << 20};
  for (size_t i = 0; i < COUNT_OF(sizes); ++i) {
    polycall_buffer* buffer = polycall_buffer_new(sizes[i]);
    REQUIRE(buffer != NULL);
    CHECK_NUMBER(polycall_buffer_size(buffer), sizes[i]);
    if (sizes[i] > 0) {
      memset(polycall_buffer_data(buffer), 0x5A, sizes[i]);
      CHECK(((unsigned char*)polycall_buffer_data(buffer))[sizes[i] - 1] == 0x5A);
    }
    polycall_buffer_release(buffer);
  }
}

static void a_retained_buffer_outlives_one_release(void) {
  polycall_buffer* buffer = polycall_buffer_new(100);
  REQUIRE(buffer != NULL);
  memset(polycall_buffer_data(buffer), 7, 100);
  polycall_buffer_retain(buffer);
  polycall_buffer_release(buffer);
  CHECK(((char*)polycall_buffer_data(buffer))[99] == 7);
  polycall_buffer_release(buffer);
}

static void a_buffer_that_no_memory_can_hold_is_null(void) {
  CHECK(polycall_buffer_new(SIZE_MAX - 8) == NULL);
  CHECK(polycall_buffer_new(SIZE_MAX / 2) == NULL);
}

static void releasing_nothing_is_fine(void) {
  polycall_buffer_release(NULL);
  polycall_message_release(NULL);
  polycall_message empty = POLYCALL_MESSAGE_INIT;
  polycall_message_release(&empty);
  CHECK(empty.data == NULL);
}

static void kept_bytes_are_independent_of_their_source(void) {
  char bytes[] = "some bytes";
  polycall_message message = POLYCALL_MESSAGE_INIT;
  message.data = bytes;
  message.size = sizeof bytes - 1;
  polycall_message kept = POLYCALL_MESSAGE_INIT;
  REQUIRE(polycall_message_keep(&message, &kept) == POLYCALL_OK);
  memset(bytes, 0, sizeof bytes);
  CHECK(kept.size == 10 && memcmp(kept.data, "some bytes", 10) == 0);
  polycall_message_release(&kept);
  CHECK(kept.data == NULL && kept.size == 0 && kept.buffer == NULL);
}

static void a_kept_empty_message_is_empty(void) {
  polycall_message empty = POLYCALL_MESSAGE_INIT;
  polycall_message kept = POLYCALL_MESSAGE_INIT;
  CHECK_NUMBER(polycall_message_keep(&empty, &kept), POLYCALL_OK);
  CHECK_NUMBER(kept.size, 0);
  polycall_message_release(&kept);
}

static void keeping_a_large_buffer_shares_it(void) {
  polycall_buffer* buffer = polycall_buffer_new(1 << 20);
  REQUIRE(buffer != NULL);
  memset(polycall_buffer_data(buffer), 3, 1 << 20);
  polycall_message message = POLYCALL_MESSAGE_INIT;
  message.buffer = buffer;
  message.data = polycall_buffer_data(buffer);
  message.size = 1 << 20;
  polycall_message kept = POLYCALL_MESSAGE_INIT;
  REQUIRE(polycall_message_keep(&message, &kept) == POLYCALL_OK);
  CHECK(kept.data == message.data);
  polycall_buffer_release(buffer);
  CHECK(((const char*)kept.data)[(1 << 20) - 1] == 3);
  polycall_message_release(&kept);
}

static void keeping_an_object_retains_it(void) {
  struct text_object* object = text_new("kept");
  polycall_message message = object_message(&text_type, object);
  polycall_message kept = POLYCALL_MESSAGE_INIT;
  REQUIRE(polycall_message_keep(&message, &kept) == POLYCALL_OK);
  CHECK(kept.object == object && kept.type == &text_type);
  CHECK_NUMBER(object->references, 2);
  text_release(object);
  CHECK_NUMBER(text_alive, 1);
  polycall_message_release(&kept);
  CHECK_NUMBER(text_alive, 0);
}

static void keeping_an_object_that_cannot_be_retained_encodes_it(void) {
  struct text_object* object = text_new("encoded");
  polycall_message message = object_message(&unretainable_type, object);
  polycall_message kept = POLYCALL_MESSAGE_INIT;
  REQUIRE(polycall_message_keep(&message, &kept) == POLYCALL_OK);
  text_release(object);
  CHECK(kept.type == NULL && kept.size == 7 && memcmp(kept.data, "encoded", 7) == 0);
  polycall_message_release(&kept);
  CHECK_NUMBER(text_alive, 0);
}

static void an_object_becomes_bytes_by_its_own_encoder(void) {
  struct text_object* object = text_new("as bytes");
  polycall_message message = object_message(&text_type, object);
  polycall_message bytes = POLYCALL_MESSAGE_INIT;
  polycall_status status = POLYCALL_STATUS_INIT;
  atomic_store(&text_encodings, 0);
  polycall_message_to_bytes(&message, &bytes, &status);
  CHECK_STATUS(&status, POLYCALL_OK);
  CHECK(bytes.type == NULL && bytes.size == 8 && memcmp(bytes.data, "as bytes", 8) == 0);
  CHECK_NUMBER(text_encodings, 1);
  polycall_message_release(&bytes);
  polycall_status_clear(&status);
  text_release(object);
}

static void bytes_stay_bytes(void) {
  polycall_message message = POLYCALL_MESSAGE_INIT;
  message.data = "plain";
  message.size = 5;
  polycall_message bytes = POLYCALL_MESSAGE_INIT;
  CHECK_NUMBER(polycall_message_to_bytes(&message, &bytes, NULL), POLYCALL_OK);
  CHECK(bytes.size == 5 && memcmp(bytes.data, "plain", 5) == 0);
  polycall_message_release(&bytes);
}

static void an_object_that_cannot_be_encoded_is_an_internal_error(void) {
  struct text_object* object = text_new("never");
  polycall_message message = object_message(&unencodable_type, object);
  polycall_message bytes = POLYCALL_MESSAGE_INIT;
  polycall_status status = POLYCALL_STATUS_INIT;
  CHECK_NUMBER(polycall_message_to_bytes(&message, &bytes, &status), POLYCALL_INTERNAL);
  CHECK_STATUS(&status, POLYCALL_INTERNAL);
  CHECK(status.message != NULL && strstr(status.message, "abi.v1.Text") != NULL);
  polycall_status_clear(&status);
  text_release(object);
}

static const struct test tests[] = {
    {"a buffer is as large as asked and writable", a_buffer_is_as_large_as_asked_and_writable},
    {"a retained buffer outlives one release", a_retained_buffer_outlives_one_release},
    {"a buffer that no memory can hold is NULL", a_buffer_that_no_memory_can_hold_is_null},
    {"releasing nothing is fine", releasing_nothing_is_fine},
    {"kept bytes are independent of their source", kept_bytes_are_independent_of_their_source},
    {"a kept empty message is empty", a_kept_empty_message_is_empty},
    {"keeping a large buffer shares it", keeping_a_large_buffer_shares_it},
    {"keeping an object retains it", keeping_an_object_retains_it},
    {"keeping an object that cannot be retained encodes it",
     keeping_an_object_that_cannot_be_retained_encodes_it},
    {"an object becomes bytes by its own encoder", an_object_becomes_bytes_by_its_own_encoder},
    {"bytes stay bytes", bytes_stay_bytes},
    {"an object that cannot be encoded is an internal error",
     an_object_that_cannot_be_encoded_is_an_internal_error},
};

int main(int argc, char** argv) { return run_tests(argc, argv, tests, COUNT_OF(tests)); }
