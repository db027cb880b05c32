/* What a .proto or .desc file says. */
#ifndef POLYCALL_C_HOST_DESCRIPTORS_H_
#define POLYCALL_C_HOST_DESCRIPTORS_H_

#include "google/protobuf/descriptor.polycall.h"
#include "polycall/v1/options.polycall.h"

/* All in the arena that it was read with. */
typedef struct descriptors {
  const char* file; /* as given, for messages */
  const google_protobuf_FileDescriptorSet* set;
  const void* bytes; /* the set, serialized */
  size_t size;
} descriptors;

/* Reads `file`: a .desc is a serialized FileDescriptorSet, what `protoc --include_imports
 * --descriptor_set_out` writes; a .proto is given to protoc, which has to be installed. `directory` is
 * the host's own folder. [blocks] for protoc. */
polycall_code descriptors_read(const char* file, const char* directory, polycall_arena* arena,
                               descriptors* out, polycall_status* status);

/* The message of that full name (".calc.v1.Point", as types are named within descriptors), with the
 * file that it is from. NULL: the set does not hold it. */
const google_protobuf_DescriptorProto* descriptors_message(
    const descriptors* descriptors, polycall_string name,
    const google_protobuf_FileDescriptorProto** file);

/* The polycall.v1.method options of a method; all default if there are none or they are damaged. */
polycall_v1_MethodOptions descriptors_method_options(
    const google_protobuf_MethodDescriptorProto* method, polycall_arena* arena);

#endif /* POLYCALL_C_HOST_DESCRIPTORS_H_ */
