#include "wire_sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put(wire_buffer* out, const void* data, size_t size) {
  if (out->size + size > out->capacity) {
    out->capacity = (out->size + size) * 2;
    out->data = realloc(out->data, out->capacity);
    if (out->data == NULL) abort();
  }
  if (size > 0) memcpy(out->data + out->size, data, size);
  out->size += size;
}

static void put_varint(wire_buffer* out, uint64_t value) {
  unsigned char byte;
  for (; value >= 0x80; value >>= 7) {
    byte = (unsigned char)(value | 0x80);
    put(out, &byte, 1);
  }
  byte = (unsigned char)value;
  put(out, &byte, 1);
}

static void put_framed(wire_buffer* out, const wire_buffer* content) {
  put_varint(out, content->size);
  put(out, content->data, content->size);
}

static unsigned wire_type(uint8_t type) {
  switch (type) {
    case POLYCALL_FIELD_DOUBLE:
    case POLYCALL_FIELD_FIXED64:
    case POLYCALL_FIELD_SFIXED64:
      return 1;
    case POLYCALL_FIELD_FLOAT:
    case POLYCALL_FIELD_FIXED32:
    case POLYCALL_FIELD_SFIXED32:
      return 5;
    case POLYCALL_FIELD_STRING:
    case POLYCALL_FIELD_BYTES:
    case POLYCALL_FIELD_MESSAGE:
      return 2;
    default:
      return 0;
  }
}

static void put_tag(wire_buffer* out, const polycall_codec_field* field, unsigned wire) {
  put_varint(out, ((uint64_t)field->number << 3) | wire);
}

/* Makes a varint long where there is room, and a zigzag number positive, which keeps map keys in
 * order. */
static unsigned shift_of(uint8_t type) {
  switch (type) {
    case POLYCALL_FIELD_UINT64:
      return 33;
    case POLYCALL_FIELD_SINT32:
    case POLYCALL_FIELD_SINT64:
      return 1;
    default:
      return 0;
  }
}

/* A closed enum keeps its own numbers only: one of those, else `number`. */
static uint64_t closed_number(const polycall_codec_field* field, unsigned choice, uint64_t number) {
  if (field->message == NULL) return number;
  const int32_t* const numbers = field->message->prototype;
  return (uint64_t)(int64_t)numbers[choice % field->message->field_count];
}

/* Value number `index` of a field; greater for greater indexes, so that map keys are in order. */
static void put_value(wire_buffer* out, const polycall_codec_field* field, unsigned round,
                      unsigned index, int depth) {
  const uint32_t number = 1 + round * 5 + index * 11;
  const uint64_t wide = number;
  char text[64];
  wire_buffer content = {NULL, 0, 0};
  switch (field->type) {
    case POLYCALL_FIELD_BOOL:
      put_varint(out, field->label == POLYCALL_FIELD_ALWAYS ? index : 1);
      break;
    case POLYCALL_FIELD_STRING:
    case POLYCALL_FIELD_BYTES:
      snprintf(text, sizeof text, "text \xe2\x82\xac %04u of field %u", number,
               (unsigned)field->number);
      put_varint(out, strlen(text));
      put(out, text, strlen(text));
      break;
    case POLYCALL_FIELD_MESSAGE:
      wire_sample_write(&content, field->message, round, depth - 1);
      put_framed(out, &content);
      wire_buffer_free(&content);
      break;
    case POLYCALL_FIELD_ENUM:
      put_varint(out, closed_number(field, round + index, wide));
      break;
    default:
      switch (wire_type(field->type)) {
        case 1:
          put(out, &wide, 8);
          break;
        case 5:
          put(out, &number, 4);
          break;
        default:
          put_varint(out, wide << shift_of(field->type));
      }
  }
}

/* One entry of a map: key and value, both always. */
static void put_entry(wire_buffer* out, const polycall_codec_field* field, unsigned round,
                      unsigned index, int depth) {
  wire_buffer entry = {NULL, 0, 0};
  for (uint32_t i = 0; i < field->message->field_count; ++i) {
    const polycall_codec_field* const part = &field->message->fields[i];
    put_tag(&entry, part, wire_type(part->type));
    put_value(&entry, part, round, index, depth);
  }
  put_framed(out, &entry);
  wire_buffer_free(&entry);
}

/* Whether a oneof's member is the one that `round` chooses. */
static bool is_chosen(const polycall_codec_table* table, const polycall_codec_field* field,
                      unsigned round) {
  unsigned members = 0;
  unsigned position = 0;
  for (uint32_t i = 0; i < table->field_count; ++i) {
    const polycall_codec_field* const other = &table->fields[i];
    if (other->label != POLYCALL_FIELD_ONEOF || other->presence != field->presence) continue;
    if (other == field) position = members;
    ++members;
  }
  return round % members == position;
}

void wire_sample_write(wire_buffer* out, const polycall_codec_table* table, unsigned round,
                       int depth) {
  for (uint32_t i = 0; i < table->field_count; ++i) {
    const polycall_codec_field* const field = &table->fields[i];
    const bool is_message = field->type == POLYCALL_FIELD_MESSAGE;
    if (is_message && depth <= 0 && !(field->flags & POLYCALL_FIELD_REQUIRED)) continue;
    if (field->label == POLYCALL_FIELD_ONEOF && !is_chosen(table, field, round)) continue;
    const unsigned wire = wire_type(field->type);
    if (field->label == POLYCALL_FIELD_MAP) {
      for (unsigned index = 0; index < 2; ++index) {
        put_tag(out, field, 2);
        put_entry(out, field, round, index, depth - 1);
      }
    } else if (field->flags & POLYCALL_FIELD_PACKED) {
      wire_buffer packed = {NULL, 0, 0};
      for (unsigned index = 0; index < 3; ++index) put_value(&packed, field, round, index, 0);
      put_tag(out, field, 2);
      put_framed(out, &packed);
      wire_buffer_free(&packed);
    } else {
      const unsigned count = field->label == POLYCALL_FIELD_REPEATED ? 2 : 1;
      for (unsigned index = 0; index < count; ++index) {
        put_tag(out, field, wire);
        put_value(out, field, round, index, depth);
      }
    }
  }
}

void wire_buffer_free(wire_buffer* buffer) {
  free(buffer->data);
  buffer->data = NULL;
  buffer->size = buffer->capacity = 0;
}
