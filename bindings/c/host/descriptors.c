#include "descriptors.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "errors.h"
#include "protoc.h"

/* No .desc of a program's own is near this; a wrong file may be. */
#define MAX_SIZE ((size_t)64 << 20)

static polycall_code read_file(const char* path, polycall_arena* arena, descriptors* out,
                               polycall_status* status) {
  FILE* const file = fopen(path, "rbe");
  if (file == NULL) {
    return fail(status, errno == ENOENT ? POLYCALL_NOT_FOUND : POLYCALL_FAILED_PRECONDITION,
                "cannot read %s: %s", path, strerror(errno));
  }
  size_t size = 0;
  size_t capacity = 1 << 16;
  char* data = (char*)polycall_arena_alloc(arena, capacity);
  while (data != NULL) {
    size += fread(data + size, 1, capacity - size, file);
    if (size < capacity) break;
    data = capacity >= MAX_SIZE ? NULL
                                : (char*)polycall_arena_grow(arena, data, capacity, capacity * 2);
    capacity *= 2;
  }
  const bool failed = ferror(file) != 0;
  fclose(file);
  if (data == NULL || failed) {
    return fail(status, POLYCALL_INVALID_ARGUMENT, "cannot read %s: %s", path,
                failed ? "it is no regular file" : "it is too large");
  }
  out->bytes = data;
  out->size = size;
  return POLYCALL_OK;
}

polycall_code descriptors_read(const char* file, const char* directory, polycall_arena* arena,
                               descriptors* out, polycall_status* status) {
  memset(out, 0, sizeof *out);
  out->file = file;
  const size_t length = strlen(file);
  const bool is_source = length > 6 && strcmp(file + length - 6, ".proto") == 0;
  polycall_code code = is_source
                           ? protoc_run(file, directory, arena, &out->bytes, &out->size, status)
                           : read_file(file, arena, out, status);
  if (code != POLYCALL_OK) return code;
  polycall_status reason = POLYCALL_STATUS_INIT;
  out->set = google_protobuf_FileDescriptorSet_parse(arena, out->bytes, out->size, &reason);
  if (out->set == NULL || out->set->file.size == 0) {
    code = fail(
        status, POLYCALL_INVALID_ARGUMENT,
        "%s is no descriptor set (protoc --include_imports --descriptor_set_out makes one)%s%s",
        file, reason.message != NULL ? ": " : "", reason.message != NULL ? reason.message : "");
    polycall_status_clear(&reason);
  }
  return code;
}

/* If `name` begins with "." `part` and goes on with "." or ends there: what follows, else NULL. */
static const char* after_part(const char* name, const char* end, polycall_string part) {
  if (part.size == 0) return name;
  if ((size_t)(end - name) <= part.size || name[0] != '.') return NULL;
  if (memcmp(name + 1, part.data, part.size) != 0) return NULL;
  name += 1 + part.size;
  return name == end || *name == '.' ? name : NULL;
}

static const google_protobuf_DescriptorProto* message_among(
    const google_protobuf_DescriptorProto_array* messages, const char* name, const char* end) {
  for (size_t i = 0; i < messages->size; ++i) {
    const google_protobuf_DescriptorProto* const message = &messages->data[i];
    const char* const rest = after_part(name, end, message->name);
    if (rest == NULL || rest == name) continue;
    return rest == end ? message : message_among(&message->nested_type, rest, end);
  }
  return NULL;
}

const google_protobuf_DescriptorProto* descriptors_message(
    const descriptors* descriptors, polycall_string name,
    const google_protobuf_FileDescriptorProto** file) {
  const char* const end = name.data + name.size;
  for (size_t i = 0; i < descriptors->set->file.size; ++i) {
    *file = &descriptors->set->file.data[i];
    const char* const rest = after_part(name.data, end, (*file)->package);
    const google_protobuf_DescriptorProto* const found =
        rest == NULL ? NULL : message_among(&(*file)->message_type, rest, end);
    if (found != NULL) return found;
  }
  return NULL;
}

/* The options are an extension, which the generated message keeps among its unknown fields: this is a
 * message of which nothing is known but that field. */
typedef struct extended {
  polycall_unknown_fields* unknown_fields_;
  polycall_v1_MethodOptions* method;
} extended;

polycall_v1_MethodOptions descriptors_method_options(
    const google_protobuf_MethodDescriptorProto* method, polycall_arena* arena) {
  static const polycall_codec_field kField = {
      76401, offsetof(extended, method),      0, POLYCALL_FIELD_MESSAGE, POLYCALL_FIELD_IMPLICIT, 0,
      0,     &polycall_v1_MethodOptions_table};
  static const polycall_codec_table kTable = {
      "google.protobuf.MethodOptions", &kField, 1, 0, sizeof(extended), 0, NULL};
  polycall_v1_MethodOptions options;
  polycall_v1_MethodOptions_init(&options);
  const polycall_unknown_fields* const unknown =
      method->options == NULL ? NULL : method->options->unknown_fields_;
  extended parsed = {0};
  if (unknown != NULL &&
      polycall_codec_parse(&kTable, &parsed, arena, unknown->data, unknown->size, 0, NULL) &&
      parsed.method != NULL) {
    options = *parsed.method;
  }
  return options;
}
