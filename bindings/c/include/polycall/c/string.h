/* Strings and bytes with their length. They own nothing: the bytes belong to an arena, to the
 * program's constants or to whoever made them. */
#ifndef POLYCALL_C_STRING_H_
#define POLYCALL_C_STRING_H_

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "polycall/c/arena.h"

#ifdef __cplusplus
extern "C" {
#endif

/* `size` bytes at `data`, not NUL-terminated; {NULL, 0} is the empty string. */
typedef struct polycall_string {
  const char* data;
  size_t size;
} polycall_string;

/* What a `bytes` field holds. */
typedef polycall_string polycall_bytes;

/* For printf: printf("%.*s", POLYCALL_STRING_ARGS(reply.name)). */
#define POLYCALL_STRING_ARGS(string) (int)(string).size, ((string).data ? (string).data : "")

/* Borrows a NUL-terminated text; NULL is the empty string. */
static inline polycall_string polycall_string_from(const char* text) {
  polycall_string string;
  string.data = text;
  string.size = text == NULL ? 0 : strlen(text);
  return string;
}

/* Borrows `size` bytes. */
static inline polycall_bytes polycall_bytes_from(const void* data, size_t size) {
  polycall_bytes bytes;
  bytes.data = (const char*)data;
  bytes.size = size;
  return bytes;
}

static inline bool polycall_string_equal(polycall_string left, polycall_string right) {
  return left.size == right.size &&
         (left.size == 0 || memcmp(left.data, right.data, left.size) == 0);
}

/* A copy in the arena. {NULL, 0} for an empty string, and also when memory ran out: then `string` was
 * not empty. */
polycall_string polycall_string_copy(polycall_arena* arena, polycall_string string);

/* A NUL-terminated copy in the arena; NULL when memory ran out. A NUL byte within the string ends
 * what C sees of it. */
char* polycall_string_terminate(polycall_arena* arena, polycall_string string);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* POLYCALL_C_STRING_H_ */
