/* A .proto file through protoc, so that nothing of protobuf is linked into the process. */
#ifndef POLYCALL_C_HOST_PROTOC_H_
#define POLYCALL_C_HOST_PROTOC_H_

#include "polycall/c/arena.h"
#include "polycall/polycall.h"

/* Runs `protoc --include_imports` on `file`, which may import what lies beside it, protobuf's own files
 * and PolyCall's. `bytes` is the serialized descriptor set. protoc's complaints become the status.
 * [blocks] */
polycall_code protoc_run(const char* file, const char* directory, polycall_arena* arena,
                         const void** bytes, size_t* size, polycall_status* status);

#endif /* POLYCALL_C_HOST_PROTOC_H_ */
