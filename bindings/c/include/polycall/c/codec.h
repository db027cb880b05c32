/* The table-driven codec under generated messages. Programs use the functions that are generated for
 * each message; these are what those call, and serve any message of which only the table is known.
 *
 * A message is a struct whose first field is `polycall_unknown_fields* unknown_fields_`; its table
 * says where the others stand. Tables are constants: nothing here has mutable global state, and every
 * function may be called from any thread, for one message by one thread at a time (any number if
 * none changes it). */
#ifndef POLYCALL_C_CODEC_H_
#define POLYCALL_C_CODEC_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "polycall/c/arena.h"
#include "polycall/c/array.h"
#include "polycall/c/string.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Submessages, groups and map entries may be nested this deep, in what is read and in what is
 * written. */
#define POLYCALL_CODEC_MAX_DEPTH 100

/* A message is at most this long. */
#define POLYCALL_CODEC_MAX_SIZE ((size_t)0x7fffffff)

/* Wire bytes of fields that the message's .proto does not know, tags included. Written again behind
 * the known fields. */
typedef struct polycall_unknown_fields {
  char* data;
  size_t size;
  size_t capacity;
} polycall_unknown_fields;

/* A map: an array of entry structs {key, value}. The first `sorted` entries are in the order of their
 * keys (numbers by value, strings by bytes), each key once; parse and `_put` keep all of them so.
 * Entries that a program appended by hand beyond `sorted` are found too (the last of a key counts),
 * only slower. */
typedef struct POLYCALL_MAY_ALIAS polycall_map {
  char* data;
  size_t size;
  size_t capacity;
  size_t sorted;
} polycall_map;

#define POLYCALL_DEFINE_MAP(name, entry) \
  typedef struct name {                  \
    entry* data;                         \
    size_t size;                         \
    size_t capacity;                     \
    size_t sorted;                       \
  } name

/* protobuf's numbers (FieldDescriptorProto.Type); groups are kept as unknown fields. */
typedef enum polycall_field_type {
  POLYCALL_FIELD_DOUBLE = 1,
  POLYCALL_FIELD_FLOAT = 2,
  POLYCALL_FIELD_INT64 = 3,
  POLYCALL_FIELD_UINT64 = 4,
  POLYCALL_FIELD_INT32 = 5,
  POLYCALL_FIELD_FIXED64 = 6,
  POLYCALL_FIELD_FIXED32 = 7,
  POLYCALL_FIELD_BOOL = 8,
  POLYCALL_FIELD_STRING = 9,
  POLYCALL_FIELD_MESSAGE = 11,
  POLYCALL_FIELD_BYTES = 12,
  POLYCALL_FIELD_UINT32 = 13,
  POLYCALL_FIELD_ENUM = 14,
  POLYCALL_FIELD_SFIXED32 = 15,
  POLYCALL_FIELD_SFIXED64 = 16,
  POLYCALL_FIELD_SINT32 = 17,
  POLYCALL_FIELD_SINT64 = 18
} polycall_field_type;

/* How a field tells that it is there, and how many values it has. */
typedef enum polycall_field_label {
  POLYCALL_FIELD_IMPLICIT = 0, /* not its zero value; a submessage: its pointer is not NULL */
  POLYCALL_FIELD_HAS = 1,      /* a bool at `presence` */
  POLYCALL_FIELD_ONEOF = 2,    /* the case enum at `presence` equals the field's number */
  POLYCALL_FIELD_REPEATED = 3,
  POLYCALL_FIELD_MAP = 4,   /* `message` is the entry's table */
  POLYCALL_FIELD_ALWAYS = 5 /* key and value of a map entry: written even when zero */
} polycall_field_label;

enum polycall_field_flags {
  POLYCALL_FIELD_PACKED = 1,  /* repeated numbers are written packed (both forms are read) */
  POLYCALL_FIELD_UTF8 = 2,    /* a proto3 string: other bytes are refused when read */
  POLYCALL_FIELD_REQUIRED = 4 /* proto2 */
};

typedef struct polycall_codec_table polycall_codec_table;

typedef struct polycall_codec_field {
  uint32_t number;
  uint32_t offset;   /* in the struct; a oneof's member: of the union */
  uint32_t presence; /* see polycall_field_label */
  uint8_t type;
  uint8_t label;
  uint8_t flags;
  uint8_t reserved;
  const polycall_codec_table* message; /* submessages and maps; a closed enum's; else NULL */
} polycall_codec_field;

