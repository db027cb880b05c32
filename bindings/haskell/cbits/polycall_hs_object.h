/* Haskell values that are passed to an end in the same process as they are, unmarshalled.
 *
 * The object of such a polycall_message is a counted box around a stable pointer. Its value is a
 * `Passed` (Polycall.Passing), which brings its own codec: one set of functions serves all types. Only
 * the table of a type, made once in each program or module, tells types apart: two modules that were
 * compiled from two versions of a .proto do not take each other's values for their own. */
#ifndef POLYCALL_BINDINGS_HASKELL_CBITS_POLYCALL_HS_OBJECT_H_
#define POLYCALL_BINDINGS_HASKELL_CBITS_POLYCALL_HS_OBJECT_H_

#include "polycall/polycall.h"

typedef struct polycall_hs_object polycall_hs_object;

/* Encodes the value with polycall_hs_object_bytes; nonzero: it cannot be encoded. */
typedef int (*polycall_hs_encode_fn)(void* value, polycall_hs_object* object);

/* A type's table, whose identity is its own address. Never freed. NULL: no memory. */
const polycall_message_type* polycall_hs_type_new(const char* name, polycall_hs_encode_fn encode);

/* A box with one reference, which takes over the stable pointer. NULL: no memory. */
polycall_hs_object* polycall_hs_object_new(const polycall_message_type* type, void* value);
void polycall_hs_object_release(polycall_hs_object* object);

/* The stable pointer, which stays the box's. */
void* polycall_hs_object_value(const polycall_hs_object* object);
/* Memory for the encoded value, kept until it has been written out. NULL: no memory. */
void* polycall_hs_object_bytes(polycall_hs_object* object, size_t size);
/* Whether somebody wanted the bytes: the other end takes no values of this type. */
int polycall_hs_object_was_encoded(const polycall_hs_object* object);

#endif /* POLYCALL_BINDINGS_HASKELL_CBITS_POLYCALL_HS_OBJECT_H_ */
