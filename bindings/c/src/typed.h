/* What the client's and the server's parts share. Internal. */
#ifndef POLYCALL_C_SRC_TYPED_H_
#define POLYCALL_C_SRC_TYPED_H_

#include <string.h>

#include "polycall/c/object.h"

/* The library overwrites statuses that it is given; NULL means that nobody wants it. */
static inline void set_status(polycall_status* status, polycall_code code, const char* text) {
  if (status != NULL) polycall_status_set(status, code, text, NULL, 0);
}

static inline const polycall_codec_table* table_of(const polycall_message_type* type) {
  return (const polycall_codec_table*)type->identity;
}

static inline bool is_object_of(const polycall_message* message,
                                const polycall_message_type* type) {
  return message->type != NULL && message->type->identity == type->identity;
}

static inline void wrap(polycall_object* object, const polycall_message_type* type,
                        const void* message) {
  object->table = table_of(type);
  object->message = (void*)(uintptr_t)message;
  object->arena = NULL;
  object->kept = 0;
}

/* Takes what came out of the library into `out`, whose parts are then the arena's: objects and long
 * messages are kept alive by the arena, short ones are copied. Ends `message`. */
polycall_code polycall_typed_take(const polycall_message_type* type, polycall_message* message,
                                  void* out, polycall_arena* arena, polycall_status* status);

/* A view of a message that came in and stays the library's: the struct, or NULL with `status`. `local`
 * is room for a struct that has to be parsed. */
const void* polycall_typed_view(const polycall_message_type* type, const polycall_message* message,
                                void* local, polycall_arena* arena, polycall_status* status);

#endif /* POLYCALL_C_SRC_TYPED_H_ */