enum polycall_codec_flags {
  POLYCALL_CODEC_MAP_ENTRY = 1,    /* has no unknown_fields_ */
  POLYCALL_CODEC_HAS_REQUIRED = 2, /* itself, not its submessages */
  /* No message, but what numbers a proto2 enum has: `prototype` points to `field_count` of type
   * int32_t, sorted. A field keeps no others; those are unknown fields of its message. */
  POLYCALL_CODEC_CLOSED_ENUM = 4
};

struct polycall_codec_table {
  const char* name;                   /* "calc.v1.AddRequest" */
  const polycall_codec_field* fields; /* sorted by number */
  uint32_t field_count;
  uint32_t dense_count; /* the first `dense_count` fields have the numbers 1, 2, 3 .. */
  uint32_t size;        /* of the struct */
  uint32_t flags;
  const void* prototype; /* a message with all defaults; NULL: all bytes zero */
};

/* What was wrong with bytes that could not be parsed, and where. */
typedef struct polycall_codec_error {
  const char* reason;  /* a sentence's end, "a length goes beyond the end"; static storage */
  const char* message; /* the (sub)message that was being read; static storage */
  uint32_t field;      /* its field number; 0: none */
  size_t offset;       /* of the field's first byte, counted in the whole input */
  bool out_of_memory;  /* the arena's limit or the heap, not the bytes */
} polycall_codec_error;

enum polycall_parse_flags {
  /* Strings, bytes and unknown fields point into the input, which must outlive the message. */
  POLYCALL_PARSE_BORROW = 1
};

/* Makes all fields absent or default. */
void polycall_codec_init(const polycall_codec_table* table, void* message);

/* Merges the protobuf wire format in `data` into `message`, which is initialised: scalars are
 * replaced, submessages merged, repeated fields appended. False: `error` (may be NULL) says why, and
 * `message` holds a part of it. Any bytes are fine. */
bool polycall_codec_parse(const polycall_codec_table* table, void* message, polycall_arena* arena,
                          const void* data, size_t size, uint32_t flags,
                          polycall_codec_error* error);

/* Writes "cannot read calc.v1.AddRequest: byte 7, field 2: ..." to `out`, NUL-terminated and cut to
 * `size`. */
void polycall_codec_error_text(const polycall_codec_table* table, const polycall_codec_error* error,
                               char* out, size_t size);

/* Bytes that polycall_codec_encode will write. SIZE_MAX: the message cannot be written: a required
 * field is missing, it is nested deeper than 100 or longer than 2 GiB. */
size_t polycall_codec_size(const polycall_codec_table* table, const void* message);

/* Writes exactly `size` bytes, what polycall_codec_size said, fields by number. False: the message
 * was changed in between. Never writes outside of `out`. */
bool polycall_codec_encode(const polycall_codec_table* table, const void* message, void* out,
                           size_t size);

/* Makes `to`, whatever it held, a copy of `from` that shares nothing with it. False: out of memory. */
bool polycall_codec_copy(const polycall_codec_table* table, void* to, const void* from,
                         polycall_arena* arena);

/* Whether both say the same, unknown fields included. Floating point numbers are compared by their
 * bits. */
bool polycall_codec_equal(const polycall_codec_table* table, const void* left, const void* right);

/* A new initialised message of the table's in the arena; NULL: out of memory. */
void* polycall_codec_new(const polycall_codec_table* table, polycall_arena* arena);

/* One further initialised element of an array of messages; NULL: out of memory. */
void* polycall_codec_add(const polycall_codec_table* table, void* array, polycall_arena* arena);

/* The entry of a key, NULL when there is none. `entry_table` is the map's entry table, `key` points
 * to a value of the key's type. */
void* polycall_map_find(const polycall_codec_table* entry_table, const void* map, const void* key);

/* The same; makes the entry, with a copy of a string key and a zero or empty value, if there is none.
 * NULL: out of memory. Pointers to entries are valid until the next put. */
void* polycall_map_put(const polycall_codec_table* entry_table, void* map, polycall_arena* arena,
                       const void* key);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* POLYCALL_C_CODEC_H_ */
