/* Arena: memory for the strings, arrays and submessages of messages, ended all at once.
 *
 * Allocation moves a pointer; nothing is freed singly. An arena never aborts: what does not fit its
 * limit, or what the system refuses, is NULL. One thread at a time.
 *
 *   char space[1024];
 *   polycall_arena arena;
 *   polycall_arena_init(&arena, space, sizeof space);
 *   ...
 *   polycall_arena_free(&arena);
 */
#ifndef POLYCALL_C_ARENA_H_
#define POLYCALL_C_ARENA_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What an arena may take from the heap unless polycall_arena_set_limit says otherwise. */
#define POLYCALL_ARENA_DEFAULT_LIMIT ((size_t)256 << 20)

/* Everything an arena returns is aligned to this. */
#define POLYCALL_ARENA_ALIGNMENT ((size_t)8)

struct polycall_arena_block;
struct polycall_arena_deferred;

/* A value; its fields are the library's. Not to be copied or moved once in use. */
typedef struct polycall_arena {
  char* next;
  char* end;
  struct polycall_arena_block* block;
  struct polycall_arena_deferred* deferred;
  void* space;
  size_t space_size;
  size_t heap_size;
  size_t limit;
} polycall_arena;

/* Makes `arena` empty. `space` (may be NULL, with size 0) is used before the heap is, and must live
 * as long as what is allocated; a small program of short calls never reaches the heap with 1 KiB. */
void polycall_arena_init(polycall_arena* arena, void* space, size_t size);

/* Bounds what the arena takes from the heap, in bytes. */
void polycall_arena_set_limit(polycall_arena* arena, size_t limit);

/* Ends everything that was allocated, runs what was deferred, and keeps the greatest block of memory
 * for what comes next. */
void polycall_arena_reset(polycall_arena* arena);

/* Ends everything, gives the heap's memory back. The arena is then empty and may be used again. */
void polycall_arena_free(polycall_arena* arena);

/* Runs `end(arg)` when the arena is reset or freed, the last one first. False: out of memory; then
 * nothing was deferred. */
bool polycall_arena_defer(polycall_arena* arena, void (*end)(void* arg), void* arg);

/* Bytes that the arena holds from the heap now. */
size_t polycall_arena_heap_size(const polycall_arena* arena);

/* The slow path of polycall_arena_alloc. */
void* polycall_arena_alloc_block(polycall_arena* arena, size_t size);

/* `size` bytes, not initialised, aligned to 8. NULL when the limit or the heap is exhausted. */
static inline void* polycall_arena_alloc(polycall_arena* arena, size_t size) {
  const size_t left = (size_t)(arena->end - arena->next);
  if (size <= left) {
    /* `left` is a multiple of the alignment, so rounding up stays within it. */
    char* result = arena->next;
    arena->next =
        result + ((size + POLYCALL_ARENA_ALIGNMENT - 1) & ~(POLYCALL_ARENA_ALIGNMENT - 1));
    return result;
  }
  return polycall_arena_alloc_block(arena, size);
}

/* `data`, which is `old_size` bytes of the arena's (NULL when 0), with room for `new_size` bytes: in
 * place if nothing was allocated after it, else a copy. NULL: out of memory, `data` is unchanged. */
void* polycall_arena_grow(polycall_arena* arena, void* data, size_t old_size, size_t new_size);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* POLYCALL_C_ARENA_H_ */
