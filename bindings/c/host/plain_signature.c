/* From the messages of a method to the signature of the function that serves it. */
#include <string.h>

#include "errors.h"
#include "plain_method.h"

static ffi_type* type_of(int type) {
  switch (type) {
    case POLYCALL_FIELD_DOUBLE:
      return &ffi_type_double;
    case POLYCALL_FIELD_FLOAT:
      return &ffi_type_float;
    case POLYCALL_FIELD_INT64:
    case POLYCALL_FIELD_SINT64:
    case POLYCALL_FIELD_SFIXED64:
      return &ffi_type_sint64;
    case POLYCALL_FIELD_UINT64:
    case POLYCALL_FIELD_FIXED64:
      return &ffi_type_uint64;
    case POLYCALL_FIELD_INT32:
    case POLYCALL_FIELD_SINT32:
    case POLYCALL_FIELD_SFIXED32:
    case POLYCALL_FIELD_ENUM:
      return &ffi_type_sint32;
    case POLYCALL_FIELD_UINT32:
    case POLYCALL_FIELD_FIXED32:
      return &ffi_type_uint32;
    case POLYCALL_FIELD_BOOL:
      return &ffi_type_uint8;
    default:
      return NULL;
  }
}

static bool is_string(int type) {
  return type == POLYCALL_FIELD_STRING || type == POLYCALL_FIELD_BYTES;
}

/* Why a plain function can have no such parameter or result; NULL: it can. */
static const char* refusal(const google_protobuf_FieldDescriptorProto* field, bool is_result) {
  if (field->label == GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_LABEL_REPEATED) return "is repeated";
  if (field->has_oneof_index && !field->proto3_optional) return "belongs to a oneof";
  if (field->has_default_value) return "has a default value";
  if (is_string((int)field->type)) {
    return is_result ? "is a string, whose memory nobody would free" : NULL;
  }
  return type_of((int)field->type) == NULL ? "is a message" : NULL;
}

/* Fields by number, which protoc does not sort: the codec's tables want them so, and they are the
 * order of the arguments. */
static void sort_fields(const google_protobuf_FieldDescriptorProto** fields, size_t count) {
  for (size_t i = 1; i < count; ++i) {
    const google_protobuf_FieldDescriptorProto* const moved = fields[i];
    size_t to = i;
    for (; to > 0 && fields[to - 1]->number > moved->number; --to) fields[to] = fields[to - 1];
    fields[to] = moved;
  }
}

static polycall_code describe_message(plain_message* out, const char* method, polycall_string name,
                                      const descriptors* descriptors, bool is_result,
                                      polycall_arena* arena, polycall_status* status) {
  const google_protobuf_FileDescriptorProto* file = NULL;
  const google_protobuf_DescriptorProto* const message =
      descriptors_message(descriptors, name, &file);
  const char* const text = polycall_string_terminate(arena, name);
  if (text == NULL) return fail(status, POLYCALL_RESOURCE_EXHAUSTED, "memory is exhausted");
  const char* const full_name = *text == '.' ? text + 1 : text;
  if (message == NULL) {
    return fail(status, POLYCALL_INVALID_ARGUMENT,
                "%s: %s does not hold the message %s; make it with protoc --include_imports",
                method, descriptors->file, full_name);
  }
  const size_t count = message->field.size;
  const size_t most = is_result ? 1 : MAX_FIELDS;
  if (count > most) {
    return fail(
        status, POLYCALL_INVALID_ARGUMENT,
        "%s: %s has %zu fields; a plain function has at most %zu %s. Serve the method with a "
        "register function instead",
        method, full_name, count, most, is_result ? "result" : "parameters");
  }
  const google_protobuf_FieldDescriptorProto* fields[MAX_FIELDS] = {NULL};
  for (size_t i = 0; i < count; ++i) fields[i] = &message->field.data[i];
  sort_fields(fields, count);
  const bool is_proto3 = polycall_string_equal(file->syntax, polycall_string_from("proto3"));
  uint32_t dense = 0;
  for (size_t i = 0; i < count; ++i) {
    const char* const reason = refusal(fields[i], is_result);
    if (reason != NULL) {
      return fail(status, POLYCALL_INVALID_ARGUMENT,
                  "%s: the field %.*s of %s %s; a plain function takes and returns single scalars. "
                  "Serve the method with a register function instead",
                  method, POLYCALL_STRING_ARGS(fields[i]->name), full_name, reason);
    }
    polycall_codec_field* const slot = &out->fields[i];
    memset(slot, 0, sizeof *slot);
    slot->number = (uint32_t)fields[i]->number;
    slot->offset = FIRST_SLOT + (uint32_t)i * SLOT_SIZE;
    slot->type = (uint8_t)fields[i]->type;
    /* Of a request the value is all that the function sees; a response tells presence if it can. */
    const bool has_presence = !is_proto3 || fields[i]->proto3_optional;
    slot->label = is_result && has_presence ? POLYCALL_FIELD_ALWAYS : POLYCALL_FIELD_IMPLICIT;
    if (slot->type == POLYCALL_FIELD_STRING && is_proto3) slot->flags = POLYCALL_FIELD_UTF8;
    if (dense == i && slot->number == i + 1) ++dense;
  }
  out->table = (polycall_codec_table){
      full_name, out->fields, (uint32_t)count, dense, FIRST_SLOT + (uint32_t)count * SLOT_SIZE,
      0,         NULL};
  return POLYCALL_OK;
}

static void add_argument(plain_method* method, ffi_type* type, size_t offset) {
  method->argument_types[method->argument_count] = type;
  method->argument_offsets[method->argument_count++] = (uint16_t)offset;
}

polycall_code plain_method_prepare(plain_method* method, const char* name,
                                   const google_protobuf_MethodDescriptorProto* described,
                                   const descriptors* descriptors, polycall_arena* arena,
                                   polycall_status* status) {
  if (described->client_streaming || described->server_streaming) {
    return fail(status, POLYCALL_INVALID_ARGUMENT,
                "%s is a stream; a plain function serves unary methods. Serve it with a register "
                "function instead",
                name);
  }
  polycall_code code = describe_message(&method->request, name, described->input_type, descriptors,
                                        false, arena, status);
  if (code != POLYCALL_OK) return code;
  code = describe_message(&method->response, name, described->output_type, descriptors, true, arena,
                          status);
  if (code != POLYCALL_OK) return code;
  for (uint32_t i = 0; i < method->request.table.field_count; ++i) {
    const polycall_codec_field* const field = &method->request.fields[i];
    if (is_string(field->type)) {
      method->string_offsets[method->string_count++] = (uint16_t)field->offset;
      add_argument(method, &ffi_type_pointer, field->offset + offsetof(polycall_string, data));
      add_argument(method, sizeof(size_t) == 8 ? &ffi_type_uint64 : &ffi_type_uint32,
                   field->offset + offsetof(polycall_string, size));
    } else {
      add_argument(method, type_of(field->type), field->offset);
    }
  }
  ffi_type* const result = method->response.table.field_count == 0
                               ? &ffi_type_void
                               : type_of(method->response.fields[0].type);
  if (ffi_prep_cif(&method->cif, FFI_DEFAULT_ABI, method->argument_count, result,
                   method->argument_types) != FFI_OK) {
    return fail(status, POLYCALL_INTERNAL, "%s: libffi refuses the signature", name);
  }
  return POLYCALL_OK;
}
