/* Any bytes: what the codec accepts, it writes again, and what it wrote it reads as the same message.
 * The first byte chooses the message and the manner of parsing. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "codec2.polycall.h"
#include "codec3.polycall.h"

static void require(int ok) {
  if (!ok) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const polycall_codec_table* const tables[] = {&codec3_All_table, &codec2_All_table,
                                                       &codec3_Older_table, &codec2_Leaf_table};
  if (size == 0) return 0;
  const polycall_codec_table* const table = tables[data[0] & 3];
  const uint32_t flags = data[0] & 4 ? POLYCALL_PARSE_BORROW : 0;
  polycall_arena arena;
  polycall_arena again_arena;
  polycall_arena_init(&arena, NULL, 0);
  polycall_arena_init(&again_arena, NULL, 0);
  polycall_arena_set_limit(&arena, (size_t)16 << 20);
  void* const message = polycall_codec_new(table, &arena);
  polycall_codec_error error;
  char text[256];
  if (!polycall_codec_parse(table, message, &arena, data + 1, size - 1, flags, &error)) {
    polycall_codec_error_text(table, &error, text, sizeof text);
    require(error.reason != NULL);
  } else {
    const size_t encoded_size = polycall_codec_size(table, message);
    require(encoded_size != SIZE_MAX);
    char* const encoded = malloc(encoded_size + 1);
    require(encoded != NULL);
    require(polycall_codec_encode(table, message, encoded, encoded_size));
    void* const again = polycall_codec_new(table, &again_arena);
    require(polycall_codec_parse(table, again, &again_arena, encoded, encoded_size, 0, NULL));
    require(polycall_codec_equal(table, message, again));
    free(encoded);
    void* const copy = polycall_codec_new(table, &again_arena);
    require(polycall_codec_copy(table, copy, message, &again_arena));
    require(polycall_codec_equal(table, message, copy));
  }
  polycall_arena_free(&arena);
  polycall_arena_free(&again_arena);
  return 0;
}
