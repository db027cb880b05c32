#include "polycall/c/object.h"

#include <stdatomic.h>
#include <stdlib.h>

typedef struct kept_object {
  polycall_object object; /* first: the object's address is this one's */
  atomic_uint count;
  polycall_arena arena;
} kept_object;

size_t polycall_object_encoded_size(const void* object) {
  const polycall_object* const self = (const polycall_object*)object;
  return polycall_codec_size(self->table, self->message);
}

int polycall_object_encode(const void* object, void* out, size_t size) {
  const polycall_object* const self = (const polycall_object*)object;
  return polycall_codec_encode(self->table, self->message, out, size) ? 0 : 1;
}

void* polycall_object_retain(const void* object) {
  const polycall_object* const self = (const polycall_object*)object;
  if (self->kept) {
    kept_object* const same = (kept_object*)(uintptr_t)object;
    atomic_fetch_add_explicit(&same->count, 1, memory_order_relaxed);
    return same;
  }
  kept_object* const made = (kept_object*)malloc(sizeof *made);
  if (made == NULL) return NULL;
  polycall_arena_init(&made->arena, NULL, 0);
  polycall_arena_set_limit(&made->arena, SIZE_MAX); /* no more than the original holds already */
  atomic_init(&made->count, 1);
  made->object.table = self->table;
  made->object.message = polycall_arena_alloc(&made->arena, self->table->size);
  made->object.arena = NULL;
  made->object.kept = 1;
  if (made->object.message == NULL ||
      !polycall_codec_copy(self->table, made->object.message, self->message, &made->arena)) {
    polycall_arena_free(&made->arena);
    free(made);
    return NULL;
  }
  return made;
}

void polycall_object_release(void* object) {
  if (object == NULL || !((polycall_object*)object)->kept) return; /* stands on somebody's stack */
  kept_object* const self = (kept_object*)object;
  if (atomic_fetch_sub_explicit(&self->count, 1, memory_order_acq_rel) != 1) return;
  polycall_arena_free(&self->arena);
  free(self);
}

polycall_code polycall_object_parse(const polycall_codec_table* table, void* message,
                                    polycall_arena* arena, const void* data, size_t size,
                                    uint32_t flags, polycall_status* status) {
  polycall_codec_error error;
  polycall_codec_init(table, message);
  if (polycall_codec_parse(table, message, arena, data, size, flags, &error)) return POLYCALL_OK;
  polycall_codec_init(table, message);
  const polycall_code code =
      error.out_of_memory ? POLYCALL_RESOURCE_EXHAUSTED : POLYCALL_INVALID_ARGUMENT;
  if (status != NULL) {
    char text[512];
    polycall_codec_error_text(table, &error, text, sizeof text);
    polycall_status_set(status, code, text, NULL, 0);
  }
  return code;
}

void* polycall_object_parse_new(const polycall_codec_table* table, polycall_arena* arena,
                                const void* data, size_t size, polycall_status* status) {
  void* const message = polycall_arena_alloc(arena, table->size);
  if (message == NULL) {
    if (status != NULL) {
      polycall_status_set(status, POLYCALL_RESOURCE_EXHAUSTED,
                          "memory or the arena's limit is exhausted", NULL, 0);
    }
    return NULL;
  }
  return polycall_object_parse(table, message, arena, data, size, 0, status) == POLYCALL_OK
             ? message
             : NULL;
}
