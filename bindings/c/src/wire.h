/* What the codec's parts share. Internal. */
#ifndef POLYCALL_C_SRC_WIRE_H_
#define POLYCALL_C_SRC_WIRE_H_

#include <string.h>

#include "polycall/c/codec.h"

enum wire_type {
  WIRE_VARINT = 0,
  WIRE_FIXED64 = 1,
  WIRE_BYTES = 2,
  WIRE_START_GROUP = 3,
  WIRE_END_GROUP = 4,
  WIRE_FIXED32 = 5
};

/* By polycall_field_type. */
extern const uint8_t polycall_wire_of_type[19];
extern const uint8_t
    polycall_size_of_type[19]; /* of one value in memory; messages: of the pointer */

/* Views of struct fields whose declared types differ: strings, pointers. */
typedef struct POLYCALL_MAY_ALIAS wire_string {
  const char* data;
  size_t size;
} wire_string;
typedef void* POLYCALL_MAY_ALIAS wire_pointer;
typedef polycall_unknown_fields* POLYCALL_MAY_ALIAS wire_unknown;
typedef uint64_t POLYCALL_MAY_ALIAS wire_u64;
typedef uint32_t POLYCALL_MAY_ALIAS wire_u32;
typedef uint8_t wire_u8; /* a character type: aliases everything */

static inline size_t element_size(const polycall_codec_field* field) {
  return field->type == POLYCALL_FIELD_MESSAGE ? field->message->size
                                               : polycall_size_of_type[field->type];
}

/* The first field of every message. */
static inline wire_unknown* unknown_fields_of(const void* message) {
  return (wire_unknown*)message;
}

static inline uint32_t zigzag32(uint32_t value) {
  return (value << 1) ^ (uint32_t)(-(int32_t)(value >> 31));
}
static inline uint64_t zigzag64(uint64_t value) {
  return (value << 1) ^ (uint64_t)(-(int64_t)(value >> 63));
}

/* The varint that stands for a number in memory. */
static inline uint64_t load_varint(uint8_t type, const void* slot) {
  switch (type) {
    case POLYCALL_FIELD_INT32:
    case POLYCALL_FIELD_ENUM:
      return (uint64_t)(int64_t)(int32_t) * (const wire_u32*)slot;
    case POLYCALL_FIELD_UINT32:
      return *(const wire_u32*)slot;
    case POLYCALL_FIELD_SINT32:
      return zigzag32(*(const wire_u32*)slot);
    case POLYCALL_FIELD_SINT64:
      return zigzag64(*(const wire_u64*)slot);
    case POLYCALL_FIELD_BOOL:
      return *(const wire_u8*)slot != 0;
    default:
      return *(const wire_u64*)slot;
  }
}

/* The other way: stores what a varint says. */
static inline void store_varint(uint8_t type, void* slot, uint64_t value) {
  switch (type) {
    case POLYCALL_FIELD_INT32:
    case POLYCALL_FIELD_ENUM:
    case POLYCALL_FIELD_UINT32:
      *(wire_u32*)slot = (uint32_t)value;
      break;
    case POLYCALL_FIELD_SINT32:
      *(wire_u32*)slot = ((uint32_t)value >> 1) ^ (0u - ((uint32_t)value & 1));
      break;
    case POLYCALL_FIELD_SINT64:
      *(wire_u64*)slot = (value >> 1) ^ (0u - (value & 1));
      break;
    case POLYCALL_FIELD_BOOL:
      *(wire_u8*)slot = value != 0;
      break;
    default:
      *(wire_u64*)slot = value;
  }
}

/* Whether a field that is not repeated is to be written. */
static inline bool field_is_present(const polycall_codec_field* field, const char* message) {
  switch (field->label) {
    case POLYCALL_FIELD_HAS:
      return *(const wire_u8*)(message + field->presence) != 0;
    case POLYCALL_FIELD_ONEOF:
      return *(const wire_u32*)(message + field->presence) == field->number;
    case POLYCALL_FIELD_ALWAYS:
      return true;
    default:
      break;
  }
  const char* const slot = message + field->offset;
  switch (field->type) {
    case POLYCALL_FIELD_STRING:
    case POLYCALL_FIELD_BYTES:
      return ((const wire_string*)slot)->size != 0;
    case POLYCALL_FIELD_MESSAGE:
      return *(const wire_pointer*)slot != NULL;
    default:
      break;
  }
  switch (polycall_size_of_type[field->type]) {
    case 1:
      return *(const wire_u8*)slot != 0;
    case 4:
      return *(const wire_u32*)slot != 0;
    default:
      return *(const wire_u64*)slot != 0;
  }
}

/* Whether the required fields of this message (not of its submessages) are there. */
static inline const polycall_codec_field* missing_field(const polycall_codec_table* table,
                                                        const char* message) {
  for (uint32_t i = 0; i < table->field_count; ++i) {
    const polycall_codec_field* const field = &table->fields[i];
    if ((field->flags & POLYCALL_FIELD_REQUIRED) && !field_is_present(field, message)) return field;
  }
  return NULL;
}

/* Whether the bytes are UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF. */
bool polycall_utf8_is_valid(const char* data, size_t size);

/* Sorts the entries beyond `sorted` in and keeps the last of each key. False: out of memory. */
bool polycall_map_sort(const polycall_codec_table* entry_table, void* map, polycall_arena* arena);

#endif /* POLYCALL_C_SRC_WIRE_H_ */
