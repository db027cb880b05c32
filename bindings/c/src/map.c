/* Maps: arrays of entries, sorted by key. */
#include "wire.h"

static int compare_u64(uint64_t left, uint64_t right) { return (left > right) - (left < right); }
static int compare_i64(int64_t left, int64_t right) { return (left > right) - (left < right); }

/* Less than, equal to or greater than 0, as the keys' order is. */
static int compare_keys(uint8_t type, const void* left, const void* right) {
  switch (type) {
    case POLYCALL_FIELD_STRING: {
      const wire_string* const l = (const wire_string*)left;
      const wire_string* const r = (const wire_string*)right;
      const size_t common = l->size < r->size ? l->size : r->size;
      const int order = common == 0 ? 0 : memcmp(l->data, r->data, common);
      return order != 0 ? order : compare_u64(l->size, r->size);
    }
    case POLYCALL_FIELD_BOOL:
      return (int)*(const wire_u8*)left - (int)*(const wire_u8*)right;
    case POLYCALL_FIELD_UINT32:
    case POLYCALL_FIELD_FIXED32:
      return compare_u64(*(const wire_u32*)left, *(const wire_u32*)right);
    case POLYCALL_FIELD_UINT64:
    case POLYCALL_FIELD_FIXED64:
      return compare_u64(*(const wire_u64*)left, *(const wire_u64*)right);
    case POLYCALL_FIELD_INT64:
    case POLYCALL_FIELD_SINT64:
    case POLYCALL_FIELD_SFIXED64:
      return compare_i64((int64_t) * (const wire_u64*)left, (int64_t) * (const wire_u64*)right);
    default:
      return compare_i64((int32_t) * (const wire_u32*)left, (int32_t) * (const wire_u32*)right);
  }
}

/* Merge sort of `count` entries at `data`, stable, with `scratch` as long. */
static void sort_entries(const polycall_codec_table* table, char* data, char* scratch,
                         size_t count) {
  if (count < 2) return;
  const size_t size = table->size;
  const size_t key = table->fields[0].offset;
  const uint8_t type = table->fields[0].type;
  const size_t half = count / 2;
  sort_entries(table, data, scratch, half);
  sort_entries(table, data + half * size, scratch, count - half);
  char* const middle = data + half * size;
  if (compare_keys(type, middle - size + key, middle + key) <= 0) return;
  memcpy(scratch, data, half * size);
  const char* left = scratch;
  const char* const left_end = scratch + half * size;
  const char* right = middle;
  const char* const right_end = data + count * size;
  char* out = data;
  while (left < left_end) {
    if (right < right_end && compare_keys(type, right + key, left + key) < 0) {
      memcpy(out, right, size);
      right += size;
    } else {
      memcpy(out, left, size);
      left += size;
    }
    out += size;
  }
}

bool polycall_map_sort(const polycall_codec_table* table, void* map_pointer,
                       polycall_arena* arena) {
  polycall_map* const map = (polycall_map*)map_pointer;
  const size_t size = table->size;
  const size_t key = table->fields[0].offset;
  const uint8_t type = table->fields[0].type;
  /* What a peer wrote is mostly in order already. */
  size_t i = map->sorted == 0 ? 1 : map->sorted;
  for (; i < map->size; ++i) {
    char* const entry = map->data + i * size;
    if (compare_keys(type, entry - size + key, entry + key) >= 0) break;
  }
  if (i >= map->size) {
    map->sorted = map->size;
    return true;
  }
  char* const scratch = (char*)polycall_arena_alloc(arena, (map->size / 2 + 1) * size);
  if (scratch == NULL) return false;
  sort_entries(table, map->data, scratch, map->size);
  size_t kept = 1; /* the sort is stable: the last of equal keys is the one that came last */
  for (i = 1; i < map->size; ++i) {
    char* const entry = map->data + i * size;
    char* const last = map->data + (kept - 1) * size;
    if (compare_keys(type, last + key, entry + key) == 0) {
      memcpy(last, entry, size);
    } else {
      if (last + size != entry) memcpy(last + size, entry, size);
      ++kept;
    }
  }
  map->size = map->sorted = kept;
  return true;
}

/* The first of the sorted entries whose key is not less. */
static size_t lower_bound(const polycall_codec_table* table, const polycall_map* map,
                          const void* key) {
  const size_t key_offset = table->fields[0].offset;
  size_t low = 0;
  size_t high = map->sorted < map->size ? map->sorted : map->size;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (compare_keys(table->fields[0].type, map->data + middle * table->size + key_offset, key) <
        0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

static char* find_entry(const polycall_codec_table* table, const polycall_map* map, const void* key,
                        size_t* position) {
  const size_t key_offset = table->fields[0].offset;
  const uint8_t type = table->fields[0].type;
  for (size_t i = map->size; i > map->sorted; --i) { /* appended by hand: the last one counts */
    char* const entry = map->data + (i - 1) * table->size;
    if (compare_keys(type, entry + key_offset, key) == 0) return entry;
  }
  *position = lower_bound(table, map, key);
  if (*position < map->sorted && *position < map->size) {
    char* const entry = map->data + *position * table->size;
    if (compare_keys(type, entry + key_offset, key) == 0) return entry;
  }
  return NULL;
}

void* polycall_map_find(const polycall_codec_table* table, const void* map, const void* key) {
  size_t position;
  return find_entry(table, (const polycall_map*)map, key, &position);
}

void* polycall_map_put(const polycall_codec_table* table, void* map_pointer, polycall_arena* arena,
                       const void* key) {
  polycall_map* const map = (polycall_map*)map_pointer;
  size_t position = 0;
  if (map->sorted < map->size && !polycall_map_sort(table, map, arena)) return NULL;
  char* entry = find_entry(table, map, key, &position);
  if (entry != NULL) return entry;
  const size_t size = table->size;
  const polycall_codec_field* const key_field = &table->fields[0];
  const polycall_codec_field* const value_field = &table->fields[1];
  wire_string copy = {NULL, 0};
  if (key_field->type == POLYCALL_FIELD_STRING) {
    const wire_string* const string = (const wire_string*)key;
    if (string->size > 0) {
      char* const data = (char*)polycall_arena_alloc(arena, string->size);
      if (data == NULL) return NULL;
      memcpy(data, string->data, string->size);
      copy.data = data;
      copy.size = string->size;
    }
    key = &copy;
  }
  void* value = NULL;
  if (value_field->type == POLYCALL_FIELD_MESSAGE) {
    value = polycall_codec_new(value_field->message, arena);
    if (value == NULL) return NULL;
  }
  if (!polycall_array_reserve(map, arena, size, 1)) return NULL;
  entry = map->data + position * size;
  memmove(entry + size, entry, (map->size - position) * size);
  polycall_codec_init(table, entry);
  memcpy(entry + key_field->offset, key, polycall_size_of_type[key_field->type]);
  if (value != NULL) *(wire_pointer*)(entry + value_field->offset) = value;
  ++map->size;
  ++map->sorted;
  return entry;
}
