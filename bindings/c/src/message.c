/* Making, copying and comparing messages by their tables. */
#include "wire.h"

/* Most messages are a few words long: storing those beats a call of memset, into which compilers would
 * turn the loop if they could see through it. */
static inline void clear(void* message, size_t size) {
  if (size % 8 != 0 || size > 256) {
    memset(message, 0, size);
    return;
  }
  wire_u64* at = (wire_u64*)message;
  size_t words = size / 8;
  for (; words >= 4; words -= 4, at += 4) {
    at[0] = at[1] = at[2] = at[3] = 0;
    __asm__("" : "+r"(at));
  }
  for (; words > 0; --words, ++at) {
    *at = 0;
    __asm__("" : "+r"(at));
  }
}

void polycall_codec_init(const polycall_codec_table* table, void* message) {
  if (table->prototype == NULL) {
    clear(message, table->size);
  } else {
    memcpy(message, table->prototype, table->size);
  }
}

void* polycall_codec_new(const polycall_codec_table* table, polycall_arena* arena) {
  void* const message = polycall_arena_alloc(arena, table->size);
  if (message != NULL) polycall_codec_init(table, message);
  return message;
}

void* polycall_codec_add(const polycall_codec_table* table, void* array, polycall_arena* arena) {
  void* const element = polycall_array_add(array, arena, table->size);
  if (element != NULL) polycall_codec_init(table, element);
  return element;
}

/* `slot` holds a string that is to become the arena's. */
static bool own_string(wire_string* slot, polycall_arena* arena) {
  if (slot->size == 0) {
    slot->data = NULL;
    return true;
  }
  char* const data = (char*)polycall_arena_alloc(arena, slot->size);
  if (data == NULL) return false;
  memcpy(data, slot->data, slot->size);
  slot->data = data;
  return true;
}

/* `message` is a flat copy of another: makes all it points to its own. */
static bool own_message(const polycall_codec_table* table, char* message, polycall_arena* arena,
                        int depth_left);

static bool own_submessage(const polycall_codec_table* table, wire_pointer* slot,
                           polycall_arena* arena, int depth_left) {
  if (*slot == NULL) return true;
  char* const copy = (char*)polycall_arena_alloc(arena, table->size);
  if (copy == NULL) return false;
  memcpy(copy, *slot, table->size);
  *slot = copy;
  return own_message(table, copy, arena, depth_left - 1);
}

static bool own_array(const polycall_codec_field* field, polycall_array* array,
                      polycall_arena* arena, int depth_left) {
  array->capacity = array->size;
  if (array->size == 0) {
    array->data = NULL;
    return true;
  }
  const size_t step = element_size(field);
  if (array->size > SIZE_MAX / step) return false;
  char* const data = (char*)polycall_arena_alloc(arena, array->size * step);
  if (data == NULL) return false;
  memcpy(data, array->data, array->size * step);
  array->data = data;
  if (field->type == POLYCALL_FIELD_STRING || field->type == POLYCALL_FIELD_BYTES) {
    for (size_t i = 0; i < array->size; ++i) {
      if (!own_string((wire_string*)(data + i * step), arena)) return false;
    }
  } else if (field->type == POLYCALL_FIELD_MESSAGE) {
    for (size_t i = 0; i < array->size; ++i) {
      if (!own_message(field->message, data + i * step, arena, depth_left - 1)) return false;
    }
  }
  return true;
}

