/* Every message of the hazard protos: parsed from a sample, written again to the same bytes, copied,
 * compared, retained; and cut off anywhere, refused or accepted but never more than that. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "all_messages.h"
#include "polycall/c/object.h"
#include "wire_sample.h"

#define ROUNDS 8

static int failures = 0;

static void check(bool ok, const char* what, const char* message, unsigned round) {
  if (ok) return;
  ++failures;
  fprintf(stderr, "FAILED: %s: %s (round %u)\n", message, what, round);
}

/* `object`'s encoding is `expected`. */
static void check_encoding(const polycall_message_type* type, const polycall_object* object,
                           const wire_buffer* expected, const char* what, unsigned round) {
  const size_t size = type->encoded_size(object);
  check(size == expected->size, what, type->name, round);
  if (size != expected->size) return;
  unsigned char* const out = malloc(size + 1);
  if (out == NULL) abort();
  out[size] = 0x5a;
  check(type->encode(object, out, size) == 0, what, type->name, round);
  check(size == 0 || memcmp(out, expected->data, size) == 0, what, type->name, round);
  check(out[size] == 0x5a, "nothing is written beyond the end", type->name, round);
  free(out);
}

static void test_round(const polycall_message_type* type, unsigned round) {
  const polycall_codec_table* const table = type->identity;
  wire_buffer sample = {NULL, 0, 0};
  wire_sample_write(&sample, table, round, 2);
  polycall_arena arena;
  polycall_arena_init(&arena, NULL, 0);
  polycall_status status = POLYCALL_STATUS_INIT;
  void* const message = polycall_object_parse_new(table, &arena, sample.data, sample.size, &status);
  check(message != NULL, status.message == NULL ? "is parsed" : status.message, type->name, round);
  if (message != NULL) {
    polycall_object object = {table, message, NULL, 0};
    check_encoding(type, &object, &sample, "is written as it was read", round);
    polycall_object* const kept = type->retain(&object);
    check(kept != NULL, "can be kept", type->name, round);
    if (kept != NULL) {
      check(polycall_codec_equal(table, message, kept->message), "equals its copy", type->name,
            round);
      polycall_arena_free(&arena);
      check_encoding(type, kept, &sample, "is written as it was copied", round);
      type->release(kept);
    }
  }
  polycall_status_clear(&status);
  polycall_arena_reset(&arena);
  const size_t step = sample.size / 200 + 1;
  for (size_t size = 0; size < sample.size; size += step) {
    void* const part = polycall_object_parse_new(table, &arena, sample.data, size, &status);
    check(part != NULL || status.message != NULL, "a refusal says why", type->name, round);
    polycall_status_clear(&status);
    polycall_arena_reset(&arena);
  }
  polycall_arena_free(&arena);
  wire_buffer_free(&sample);
}

int main(void) {
  unsigned count = 0;
  for (; all_messages[count] != NULL; ++count) {
    for (unsigned round = 0; round < ROUNDS; ++round) test_round(all_messages[count], round);
  }
  printf("%u messages, %d failures\n", count, failures);
  return failures == 0 && count > 0 ? 0 : 1;
}
