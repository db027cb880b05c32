/* Writes the protobuf wire format: one pass for the size, one that writes from the end to the front,
 * so that the length of each submessage is known when it is to be written and nothing is cached. */
#include "wire.h"

#define CANNOT SIZE_MAX

static inline size_t varint_size(uint64_t value) {
  const unsigned bits = 64u - (unsigned)__builtin_clzll(value | 1);
  return (bits * 9 + 64) / 64;
}

static inline size_t tag_size(const polycall_codec_field* field) {
  return varint_size((uint64_t)field->number << 3);
}

static size_t message_size(const polycall_codec_table* table, const char* message, int depth_left);

/* Of one value without its tag; strings and submessages with their length. */
static size_t value_size(const polycall_codec_field* field, const char* slot, int depth_left) {
  switch (polycall_wire_of_type[field->type]) {
    case WIRE_VARINT:
      return varint_size(load_varint(field->type, slot));
    case WIRE_FIXED64:
      return 8;
    case WIRE_FIXED32:
      return 4;
    default:
      break;
  }
  size_t size;
  if (field->type == POLYCALL_FIELD_MESSAGE) {
    size = slot == NULL ? 0 : message_size(field->message, slot, depth_left - 1);
  } else {
    size = ((const wire_string*)slot)->size;
  }
  if (size > POLYCALL_CODEC_MAX_SIZE) return CANNOT;
  return size + varint_size(size);
}

static size_t packed_size(const polycall_codec_field* field, const polycall_array* array) {
  const size_t size = polycall_size_of_type[field->type];
  if (polycall_wire_of_type[field->type] != WIRE_VARINT) {
    return array->size > POLYCALL_CODEC_MAX_SIZE ? CANNOT : array->size * size;
  }
  size_t sum = 0;
  for (size_t i = 0; i < array->size; ++i) {
    sum += varint_size(load_varint(field->type, array->data + i * size));
  }
  return sum;
}

static size_t field_size(const polycall_codec_field* field, const char* message, int depth_left) {
  const char* slot = message + field->offset;
  if (field->label == POLYCALL_FIELD_REPEATED || field->label == POLYCALL_FIELD_MAP) {
    const polycall_array* const array = (const polycall_array*)slot;
    if (array->size == 0) return 0;
    if (field->flags & POLYCALL_FIELD_PACKED) {
      const size_t size = packed_size(field, array);
      if (size > POLYCALL_CODEC_MAX_SIZE) return CANNOT;
      return tag_size(field) + varint_size(size) + size;
    }
    const size_t tag = tag_size(field);
    const size_t step = element_size(field);
    size_t sum = 0;
    for (size_t i = 0; i < array->size; ++i) {
      const size_t size = value_size(field, array->data + i * step, depth_left);
      if (size == CANNOT) return CANNOT;
      sum += tag + size;
      if (sum > POLYCALL_CODEC_MAX_SIZE) return CANNOT;
    }
    return sum;
  }
  if (!field_is_present(field, message)) {
    return field->flags & POLYCALL_FIELD_REQUIRED ? CANNOT : 0;
  }
  if (field->type == POLYCALL_FIELD_MESSAGE) slot = (const char*)*(const wire_pointer*)slot;
  const size_t size = value_size(field, slot, depth_left);
  return size == CANNOT ? CANNOT : tag_size(field) + size;
}

static size_t message_size(const polycall_codec_table* table, const char* message, int depth_left) {
  if (depth_left < 0) return CANNOT;
  size_t sum = 0;
  for (uint32_t i = 0; i < table->field_count; ++i) {
    const size_t size = field_size(&table->fields[i], message, depth_left);
    if (size == CANNOT) return CANNOT;
    sum += size;
    if (sum > POLYCALL_CODEC_MAX_SIZE) return CANNOT;
  }
  if (!(table->flags & POLYCALL_CODEC_MAP_ENTRY)) {
    const polycall_unknown_fields* const unknown = *unknown_fields_of(message);
    if (unknown != NULL) sum += unknown->size;
    if (sum > POLYCALL_CODEC_MAX_SIZE) return CANNOT;
  }
  return sum;
}

size_t polycall_codec_size(const polycall_codec_table* table, const void* message) {
  return message_size(table, (const char*)message, POLYCALL_CODEC_MAX_DEPTH);
}

/* The space that is left: [begin, returned pointer). NULL: it did not suffice, because the message
 * changed since its size was taken. */

