#include "polycall/c/array.h"

#include <string.h>

bool polycall_array_reserve(void* array, polycall_arena* arena, size_t element_size, size_t more) {
  polycall_array* const self = (polycall_array*)array;
  const size_t most = SIZE_MAX / 2 / element_size;
  if (more > most || self->size > most - more) return false;
  const size_t needed = self->size + more;
  if (needed <= self->capacity) return true;
  size_t capacity = self->capacity == 0 ? 32 / element_size + 1 : self->capacity * 2;
  if (capacity < needed) capacity = needed;
  if (capacity > most) capacity = most;
  char* data;
  if (self->capacity == 0) { /* empty, or borrowed from the program: not the arena's to extend */
    data = (char*)polycall_arena_alloc(arena, capacity * element_size);
    if (data != NULL && self->size > 0) memcpy(data, self->data, self->size * element_size);
  } else {
    /* The arena rounded the first allocation up, so growing tells it the capacity, not the size. */
    data = (char*)polycall_arena_grow(arena, self->data, self->capacity * element_size,
                                      capacity * element_size);
  }
  if (data == NULL) return false;
  self->data = data;
  self->capacity = capacity;
  return true;
}
