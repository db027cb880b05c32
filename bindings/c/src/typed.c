#include "typed.h"

/* From here on the arena keeps the received bytes instead of copying the strings out of them. */
#define BORROW_FROM 4096

static void release_message(void* arg) { polycall_message_release((polycall_message*)arg); }

/* Moves `message` into the arena, which ends it. NULL: out of memory. */
static polycall_message* move_to_arena(polycall_message* message, polycall_arena* arena) {
  polycall_message* const kept = (polycall_message*)polycall_arena_alloc(arena, sizeof *kept);
  if (kept == NULL || !polycall_arena_defer(arena, release_message, kept)) return NULL;
  *kept = *message;
  memset(message, 0, sizeof *message);
  return kept;
}

static polycall_code out_of_memory(polycall_status* status) {
  set_status(status, POLYCALL_RESOURCE_EXHAUSTED, "memory or the arena's limit is exhausted");
  return POLYCALL_RESOURCE_EXHAUSTED;
}

static polycall_code take_bytes(const polycall_message_type* type, polycall_message* message,
                                void* out, polycall_arena* arena, polycall_status* status) {
  const polycall_codec_table* const table = table_of(type);
  uint32_t flags = 0;
  const void* data = message->data;
  const size_t size = message->size;
  if (size >= BORROW_FROM) {
    const polycall_message* const kept = move_to_arena(message, arena);
    if (kept != NULL) {
      data = kept->data;
      flags = POLYCALL_PARSE_BORROW;
    }
  }
  const polycall_code code = polycall_object_parse(table, out, arena, data, size, flags, status);
  polycall_message_release(message);
  return code;
}

polycall_code polycall_typed_take(const polycall_message_type* type, polycall_message* message,
                                  void* out, polycall_arena* arena, polycall_status* status) {
  if (message->type == NULL) return take_bytes(type, message, out, arena, status);
  if (is_object_of(message, type)) {
    const polycall_message* const kept = move_to_arena(message, arena);
    if (kept == NULL) {
      polycall_message_release(message);
      return out_of_memory(status);
    }
    memcpy(out, ((const polycall_object*)kept->object)->message, table_of(type)->size);
    return POLYCALL_OK;
  }
  polycall_message bytes = POLYCALL_MESSAGE_INIT;
  const polycall_code code = polycall_message_to_bytes(message, &bytes, status);
  polycall_message_release(message);
  return code != POLYCALL_OK ? code : take_bytes(type, &bytes, out, arena, status);
}

const void* polycall_typed_view(const polycall_message_type* type, const polycall_message* message,
                                void* local, polycall_arena* arena, polycall_status* status) {
  const polycall_codec_table* const table = table_of(type);
  if (is_object_of(message, type)) return ((const polycall_object*)message->object)->message;
  if (local == NULL) {
    local = polycall_arena_alloc(arena, table->size);
    if (local == NULL) {
      out_of_memory(status);
      return NULL;
    }
  }
  if (message->type == NULL) {
    return polycall_object_parse(table, local, arena, message->data, message->size,
                                 POLYCALL_PARSE_BORROW, status) == POLYCALL_OK
               ? local
               : NULL;
  }
  polycall_message bytes = POLYCALL_MESSAGE_INIT;
  if (polycall_message_to_bytes(message, &bytes, status) != POLYCALL_OK) return NULL;
  return take_bytes(type, &bytes, local, arena, status) == POLYCALL_OK ? local : NULL;
}
