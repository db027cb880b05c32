#include "plain_method.h"

/* The codec's slots are aligned for every scalar, and so is what libffi writes a result to. */
typedef union result {
  ffi_arg number;
  double real;
  uint64_t bits;
} result;

/* A slot, seen as what the codec wrote to it. */
typedef struct POLYCALL_MAY_ALIAS string_slot {
  const char* data;
  size_t size;
} string_slot;

static void call_function(const plain_method* method, char* request, void* result) {
  void* arguments[2 * MAX_FIELDS];
  for (uint16_t i = 0; i < method->string_count; ++i) {
    /* C functions expect a pointer that they may give to memcpy, also for an empty string. */
    string_slot* const string = (string_slot*)(request + method->string_offsets[i]);
    if (string->data == NULL) string->data = "";
  }
  for (uint16_t i = 0; i < method->argument_count; ++i) {
    arguments[i] = request + method->argument_offsets[i];
  }
  ffi_call((ffi_cif*)&method->cif, method->function, result, arguments);
}

void plain_method_run(void* arg, polycall_call* call, const polycall_message* request) {
  const plain_method* const method = (const plain_method*)arg;
  _Alignas(SLOT_SIZE) char arguments[MAX_MESSAGE_SIZE];
  _Alignas(SLOT_SIZE) char reply[FIRST_SLOT + SLOT_SIZE];
  char space[128]; /* for a few unknown fields; strings stay where they came */
  polycall_arena arena;
  polycall_arena_init(&arena, space, sizeof space);
  polycall_status status = POLYCALL_STATUS_INIT;
  if (polycall_object_parse(&method->request.table, arguments, &arena, request->data, request->size,
                            POLYCALL_PARSE_BORROW, &status) != POLYCALL_OK) {
    polycall_arena_free(&arena);
    polycall_call_finish(call, &status, NULL);
    polycall_status_clear(&status);
    return;
  }
  result value = {0};
  call_function(method, arguments, &value);
  polycall_arena_free(&arena);
  polycall_codec_init(&method->response.table, reply);
  if (method->response.table.field_count != 0) {
    /* Little-endian: whatever the width, the value is in the first bytes. A C function leaves the
     * upper ones of a bool undefined, and libffi has cut them off. */
    memcpy(reply + FIRST_SLOT, &value, sizeof value);
  }
  char bytes[32];
  polycall_message response = POLYCALL_MESSAGE_INIT;
  response.data = bytes;
  response.size = polycall_codec_size(&method->response.table, reply);
  polycall_codec_encode(&method->response.table, reply, bytes, response.size);
  polycall_call_finish(call, NULL, &response);
}
