/* What the parts of the parser share. Internal. */
#ifndef POLYCALL_C_SRC_PARSER_H_
#define POLYCALL_C_SRC_PARSER_H_

#include "wire.h"

typedef struct parser {
  polycall_arena* arena;
  const uint8_t* begin;
  uint32_t flags;
  int depth_left;
  bool has_maps; /* at the end: maps to be sorted */
  bool has_required;
  polycall_codec_error error;
} parser;

typedef const uint8_t* cursor; /* NULL: failed, parser.error says why */

/* Each notes what is wrong, unless something was noted before, and returns NULL. */
cursor polycall_parser_fail(parser* self, const polycall_codec_table* table, uint32_t field,
                            cursor at, const char* reason);
cursor polycall_parser_fail_memory(parser* self, const polycall_codec_table* table, uint32_t field,
                                   cursor at);
/* For a varint at `at` that could not be read; `start` is where its field begins. */
cursor polycall_parser_fail_varint(parser* self, const polycall_codec_table* table, uint32_t field,
                                   cursor start, cursor at, cursor end);

extern const char polycall_parser_truncated[];
extern const char polycall_parser_depth[];
extern const char polycall_parser_length[];

/* At most 10 bytes; bits above the 64th are dropped. NULL: truncated (at end) or too long. */
static inline cursor read_varint(cursor at, cursor end, uint64_t* value) {
  if (at < end && *at < 0x80) {
    *value = *at;
    return at + 1;
  }
  uint64_t result = 0;
  for (unsigned shift = 0; shift < 70; shift += 7) {
    if (at == end) return NULL;
    const uint64_t byte = *at++;
    result |= (byte & 0x7f) << (shift & 63);
    if (byte < 0x80) {
      *value = result;
      return at;
    }
  }
  return NULL;
}

/* A tag: at most 5 bytes. */
static inline cursor read_tag(cursor at, cursor end, uint32_t* tag) {
  if (*at < 0x80) { /* the caller saw that at < end */
    *tag = *at;
    return at + 1;
  }
  uint32_t result = 0;
  for (unsigned shift = 0; shift < 35; shift += 7) {
    if (at == end) return NULL;
    const uint32_t byte = *at++;
    result |= (byte & 0x7f) << shift;
    if (byte < 0x80) {
      *tag = result;
      return at;
    }
  }
  return NULL;
}

/* Reads a length, at most 5 bytes, and checks it against what is left. */
static inline cursor read_length(parser* self, const polycall_codec_table* table, uint32_t field,
                                 cursor start, cursor at, cursor end, size_t* length) {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 35; shift += 7) {
    if (at == end)
      return polycall_parser_fail(self, table, field, start, polycall_parser_truncated);
    const uint64_t byte = *at++;
    value |= (byte & 0x7f) << shift;
    if (byte >= 0x80) continue;
    if (value > (uint64_t)(end - at)) break;
    *length = (size_t)value;
    return at;
  }
  return polycall_parser_fail(self, table, field, start, polycall_parser_length);
}

/* Skips the value behind a tag. */
cursor polycall_parser_skip(parser* self, const polycall_codec_table* table, cursor start,
                            cursor at, cursor end, uint32_t tag);

/* Appends the field [start, end) of the input to the unknown fields of `message`. False: out of
 * memory. */
bool polycall_parser_keep(parser* self, void* message, cursor start, cursor end);

/* The same for a number of a packed field, which becomes a field of its own. */
bool polycall_parser_keep_varint(parser* self, void* message, uint32_t field, uint64_t value);

/* Whether a closed enum has the number. */
bool polycall_enum_has(const polycall_codec_table* closed_enum, int32_t number);

/* What can be done only when all occurrences have been merged: sorts maps, gives their entries the
 * submessages that were left out, looks for required fields. */
bool polycall_parser_complete(parser* self, const polycall_codec_table* table, char* message);

#endif /* POLYCALL_C_SRC_PARSER_H_ */
