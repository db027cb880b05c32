/* Reads the protobuf wire format. Every length and cursor is checked against the input's end before
 * it is used; nesting is bounded; memory is bounded by the arena's limit. */
#include <stdio.h>

#include "parser.h"

static const polycall_codec_field* find_field(const polycall_codec_table* table, uint32_t number,
                                              uint32_t* hint) {
  if (number - 1 < table->dense_count) return &table->fields[number - 1];
  uint32_t low = table->dense_count;
  uint32_t high = table->field_count;
  if (*hint < high && table->fields[*hint].number == number) return &table->fields[*hint];
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    const polycall_codec_field* const field = &table->fields[middle];
    if (field->number == number) {
      *hint = middle + 1; /* fields mostly come in order */
      return field;
    }
    if (field->number < number) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return NULL;
}

/* The place for a field's next value, marked as present. NULL: out of memory. */
static inline void* place_for(parser* self, const polycall_codec_field* field, char* message,
                              size_t size) {
  char* const slot = message + field->offset;
  switch (field->label) {
    case POLYCALL_FIELD_HAS:
      *(wire_u8*)(message + field->presence) = 1;
      return slot;
    case POLYCALL_FIELD_ONEOF:
      *(wire_u32*)(message + field->presence) = field->number;
      return slot;
    case POLYCALL_FIELD_REPEATED:
      return polycall_array_add(slot, self->arena, size);
    default:
      return slot;
  }
}

static cursor parse_message(parser* self, cursor at, cursor end, const polycall_codec_table* table,
                            char* message);

static inline cursor parse_string(parser* self, cursor start, cursor at, size_t length,
                                  const polycall_codec_table* table,
                                  const polycall_codec_field* field, char* message) {
  if ((field->flags & POLYCALL_FIELD_UTF8) && !polycall_utf8_is_valid((const char*)at, length)) {
    return polycall_parser_fail(self, table, field->number, start, "a string is not UTF-8");
  }
  const char* data = (const char*)at;
  if (length == 0) {
    data = "";
  } else if (!(self->flags & POLYCALL_PARSE_BORROW)) {
    char* const copy = (char*)polycall_arena_alloc(self->arena, length);
    if (copy == NULL) return polycall_parser_fail_memory(self, table, field->number, start);
    memcpy(copy, at, length);
    data = copy;
  }
  wire_string* const slot = (wire_string*)place_for(self, field, message, sizeof(polycall_string));
  if (slot == NULL) return polycall_parser_fail_memory(self, table, field->number, start);
  slot->data = data;
  slot->size = length;
  return at + length;
}

/* The submessage to read into: a new element, a new oneof member, or the one that is there already
 * (occurrences are merged). */
static char* submessage_for(parser* self, const polycall_codec_field* field, char* message) {
  const polycall_codec_table* const table = field->message;
  char* const slot = message + field->offset;
  if (field->label == POLYCALL_FIELD_REPEATED || field->label == POLYCALL_FIELD_MAP) {
    char* const element = (char*)polycall_array_add(slot, self->arena, table->size);
    if (element != NULL) polycall_codec_init(table, element);
    return element;
  }
  wire_pointer* const pointer = (wire_pointer*)slot;
  if (field->label == POLYCALL_FIELD_ONEOF) {
    wire_u32* const which = (wire_u32*)(message + field->presence);
    if (*which == field->number && *pointer != NULL) return (char*)*pointer;
    char* const made = (char*)polycall_codec_new(table, self->arena);
    if (made == NULL) return NULL;
    *which = field->number;
    *pointer = made;
    return made;
  }
  if (*pointer == NULL) *pointer = polycall_codec_new(table, self->arena);
  return (char*)*pointer;
}

static cursor parse_packed(parser* self, cursor start, cursor at, size_t length,
                           const polycall_codec_table* table, const polycall_codec_field* field,
                           char* message) {
  if (length == 0) return at;
  const size_t size = polycall_size_of_type[field->type];
  polycall_array* const array = (polycall_array*)(message + field->offset);
  cursor const end = at + length;
  if (polycall_wire_of_type[field->type] != WIRE_VARINT) {
    if (length % size != 0) {
      return polycall_parser_fail(self, table, field->number, start,
                                  "packed numbers end within a number");
    }
    if (!polycall_array_reserve(array, self->arena, size, length / size)) {
      return polycall_parser_fail_memory(self, table, field->number, start);
    }
    memcpy(array->data + array->size * size, at, length);
    array->size += length / size;
    return end;
  }
  size_t count = 0;
  for (size_t i = 0; i < length; ++i) count += at[i] < 0x80;
  if (count == 0) return polycall_parser_fail_varint(self, table, field->number, start, at, end);
  if (!polycall_array_reserve(array, self->arena, size, count)) {
    return polycall_parser_fail_memory(self, table, field->number, start);
  }
  char* slot = array->data + array->size * size;
  while (at < end) {
    uint64_t value;
    cursor const next = read_varint(at, end, &value);
    if (next == NULL)
      return polycall_parser_fail_varint(self, table, field->number, start, at, end);
    at = next;
    if (field->message != NULL && !polycall_enum_has(field->message, (int32_t)value)) {
      if (!polycall_parser_keep_varint(self, message, field->number, value)) {
        return polycall_parser_fail_memory(self, table, field->number, start);
      }
      continue;
    }
    store_varint(field->type, slot, value);
    slot += size;
    ++array->size;
  }
  return end;
}

