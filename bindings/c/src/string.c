#include "polycall/c/string.h"

polycall_string polycall_string_copy(polycall_arena* arena, polycall_string string) {
  polycall_string copy = {NULL, 0};
  if (string.size == 0) return copy;
  char* const data = (char*)polycall_arena_alloc(arena, string.size);
  if (data == NULL) return copy;
  memcpy(data, string.data, string.size);
  copy.data = data;
  copy.size = string.size;
  return copy;
}

char* polycall_string_terminate(polycall_arena* arena, polycall_string string) {
  if (string.size == SIZE_MAX) return NULL;
  char* const data = (char*)polycall_arena_alloc(arena, string.size + 1);
  if (data == NULL) return NULL;
  if (string.size > 0) memcpy(data, string.data, string.size);
  data[string.size] = '\0';
  return data;
}
