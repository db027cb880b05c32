#include "polycall/c/arena.h"

#include <stdlib.h>
#include <string.h>

/* Blocks grow from the first size to the last, each twice the one before. */
#define FIRST_BLOCK_SIZE ((size_t)4096)
#define LAST_BLOCK_SIZE ((size_t)1 << 20)

typedef struct polycall_arena_block {
  struct polycall_arena_block* next;
  size_t size; /* of the payload behind this header */
} block;

typedef struct polycall_arena_deferred {
  struct polycall_arena_deferred* next;
  void (*end)(void* arg);
  void* arg;
} deferred;

static size_t round_up(size_t size) {
  return (size + POLYCALL_ARENA_ALIGNMENT - 1) & ~(POLYCALL_ARENA_ALIGNMENT - 1);
}

static void use_space(polycall_arena* arena, void* space, size_t size) {
  const size_t skip = (size_t)(-(uintptr_t)space) & (POLYCALL_ARENA_ALIGNMENT - 1);
  if (space == NULL || size < skip + POLYCALL_ARENA_ALIGNMENT) {
    arena->next = arena->end = NULL;
    return;
  }
  arena->next = (char*)space + skip;
  arena->end = arena->next + ((size - skip) & ~(POLYCALL_ARENA_ALIGNMENT - 1));
}

void polycall_arena_init(polycall_arena* arena, void* space, size_t size) {
  arena->block = NULL;
  arena->deferred = NULL;
  arena->space = space;
  arena->space_size = size;
  arena->heap_size = 0;
  arena->limit = POLYCALL_ARENA_DEFAULT_LIMIT;
  use_space(arena, space, size);
}

void polycall_arena_set_limit(polycall_arena* arena, size_t limit) { arena->limit = limit; }

size_t polycall_arena_heap_size(const polycall_arena* arena) { return arena->heap_size; }

void* polycall_arena_alloc_block(polycall_arena* arena, size_t size) {
  if (size > arena->limit) return NULL; /* also keeps the sums below from overflowing */
  const size_t needed = round_up(size);
  size_t payload = arena->block == NULL ? FIRST_BLOCK_SIZE : arena->block->size * 2;
  if (payload > LAST_BLOCK_SIZE) payload = LAST_BLOCK_SIZE;
  if (payload < needed) payload = needed;
  if (arena->heap_size > arena->limit || payload > arena->limit - arena->heap_size) {
    payload = needed; /* the last bytes below the limit are still to be had */
    if (arena->heap_size > arena->limit || payload > arena->limit - arena->heap_size) return NULL;
  }
  block* made = (block*)malloc(sizeof(block) + payload);
  if (made == NULL) return NULL;
  made->size = payload;
  made->next = arena->block;
  arena->block = made;
  arena->heap_size += payload;
  char* const begin = (char*)(made + 1);
  /* A block made for one great thing must not displace a present one with more room left. */
  if (payload - needed >= (size_t)(arena->end - arena->next)) {
    arena->next = begin + needed;
    arena->end = begin + payload;
  }
  return begin;
}

void* polycall_arena_grow(polycall_arena* arena, void* data, size_t old_size, size_t new_size) {
  if (data != NULL && (char*)data + round_up(old_size) == arena->next) {
    if (new_size <= (size_t)(arena->end - (char*)data)) {
      arena->next = (char*)data + round_up(new_size);
      return data;
    }
  }
  void* const moved = polycall_arena_alloc(arena, new_size);
  if (moved != NULL && old_size > 0) memcpy(moved, data, old_size);
  return moved;
}

bool polycall_arena_defer(polycall_arena* arena, void (*end)(void* arg), void* arg) {
  deferred* const made = (deferred*)polycall_arena_alloc(arena, sizeof(deferred));
  if (made == NULL) return false;
  made->next = arena->deferred;
  made->end = end;
  made->arg = arg;
  arena->deferred = made;
  return true;
}

static void run_deferred(polycall_arena* arena) {
  deferred* each = arena->deferred;
  arena->deferred = NULL;
  for (; each != NULL; each = each->next) each->end(each->arg);
}

void polycall_arena_reset(polycall_arena* arena) {
  if (arena->deferred == NULL && arena->block == NULL) {
    use_space(arena, arena->space, arena->space_size);
    return;
  }
  if (arena->deferred != NULL) run_deferred(arena);
  block* kept = NULL;
  for (block* each = arena->block; each != NULL;) {
    block* const next = each->next;
    if (kept == NULL || each->size > kept->size) {
      free(kept);
      kept = each;
    } else {
      free(each);
    }
    each = next;
  }
  arena->block = kept;
  if (kept == NULL) {
    use_space(arena, arena->space, arena->space_size);
    return;
  }
  kept->next = NULL;
  arena->heap_size = kept->size;
  arena->next = (char*)(kept + 1);
  arena->end = arena->next + kept->size;
}

void polycall_arena_free(polycall_arena* arena) {
  if (arena->deferred != NULL) run_deferred(arena);
  for (block* each = arena->block; each != NULL;) {
    block* const next = each->next;
    free(each);
    each = next;
  }
  arena->block = NULL;
  arena->heap_size = 0;
  use_space(arena, arena->space, arena->space_size);
}
