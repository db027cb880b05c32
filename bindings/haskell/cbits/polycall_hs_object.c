#include "polycall_hs_object.h"

#include <HsFFI.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* A type's table and, behind it, what is the binding's own. */
typedef struct type_table {
  polycall_message_type type;
  polycall_hs_encode_fn encode;
} type_table;

struct polycall_hs_object {
  atomic_int references;
  atomic_int encoded; /* read by the maker when the call is over */
  const type_table* table;
  HsStablePtr value;
  void* bytes; /* between encoded_size and encode, which come one after the other */
  size_t size;
};

static size_t encoded_size(const void* object) {
  /* The box is the library's for as long as it asks. */
  polycall_hs_object* const box = (polycall_hs_object*)object;
  atomic_store_explicit(&box->encoded, 1, memory_order_relaxed);
  free(box->bytes);
  box->bytes = NULL;
  if (box->table->encode(box->value, box) != 0 || box->bytes == NULL) return SIZE_MAX;
  return box->size;
}

static int encode(const void* object, void* out, size_t size) {
  polycall_hs_object* const box = (polycall_hs_object*)object;
  if (box->bytes == NULL || box->size != size) return 1;
  memcpy(out, box->bytes, size);
  free(box->bytes);
  box->bytes = NULL;
  return 0;
}

static void* retain(const void* object) {
  polycall_hs_object* const box = (polycall_hs_object*)object;
  atomic_fetch_add_explicit(&box->references, 1, memory_order_relaxed);
  return box;
}

static void release(void* object) { polycall_hs_object_release(object); }

const polycall_message_type* polycall_hs_type_new(const char* name,
                                                  polycall_hs_encode_fn encode_value) {
  type_table* const table = calloc(1, sizeof *table);
  char* const copy = strdup(name);
  if (table == NULL || copy == NULL) {
    free(table);
    free(copy);
    return NULL;
  }
  table->type.struct_size = sizeof table->type;
  table->type.name = copy;
  table->type.identity = table;
  table->type.encoded_size = encoded_size;
  table->type.encode = encode;
  table->type.retain = retain;
  table->type.release = release;
  table->encode = encode_value;
  return &table->type;
}

polycall_hs_object* polycall_hs_object_new(const polycall_message_type* type, void* value) {
  polycall_hs_object* const box = malloc(sizeof *box);
  if (box == NULL) return NULL;
  atomic_init(&box->references, 1);
  atomic_init(&box->encoded, 0);
  box->table = (const type_table*)type;
  box->value = value;
  box->bytes = NULL;
  box->size = 0;
  return box;
}

void polycall_hs_object_release(polycall_hs_object* object) {
  if (atomic_fetch_sub_explicit(&object->references, 1, memory_order_acq_rel) != 1) return;
  hs_free_stable_ptr(object->value);
  free(object->bytes);
  free(object);
}

void* polycall_hs_object_value(const polycall_hs_object* object) { return object->value; }

void* polycall_hs_object_bytes(polycall_hs_object* object, size_t size) {
  object->bytes = malloc(size == 0 ? 1 : size);
  object->size = size;
  return object->bytes;
}

int polycall_hs_object_was_encoded(const polycall_hs_object* object) {
  return atomic_load_explicit(&object->encoded, memory_order_relaxed);
}
