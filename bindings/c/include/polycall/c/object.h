/* What a C message is to the C ABI: an object that the runtime can pass on unmarshalled, encode, or
 * keep. Generated code makes the tables; a program needs this header only when it uses polycall.h's
 * messages directly. */
#ifndef POLYCALL_C_OBJECT_H_
#define POLYCALL_C_OBJECT_H_

#include "polycall/c/codec.h"
#include "polycall/polycall.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The `object` of a polycall_message whose type is a C message's: names the struct, and where what it
 * points to is allocated when a handler fills it. */
typedef struct polycall_object {
  const polycall_codec_table* table;
  void* message;         /* the generated struct; not to be changed in a request */
  polycall_arena* arena; /* NULL: the struct is only read */
  uint32_t kept;         /* made by polycall_object_retain */
} polycall_object;

/* The functions of a polycall_message_type. retain makes a copy in an arena of its own, or raises the
 * count of one that was made before. */
size_t polycall_object_encoded_size(const void* object);
int polycall_object_encode(const void* object, void* out, size_t size);
void* polycall_object_retain(const void* object);
void polycall_object_release(void* object);

/* The type of the messages of `table`; its identity is the table. */
#define POLYCALL_OBJECT_TYPE_INIT(name, table)                                        \
  {                                                                                   \
    sizeof(polycall_message_type), name, table, polycall_object_encoded_size,         \
        polycall_object_encode, polycall_object_retain, polycall_object_release, NULL \
  }

/* Parses with the errors of a status: INVALID_ARGUMENT for bytes that are none of the message,
 * RESOURCE_EXHAUSTED when memory ran out. `message` need not be initialised. */
polycall_code polycall_object_parse(const polycall_codec_table* table, void* message,
                                    polycall_arena* arena, const void* data, size_t size,
                                    uint32_t flags, polycall_status* status);

/* A new message in the arena, parsed; NULL: `status` says why. */
void* polycall_object_parse_new(const polycall_codec_table* table, polycall_arena* arena,
                                const void* data, size_t size, polycall_status* status);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* POLYCALL_C_OBJECT_H_ */