static char* put_bytes(char* begin, char* end, const void* data, size_t size) {
  if (end == NULL || (size_t)(end - begin) < size) return NULL;
  end -= size;
  if (size > 0) memcpy(end, data, size);
  return end;
}

static inline char* put_varint(char* begin, char* end, uint64_t value) {
  if (end == NULL) return NULL;
  if (value < 0x80) {
    if (end == begin) return NULL;
    *--end = (char)value;
    return end;
  }
  const size_t size = varint_size(value);
  if ((size_t)(end - begin) < size) return NULL;
  end -= size;
  uint8_t* out = (uint8_t*)end;
  for (; value >= 0x80; value >>= 7) *out++ = (uint8_t)(value | 0x80);
  *out = (uint8_t)value;
  return end;
}

static inline char* put_tag(char* begin, char* end, uint32_t number, uint32_t wire) {
  return put_varint(begin, end, ((uint64_t)number << 3) | wire);
}

static char* put_message(char* begin, char* end, const polycall_codec_table* table,
                         const char* message, int depth_left);

/* One value without its tag. */
static inline char* put_value(char* begin, char* end, const polycall_codec_field* field,
                              const char* slot, int depth_left) {
  switch (polycall_wire_of_type[field->type]) {
    case WIRE_VARINT:
      return put_varint(begin, end, load_varint(field->type, slot));
    case WIRE_FIXED64:
      return put_bytes(begin, end, slot, 8);
    case WIRE_FIXED32:
      return put_bytes(begin, end, slot, 4);
    default:
      break;
  }
  if (field->type != POLYCALL_FIELD_MESSAGE) {
    const wire_string* const string = (const wire_string*)slot;
    end = put_bytes(begin, end, string->data, string->size);
    return put_varint(begin, end, string->size);
  }
  char* const content_end = end;
  if (slot != NULL) {
    end = put_message(begin, end, field->message, slot, depth_left - 1);
    if (end == NULL) return NULL;
  }
  return put_varint(begin, end, (uint64_t)(content_end - end));
}

static char* put_repeated(char* begin, char* end, const polycall_codec_field* field,
                          const polycall_array* array, int depth_left) {
  const size_t step = element_size(field);
  const uint32_t wire = polycall_wire_of_type[field->type];
  if (array->size == 0) return end;
  if (!(field->flags & POLYCALL_FIELD_PACKED)) {
    for (size_t i = array->size; i > 0 && end != NULL; --i) {
      end = put_value(begin, end, field, array->data + (i - 1) * step, depth_left);
      end = put_tag(begin, end, field->number, wire);
    }
    return end;
  }
  char* const content_end = end;
  if (wire == WIRE_VARINT) {
    for (size_t i = array->size; i > 0 && end != NULL; --i) {
      end = put_varint(begin, end, load_varint(field->type, array->data + (i - 1) * step));
    }
  } else {
    end = put_bytes(begin, end, array->data, array->size * step);
  }
  if (end == NULL) return NULL;
  end = put_varint(begin, end, (uint64_t)(content_end - end));
  return put_tag(begin, end, field->number, WIRE_BYTES);
}

static char* put_message(char* begin, char* end, const polycall_codec_table* table,
                         const char* message, int depth_left) {
  if (depth_left < 0) return NULL;
  if (!(table->flags & POLYCALL_CODEC_MAP_ENTRY)) {
    const polycall_unknown_fields* const unknown = *unknown_fields_of(message);
    if (unknown != NULL) end = put_bytes(begin, end, unknown->data, unknown->size);
  }
  for (uint32_t i = table->field_count; i > 0 && end != NULL; --i) {
    const polycall_codec_field* const field = &table->fields[i - 1];
    const char* slot = message + field->offset;
    if (field->label == POLYCALL_FIELD_REPEATED || field->label == POLYCALL_FIELD_MAP) {
      end = put_repeated(begin, end, field, (const polycall_array*)slot, depth_left);
    } else if (field_is_present(field, message)) {
      if (field->type == POLYCALL_FIELD_MESSAGE) slot = (const char*)*(const wire_pointer*)slot;
      end = put_value(begin, end, field, slot, depth_left);
      end = put_tag(begin, end, field->number, polycall_wire_of_type[field->type]);
    }
  }
  return end;
}

bool polycall_codec_encode(const polycall_codec_table* table, const void* message, void* out,
                           size_t size) {
  static char nothing[1];
  char* const begin = size == 0 ? nothing : (char*)out;
  return put_message(begin, begin + size, table, (const char*)message, POLYCALL_CODEC_MAX_DEPTH) ==
         begin;
}
