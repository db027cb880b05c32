/* The C codec under test: every message by its table. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "native/pipe.h"
#include "wire2.polycall.h"
#include "wire3.polycall.h"

static const polycall_codec_table* const tables[] = {
    &wire2_All_table,    &wire2_Choice_table,   &wire2_Closed_table,   &wire2_Leaf_table,
    &wire2_Maps_table,   &wire2_Repeated_table, &wire2_Required_table, &wire2_Scalars_table,
    &wire2_Unread_table, &wire3_All_table,      &wire3_Choice_table,   &wire3_Empty_table,
    &wire3_Leaf_table,   &wire3_Maps_table,     &wire3_Mixed_table,    &wire3_Numbers_table,
    &wire3_Older_table,  &wire3_Repeated_table, &wire3_Scalars_table,  &wire3_Tree_table,
};

static const polycall_codec_table* find_table(const char* name) {
  for (size_t i = 0; i < sizeof tables / sizeof *tables; ++i) {
    if (strcmp(tables[i]->name, name) == 0) return tables[i];
  }
  return NULL;
}

typedef struct bytes {
  char* data;
  size_t size;
} bytes;

/* False: `error` is the answer. */
static bool encode(const polycall_codec_table* table, const void* message, bytes* out,
                   const char** error) {
  out->size = polycall_codec_size(table, message);
  if (out->size == SIZE_MAX) {
    *error = "what was decoded cannot be encoded";
    return false;
  }
  out->data = (char*)malloc(out->size + 1);
  if (out->data != NULL && polycall_codec_encode(table, message, out->data, out->size)) return true;
  *error = "encoding needed another size than was said";
  free(out->data);
  return false;
}

static void decode(const codec_request* request, const polycall_codec_table* table) {
  polycall_arena arena;
  polycall_arena_init(&arena, NULL, 0);
  void* const message = polycall_codec_new(table, &arena);
  polycall_codec_error error;
  bytes out;
  const char* reason = "out of memory";
  if (message == NULL) {
    codec_answer_text(CODEC_TESTEE_FAILED, reason);
  } else if (!polycall_codec_parse(table, message, &arena, request->data, request->size, 0,
                                   &error)) {
    char text[256];
    polycall_codec_error_text(table, &error, text, sizeof text);
    codec_answer_text(error.out_of_memory ? CODEC_TESTEE_FAILED : CODEC_REFUSED, text);
  } else if (request->action == CODEC_DECODE) {
    codec_answer(CODEC_ACCEPTED, NULL, 0);
  } else if (!encode(table, message, &out, &reason)) {
    codec_answer_text(CODEC_TESTEE_FAILED, reason);
  } else {
    codec_answer(CODEC_ACCEPTED, out.data, out.size);
    free(out.data);
  }
  polycall_arena_free(&arena);
}

/* As a server does it: one arena, reset for each call; strings are copied, not borrowed. */
static void bench(const codec_request* request, const polycall_codec_table* table) {
  char* const out = (char*)malloc(request->size * 2 + 1024);
  polycall_arena arena;
  polycall_arena_init(&arena, NULL, 0);
  size_t first = 0;
  bool ok = out != NULL;
  const uint64_t begin = codec_now();
  for (uint32_t i = 0; ok && i < request->iterations; ++i) {
    polycall_arena_reset(&arena);
    void* const message = polycall_codec_new(table, &arena);
    ok = message != NULL &&
         polycall_codec_parse(table, message, &arena, request->data, request->size, 0, NULL);
    if (!ok) break;
    const size_t size = polycall_codec_size(table, message);
    if (i == 0) first = size;
    ok = size == first && size <= request->size * 2 + 1024 &&
         polycall_codec_encode(table, message, out, size);
  }
  const uint64_t end = codec_now();
  polycall_arena_free(&arena);
  free(out);
  if (ok) {
    codec_answer_time(end - begin);
  } else {
    codec_answer_text(CODEC_TESTEE_FAILED, "the message cannot be decoded and encoded");
  }
}

int main(void) {
  codec_request request;
  while (codec_read_request(&request)) {
    const polycall_codec_table* const table = find_table(request.name);
    if (table == NULL) {
      codec_answer_text(CODEC_UNSUPPORTED, "no such message type");
    } else if (request.action == CODEC_RECODE || request.action == CODEC_DECODE) {
      decode(&request, table);
    } else if (request.action == CODEC_BENCH) {
      bench(&request, table);
    } else {
      codec_answer_text(CODEC_UNSUPPORTED, "no such action");
    }
  }
  return 0;
}
