/* The C host: shared libraries, whose code is a register function or plain functions. */
#include "polycall/host.h"

#include <stdio.h>
#include <string.h>

#include "errors.h"
#include "functions.h"
#include "module_text.h"
#include "plain_service.h"

/* The host's own folder; written once, by start. */
static char directory[4096];

static polycall_code host_start(const polycall_host_start* start, polycall_status* status) {
  (void)status;
  snprintf(directory, sizeof directory, "%s", start->directory);
  return POLYCALL_OK;
}

static polycall_code call_register(void (*function)(void), polycall_server* server,
                                   polycall_status* status) {
  register_function registers;
  memcpy(&registers, &function, sizeof registers);
  const polycall_code code = registers(server, status);
  /* Somebody may have filled the status and returned OK, or the other way round. */
  if (code == POLYCALL_OK && status->code != POLYCALL_OK) return (polycall_code)status->code;
  return code;
}

static polycall_code load_plain(const module_text* module, void* library, polycall_arena* arena,
                                polycall_server* server, polycall_status* status) {
  char tried[1024];
  const char* const file = module->file != NULL
                               ? module->file
                               : module_text_find_file(module, arena, tried, sizeof tried);
  if (file == NULL) {
    return fail(
        status, POLYCALL_INVALID_ARGUMENT,
        "%s has no function polycall_register, and nothing describes plain functions of it: "
        "there is no %.600s. Name the .proto in the module: %s:file.proto",
        module->library, tried, module->library);
  }
  descriptors descriptors;
  const polycall_code code = descriptors_read(file, directory, arena, &descriptors, status);
  if (code != POLYCALL_OK) return code;
  return plain_services_add(server, library, module->library, &descriptors, module->service,
                            status);
}

static polycall_code load_in(polycall_arena* arena, const char* text, polycall_server* server,
                             polycall_status* status) {
  module_text module;
  const polycall_code code = module_text_parse(text, arena, &module, status);
  if (code != POLYCALL_OK) return code;
  void* const library = library_open(module.library, status);
  if (library == NULL) return (polycall_code)status->code;
  if (module.file == NULL) {
    const char* const symbol = module.symbol != NULL ? module.symbol : "polycall_register";
    void (*const function)(void) = library_function(library, symbol);
    if (function != NULL) return call_register(function, server, status);
    if (module.symbol != NULL) {
      return fail(status, POLYCALL_INVALID_ARGUMENT, "%s exports no function %s", module.library,
                  symbol);
    }
  }
  return load_plain(&module, library, arena, server, status);
}

static polycall_code host_load(const char* module, polycall_server* server,
                               polycall_status* status) {
  polycall_arena arena;
  polycall_arena_init(&arena, NULL, 0);
  const polycall_code code = load_in(&arena, module, server, status);
  polycall_arena_free(&arena);
  return code;
}

POLYCALL_API const polycall_host_module* polycall_host_module_get(void);
const polycall_host_module* polycall_host_module_get(void) {
  static const polycall_host_module module = {
      sizeof module, POLYCALL_HOST_ABI_VERSION, 0, "c", NULL, NULL, 0, host_start, host_load};
  return &module;
}
