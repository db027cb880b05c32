/* The parser's errors, the skipping and keeping of unknown fields, and what is done at its end. */
#include "parser.h"

const char polycall_parser_truncated[] = "the input ends within the field";
static const char kVarint[] = "a varint is longer than 10 bytes";
const char polycall_parser_depth[] = "messages are nested deeper than 100";
const char polycall_parser_length[] = "a length goes beyond the end";

cursor polycall_parser_fail(parser* self, const polycall_codec_table* table, uint32_t field,
                            cursor at, const char* reason) {
  if (self->error.reason == NULL) {
    self->error.reason = reason;
    self->error.message = table->name;
    self->error.field = field;
    self->error.offset = (size_t)(at - self->begin);
  }
  return NULL;
}

cursor polycall_parser_fail_memory(parser* self, const polycall_codec_table* table, uint32_t field,
                                   cursor at) {
  self->error.out_of_memory = true;
  return polycall_parser_fail(self, table, field, at, "memory or the arena's limit is exhausted");
}

cursor polycall_parser_fail_varint(parser* self, const polycall_codec_table* table, uint32_t field,
                                   cursor start, cursor at, cursor end) {
  return polycall_parser_fail(self, table, field, start,
                              end - at < 10 ? polycall_parser_truncated : kVarint);
}

cursor polycall_parser_skip(parser* self, const polycall_codec_table* table, cursor start,
                            cursor at, cursor end, uint32_t tag) {
  const uint32_t number = tag >> 3;
  uint64_t value;
  size_t length = 0;
  cursor next;
  switch (tag & 7) {
    case WIRE_VARINT:
      next = read_varint(at, end, &value);
      return next != NULL ? next : polycall_parser_fail_varint(self, table, number, start, at, end);
    case WIRE_FIXED64:
      return end - at >= 8
                 ? at + 8
                 : polycall_parser_fail(self, table, number, start, polycall_parser_truncated);
    case WIRE_FIXED32:
      return end - at >= 4
                 ? at + 4
                 : polycall_parser_fail(self, table, number, start, polycall_parser_truncated);
    case WIRE_BYTES:
      next = read_length(self, table, number, start, at, end, &length);
      return next == NULL ? NULL : next + length;
    case WIRE_START_GROUP:
      if (--self->depth_left < 0)
        return polycall_parser_fail(self, table, number, start, polycall_parser_depth);
      while (true) {
        uint32_t inner;
        if (at == end)
          return polycall_parser_fail(self, table, number, start, "a group has no end");
        cursor const inner_start = at;
        at = read_tag(at, end, &inner);
        if (at == NULL)
          return polycall_parser_fail(self, table, number, inner_start, "a tag is malformed");
        if (inner >> 3 == 0)
          return polycall_parser_fail(self, table, number, inner_start, "a field has number 0");
        if ((inner & 7) == WIRE_END_GROUP) {
          if (inner >> 3 != number) {
            return polycall_parser_fail(self, table, number, inner_start,
                                        "a group ends with another's number");
          }
          ++self->depth_left;
          return at;
        }
        at = polycall_parser_skip(self, table, inner_start, at, end, inner);
        if (at == NULL) return NULL;
      }
    case WIRE_END_GROUP:
      return polycall_parser_fail(self, table, number, start, "a group ends that never began");
    default:
      return polycall_parser_fail(self, table, number, start,
                                  "the wire type is none of protobuf's");
  }
}

static bool keep(parser* self, void* message, cursor start, size_t size, bool borrow) {
  wire_unknown* const slot = unknown_fields_of(message);
  polycall_unknown_fields* unknown = *slot;
  if (unknown == NULL) {
    unknown = (polycall_unknown_fields*)polycall_arena_alloc(self->arena, sizeof *unknown);
    if (unknown == NULL) return false;
    memset(unknown, 0, sizeof *unknown);
    *slot = unknown;
    if (borrow) { /* capacity 0: moved to the arena by the next one */
      unknown->data = (char*)(uintptr_t)start;
      unknown->size = size;
      return true;
    }
  }
  if (!polycall_array_reserve(unknown, self->arena, 1, size)) return false;
  memcpy(unknown->data + unknown->size, start, size);
  unknown->size += size;
  return true;
}

bool polycall_parser_keep(parser* self, void* message, cursor start, cursor end) {
  return keep(self, message, start, (size_t)(end - start),
              (self->flags & POLYCALL_PARSE_BORROW) != 0);
}

static uint8_t* append_varint(uint8_t* out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) *out++ = (uint8_t)(value | 0x80);
  *out++ = (uint8_t)value;
  return out;
}

bool polycall_parser_keep_varint(parser* self, void* message, uint32_t field, uint64_t value) {
  uint8_t bytes[16];
  uint8_t* const end = append_varint(append_varint(bytes, (uint64_t)field << 3), value);
  return keep(self, message, bytes, (size_t)(end - bytes), false);
}

bool polycall_enum_has(const polycall_codec_table* closed_enum, int32_t number) {
  const int32_t* const numbers = (const int32_t*)closed_enum->prototype;
  uint32_t low = 0;
  uint32_t high = closed_enum->field_count;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    if (numbers[middle] == number) return true;
    if (numbers[middle] < number) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return false;
}

bool polycall_parser_complete(parser* self, const polycall_codec_table* table, char* message) {
  if (table->flags & POLYCALL_CODEC_HAS_REQUIRED) {
    const polycall_codec_field* const missing = missing_field(table, message);
    if (missing != NULL) {
      polycall_parser_fail(self, table, missing->number, self->begin,
                           "a required field is missing");
      return false;
    }
  }
  for (uint32_t i = 0; i < table->field_count; ++i) {
    const polycall_codec_field* const field = &table->fields[i];
    if (field->type != POLYCALL_FIELD_MESSAGE) continue;
    char* const slot = message + field->offset;
    if (field->label == POLYCALL_FIELD_REPEATED || field->label == POLYCALL_FIELD_MAP) {
      if (field->label == POLYCALL_FIELD_MAP &&
          !polycall_map_sort(field->message, slot, self->arena)) {
        polycall_parser_fail_memory(self, table, field->number, self->begin);
        return false;
      }
      const polycall_array* const array = (const polycall_array*)slot;
      for (size_t j = 0; j < array->size; ++j) {
        if (!polycall_parser_complete(self, field->message, array->data + j * field->message->size))
          return false;
      }
    } else if (field->label == POLYCALL_FIELD_ALWAYS || field_is_present(field, message)) {
      wire_pointer* const pointer = (wire_pointer*)slot;
      if (*pointer == NULL) *pointer = polycall_codec_new(field->message, self->arena);
      if (*pointer == NULL) {
        polycall_parser_fail_memory(self, table, field->number, self->begin);
        return false;
      }
      if (!polycall_parser_complete(self, field->message, (char*)*pointer)) return false;
    }
  }
  return true;
}
