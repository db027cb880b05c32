#define _GNU_SOURCE
#include "plain_service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "errors.h"
#include "functions.h"
#include "plain_method.h"

/* What the server keeps of one service; freed by it. */
typedef struct service {
  polycall_arena arena; /* names */
  size_t count;
  plain_method methods[];
} service;

static void service_free(void* arg) {
  service* const self = (service*)arg;
  polycall_arena_free(&self->arena);
  free(self);
}

static polycall_code out_of_memory(polycall_status* status) {
  return fail(status, POLYCALL_RESOURCE_EXHAUSTED, "memory is exhausted");
}

static char* full_name_of(polycall_string package, polycall_string name, polycall_arena* arena) {
  const size_t size = package.size + name.size + 2;
  char* const text = (char*)polycall_arena_alloc(arena, size);
  if (text != NULL) {
    snprintf(text, size, "%.*s%s%.*s", POLYCALL_STRING_ARGS(package), package.size > 0 ? "." : "",
             POLYCALL_STRING_ARGS(name));
  }
  return text;
}

/* One method: its function, its signature, its descriptor and its handler. */
static polycall_code add_method(service* self, size_t index, const char* service_name,
                                void* library, const char* library_name,
                                const google_protobuf_MethodDescriptorProto* described,
                                const descriptors* descriptors, polycall_method_descriptor* out,
                                polycall_handler* handler, polycall_status* status) {
  plain_method* const method = &self->methods[index];
  char name[512];
  snprintf(name, sizeof name, "%s/%.*s", service_name, POLYCALL_STRING_ARGS(described->name));
  const polycall_v1_MethodOptions options = descriptors_method_options(described, &self->arena);
  polycall_code code =
      plain_method_prepare(method, name, described, descriptors, &self->arena, status);
  if (code != POLYCALL_OK) return code;
  code = function_find(library, library_name, service_name, described->name, options.c_function,
                       &method->function, status);
  if (code != POLYCALL_OK) return code;
  const google_protobuf_MethodOptions* const standard = described->options;
  const bool idempotent =
      options.idempotent ||
      (standard != NULL &&
       standard->idempotency_level !=
           GOOGLE_PROTOBUF_METHOD_OPTIONS_IDEMPOTENCY_LEVEL_IDEMPOTENCY_UNKNOWN);
  memset(out, 0, sizeof *out);
  out->struct_size = sizeof *out;
  out->name = polycall_string_terminate(&self->arena, described->name);
  if (out->name == NULL) return out_of_memory(status);
  out->kind = POLYCALL_UNARY;
  out->flags = (idempotent ? POLYCALL_METHOD_IDEMPOTENT : 0u) |
               (options.inline_ ? POLYCALL_METHOD_INLINE : 0u) |
               (options.blocking ? POLYCALL_METHOD_BLOCKING : 0u);
  out->default_timeout_ns = (int64_t)options.default_timeout_ms * 1000000;
  out->request_name = method->request.table.name;
  out->response_name = method->response.table.name;
  *handler = (polycall_handler)POLYCALL_HANDLER_INIT;
  handler->fn = plain_method_run;
  handler->arg = method;
  return POLYCALL_OK;
}

static polycall_code add_service(polycall_server* server, void* library, const char* library_name,
                                 const char* name,
                                 const google_protobuf_ServiceDescriptorProto* described,
                                 const descriptors* descriptors, polycall_status* status) {
  const size_t count = described->method.size;
  service* const self = (service*)calloc(1, sizeof *self + count * sizeof self->methods[0]);
  if (self == NULL) return out_of_memory(status);
  polycall_arena_init(&self->arena, NULL, 0);
  self->count = count;
  polycall_method_descriptor* const methods = (polycall_method_descriptor*)polycall_arena_alloc(
      &self->arena, (count + 1) * sizeof *methods);
  polycall_handler* const handlers =
      (polycall_handler*)polycall_arena_alloc(&self->arena, (count + 1) * sizeof *handlers);
  polycall_code code = methods == NULL || handlers == NULL ? out_of_memory(status) : POLYCALL_OK;
  for (size_t i = 0; i < count && code == POLYCALL_OK; ++i) {
    code = add_method(self, i, name, library, library_name, &described->method.data[i], descriptors,
                      &methods[i], &handlers[i], status);
  }
  if (code == POLYCALL_OK) {
    const polycall_service_descriptor descriptor = {
        sizeof descriptor, name, methods, count, sizeof *methods, descriptors->bytes,
        descriptors->size, 0};
    code = polycall_server_add_service(server, &descriptor, handlers, sizeof *handlers, self,
                                       service_free, status);
  }
  if (code != POLYCALL_OK) service_free(self);
  return code;
}

polycall_code plain_services_add(polycall_server* server, void* library, const char* library_name,
                                 const descriptors* descriptors, const char* only,
                                 polycall_status* status) {
  polycall_arena names;
  polycall_arena_init(&names, NULL, 0);
  polycall_code code = POLYCALL_OK;
  size_t added = 0;
  const google_protobuf_FileDescriptorProto_array* const files = &descriptors->set->file;
  for (size_t i = only != NULL ? 0 : files->size - 1; i < files->size && code == POLYCALL_OK; ++i) {
    const google_protobuf_FileDescriptorProto* const file = &files->data[i];
    for (size_t j = 0; j < file->service.size && code == POLYCALL_OK; ++j) {
      const google_protobuf_ServiceDescriptorProto* const described = &file->service.data[j];
      const char* const name = full_name_of(file->package, described->name, &names);
      if (name == NULL) {
        code = out_of_memory(status);
      } else if (only == NULL || strcmp(only, name) == 0) {
        code = add_service(server, library, library_name, name, described, descriptors, status);
        ++added;
      }
    }
  }
  if (code == POLYCALL_OK && added == 0) {
    code = fail(status, POLYCALL_NOT_FOUND, "%s has no service%s%s", descriptors->file,
                only != NULL ? " " : "", only != NULL ? only : "");
  }
  polycall_arena_free(&names);
  return code;
}
