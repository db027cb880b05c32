/* A method that a plain function serves: which functions can, and the handler that calls them. */
#ifndef POLYCALL_C_HOST_PLAIN_METHOD_H_
#define POLYCALL_C_HOST_PLAIN_METHOD_H_

#include <ffi.h>

#include "descriptors.h"

/* A function with more parameters is refused. */
#define MAX_FIELDS 32

/* A message of scalars as a struct: `unknown_fields_`, then a slot of 16 bytes for each field. */
#define SLOT_SIZE 16
#define FIRST_SLOT 16
#define MAX_MESSAGE_SIZE (FIRST_SLOT + MAX_FIELDS * SLOT_SIZE)

typedef struct plain_message {
  polycall_codec_table table; /* its name and fields are in the service's arena */
  polycall_codec_field fields[MAX_FIELDS];
} plain_message;

/* Not to be moved once prepared. */
typedef struct plain_method {
  void (*function)(void);
  plain_message request;
  plain_message response;
  ffi_cif cif;
  ffi_type* argument_types[2 * MAX_FIELDS];  /* a string is two arguments */
  uint16_t argument_offsets[2 * MAX_FIELDS]; /* in the request's struct */
  uint16_t string_offsets[MAX_FIELDS];
  uint16_t argument_count;
  uint16_t string_count;
} plain_method;

/* Prepares all but `function`. INVALID_ARGUMENT names the method, the field and the reason when a plain
 * function cannot serve it. */
polycall_code plain_method_prepare(plain_method* method, const char* name,
                                   const google_protobuf_MethodDescriptorProto* described,
                                   const descriptors* descriptors, polycall_arena* arena,
                                   polycall_status* status);

/* The handler; `arg` is the plain_method. */
void plain_method_run(void* arg, polycall_call* call, const polycall_message* request);

#endif /* POLYCALL_C_HOST_PLAIN_METHOD_H_ */