static bool own_message(const polycall_codec_table* table, char* message, polycall_arena* arena,
                        int depth_left) {
  if (depth_left < 0) return false;
  if (!(table->flags & POLYCALL_CODEC_MAP_ENTRY)) {
    wire_unknown* const slot = unknown_fields_of(message);
    if (*slot != NULL) {
      polycall_unknown_fields* const copy =
          (polycall_unknown_fields*)polycall_arena_alloc(arena, sizeof *copy);
      if (copy == NULL) return false;
      *copy = **slot;
      copy->capacity = copy->size;
      if (!own_string((wire_string*)copy, arena)) return false;
      *slot = copy;
    }
  }
  for (uint32_t i = 0; i < table->field_count; ++i) {
    const polycall_codec_field* const field = &table->fields[i];
    char* const slot = message + field->offset;
    if (field->label == POLYCALL_FIELD_REPEATED || field->label == POLYCALL_FIELD_MAP) {
      if (!own_array(field, (polycall_array*)slot, arena, depth_left)) return false;
      continue;
    }
    if (field->label == POLYCALL_FIELD_ONEOF && !field_is_present(field, message)) continue;
    if (field->type == POLYCALL_FIELD_MESSAGE) {
      if (!own_submessage(field->message, (wire_pointer*)slot, arena, depth_left)) return false;
    } else if (field->type == POLYCALL_FIELD_STRING || field->type == POLYCALL_FIELD_BYTES) {
      if (!own_string((wire_string*)slot, arena)) return false;
    }
  }
  return true;
}

bool polycall_codec_copy(const polycall_codec_table* table, void* to, const void* from,
                         polycall_arena* arena) {
  memcpy(to, from, table->size);
  if (own_message(table, (char*)to, arena, POLYCALL_CODEC_MAX_DEPTH)) return true;
  polycall_codec_init(table, to); /* not half a copy that shares the rest */
  return false;
}

static bool equal_messages(const polycall_codec_table* table, const char* left, const char* right);

static bool equal_values(const polycall_codec_field* field, const char* left, const char* right) {
  switch (field->type) {
    case POLYCALL_FIELD_MESSAGE:
      if (left == NULL || right == NULL) return left == right;
      return equal_messages(field->message, left, right);
    case POLYCALL_FIELD_STRING:
    case POLYCALL_FIELD_BYTES: {
      const wire_string* const l = (const wire_string*)left;
      const wire_string* const r = (const wire_string*)right;
      return l->size == r->size && (l->size == 0 || memcmp(l->data, r->data, l->size) == 0);
    }
    default:
      return memcmp(left, right, polycall_size_of_type[field->type]) == 0;
  }
}

static bool equal_arrays(const polycall_codec_field* field, const polycall_array* left,
                         const polycall_array* right) {
  const size_t step = element_size(field);
  if (left->size != right->size) return false;
  for (size_t i = 0; i < left->size; ++i) {
    const char* const element = left->data + i * step;
    const char* other = right->data + i * step;
    if (field->label == POLYCALL_FIELD_MAP) {
      other = (const char*)polycall_map_find(field->message, right,
                                             element + field->message->fields[0].offset);
      if (other == NULL) return false;
    }
    if (!equal_values(field, element, other)) return false;
  }
  return true;
}

static bool equal_messages(const polycall_codec_table* table, const char* left, const char* right) {
  for (uint32_t i = 0; i < table->field_count; ++i) {
    const polycall_codec_field* const field = &table->fields[i];
    const char* l = left + field->offset;
    const char* r = right + field->offset;
    if (field->label == POLYCALL_FIELD_REPEATED || field->label == POLYCALL_FIELD_MAP) {
      if (!equal_arrays(field, (const polycall_array*)l, (const polycall_array*)r)) return false;
      continue;
    }
    const bool present = field_is_present(field, left);
    if (present != field_is_present(field, right)) return false;
    if (!present) continue;
    if (field->type == POLYCALL_FIELD_MESSAGE) {
      l = (const char*)*(const wire_pointer*)l;
      r = (const char*)*(const wire_pointer*)r;
    }
    if (!equal_values(field, l, r)) return false;
  }
  if (table->flags & POLYCALL_CODEC_MAP_ENTRY) return true;
  const polycall_unknown_fields* const l = *unknown_fields_of(left);
  const polycall_unknown_fields* const r = *unknown_fields_of(right);
  const size_t l_size = l == NULL ? 0 : l->size;
  const size_t r_size = r == NULL ? 0 : r->size;
  return l_size == r_size && (l_size == 0 || memcmp(l->data, r->data, l_size) == 0);
}

bool polycall_codec_equal(const polycall_codec_table* table, const void* left, const void* right) {
  return equal_messages(table, (const char*)left, (const char*)right);
}