/* A field's value, whose wire type fits. */
static cursor parse_value(parser* self, cursor start, cursor at, cursor end,
                          const polycall_codec_table* table, const polycall_codec_field* field,
                          char* message) {
  uint64_t value;
  size_t length = 0;
  void* slot;
  switch (polycall_wire_of_type[field->type]) {
    case WIRE_VARINT: {
      cursor const next = read_varint(at, end, &value);
      if (next == NULL)
        return polycall_parser_fail_varint(self, table, field->number, start, at, end);
      /* A map entry keeps no unknown fields: its closed enums are looked at when it has been read. */
      if (field->message != NULL && !(table->flags & POLYCALL_CODEC_MAP_ENTRY) &&
          !polycall_enum_has(field->message, (int32_t)value)) {
        return polycall_parser_keep(self, message, start, next)
                   ? next
                   : polycall_parser_fail_memory(self, table, field->number, start);
      }
      slot = place_for(self, field, message, polycall_size_of_type[field->type]);
      if (slot == NULL) return polycall_parser_fail_memory(self, table, field->number, start);
      store_varint(field->type, slot, value);
      return next;
    }
    case WIRE_FIXED64:
      if (end - at < 8)
        return polycall_parser_fail(self, table, field->number, start, polycall_parser_truncated);
      slot = place_for(self, field, message, 8);
      if (slot == NULL) return polycall_parser_fail_memory(self, table, field->number, start);
      memcpy(slot, at, 8);
      return at + 8;
    case WIRE_FIXED32:
      if (end - at < 4)
        return polycall_parser_fail(self, table, field->number, start, polycall_parser_truncated);
      slot = place_for(self, field, message, 4);
      if (slot == NULL) return polycall_parser_fail_memory(self, table, field->number, start);
      memcpy(slot, at, 4);
      return at + 4;
    default:
      break;
  }
  at = read_length(self, table, field->number, start, at, end, &length);
  if (at == NULL) return NULL;
  if (field->type != POLYCALL_FIELD_MESSAGE) {
    return parse_string(self, start, at, length, table, field, message);
  }
  if (self->depth_left == 0)
    return polycall_parser_fail(self, table, field->number, start, polycall_parser_depth);
  char* const submessage = submessage_for(self, field, message);
  if (submessage == NULL) return polycall_parser_fail_memory(self, table, field->number, start);
  --self->depth_left;
  at = parse_message(self, at, at + length, field->message, submessage);
  ++self->depth_left;
  if (field->label != POLYCALL_FIELD_MAP) return at;
  self->has_maps = true;
  const polycall_codec_field* const in_entry = &field->message->fields[1];
  if (at != NULL && in_entry->type == POLYCALL_FIELD_ENUM && in_entry->message != NULL &&
      !polycall_enum_has(in_entry->message, *(const int32_t*)(submessage + in_entry->offset))) {
    --((polycall_array*)(message + field->offset))->size;
    if (!polycall_parser_keep(self, message, start, at))
      return polycall_parser_fail_memory(self, table, field->number, start);
  }
  return at;
}

static cursor parse_message(parser* self, cursor at, cursor end, const polycall_codec_table* table,
                            char* message) {
  uint32_t hint = 0;
  if (table->flags & POLYCALL_CODEC_HAS_REQUIRED) self->has_required = true;
  while (at < end) {
    cursor const start = at;
    uint32_t tag;
    at = read_tag(at, end, &tag);
    if (at == NULL) return polycall_parser_fail(self, table, 0, start, "a tag is malformed");
    const uint32_t number = tag >> 3;
    if (number == 0) return polycall_parser_fail(self, table, 0, start, "a field has number 0");
    const polycall_codec_field* const field = find_field(table, number, &hint);
    if (field != NULL) {
      const uint8_t wire = polycall_wire_of_type[field->type];
      if (wire == (tag & 7)) {
        at = parse_value(self, start, at, end, table, field, message);
        if (at == NULL) return NULL;
        continue;
      }
      if ((tag & 7) == WIRE_BYTES && field->label == POLYCALL_FIELD_REPEATED) {
        size_t length = 0;
        at = read_length(self, table, number, start, at, end, &length);
        if (at == NULL) return NULL;
        at = parse_packed(self, start, at, length, table, field, message);
        if (at == NULL) return NULL;
        continue;
      }
    }
    at = polycall_parser_skip(self, table, start, at, end, tag);
    if (at == NULL) return NULL;
    if (!(table->flags & POLYCALL_CODEC_MAP_ENTRY) &&
        !polycall_parser_keep(self, message, start, at)) {
      return polycall_parser_fail_memory(self, table, number, start);
    }
  }
  return at;
}

bool polycall_codec_parse(const polycall_codec_table* table, void* message, polycall_arena* arena,
                          const void* data, size_t size, uint32_t flags,
                          polycall_codec_error* error) {
  static const uint8_t nothing[1] = {0};
  parser self;
  memset(&self, 0, sizeof self);
  self.arena = arena;
  self.begin = size == 0 ? nothing : (const uint8_t*)data;
  self.flags = flags;
  self.depth_left = POLYCALL_CODEC_MAX_DEPTH;
  bool ok;
  if (size > POLYCALL_CODEC_MAX_SIZE) {
    polycall_parser_fail(&self, table, 0, self.begin, "the message is longer than 2 GiB");
    ok = false;
  } else {
    ok = parse_message(&self, self.begin, self.begin + size, table, (char*)message) != NULL;
  }
  if (ok && (self.has_maps || self.has_required))
    ok = polycall_parser_complete(&self, table, (char*)message);
  if (!ok && error != NULL) *error = self.error;
  return ok;
}

void polycall_codec_error_text(const polycall_codec_table* table, const polycall_codec_error* error,
                               char* out, size_t size) {
  if (error->field == 0) {
    snprintf(out, size, "cannot read %s: byte %zu: %s", table->name, error->offset, error->reason);
  } else {
    snprintf(out, size, "cannot read %s: byte %zu, field %u of %s: %s", table->name, error->offset,
             (unsigned)error->field, error->message, error->reason);
  }
}
