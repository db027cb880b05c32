/* Arrays: what repeated fields hold. `data[0 .. size)` are the elements; `capacity` is how many fit
 * before the array moves. An array that points to memory of the caller's has capacity 0 and is copied
 * to the arena by the first add. Elements move when an array grows: pointers to them are valid until
 * the next add. */
#ifndef POLYCALL_C_ARRAY_H_
#define POLYCALL_C_ARRAY_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "polycall/c/arena.h"
#include "polycall/c/string.h"

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define POLYCALL_MAY_ALIAS __attribute__((may_alias))
#else
#define POLYCALL_MAY_ALIAS
#endif

#define POLYCALL_DEFINE_ARRAY(name, type) \
  typedef struct name {                   \
    type* data;                           \
    size_t size;                          \
    size_t capacity;                      \
  } name

POLYCALL_DEFINE_ARRAY(polycall_int32_array, int32_t);
POLYCALL_DEFINE_ARRAY(polycall_uint32_array, uint32_t);
POLYCALL_DEFINE_ARRAY(polycall_int64_array, int64_t);
POLYCALL_DEFINE_ARRAY(polycall_uint64_array, uint64_t);
POLYCALL_DEFINE_ARRAY(polycall_float_array, float);
POLYCALL_DEFINE_ARRAY(polycall_double_array, double);
POLYCALL_DEFINE_ARRAY(polycall_bool_array, bool);
POLYCALL_DEFINE_ARRAY(polycall_string_array, polycall_string);
typedef polycall_string_array polycall_bytes_array;

/* Any of the above, and the arrays that generated code defines. */
typedef struct POLYCALL_MAY_ALIAS polycall_array {
  char* data;
  size_t size;
  size_t capacity;
} polycall_array;

/* Makes room for `more` further elements of `element_size` bytes. False: out of memory. */
bool polycall_array_reserve(void* array, polycall_arena* arena, size_t element_size, size_t more);

/* One further element, not initialised; NULL: out of memory. `array` points to an array struct. */
static inline void* polycall_array_add(void* array, polycall_arena* arena, size_t element_size) {
  polycall_array* self = (polycall_array*)array;
  if (self->size >= self->capacity && !polycall_array_reserve(self, arena, element_size, 1)) {
    return NULL;
  }
  return self->data + element_size * self->size++;
}

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* POLYCALL_C_ARRAY_H_ */
