#include "module_text.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "errors.h"
#include "polycall/c/string.h"

static bool ends_with(const char* text, const char* end) {
  const size_t size = strlen(text);
  const size_t end_size = strlen(end);
  return size > end_size && strcmp(text + size - end_size, end) == 0;
}

static char* text_copy(polycall_arena* arena, const char* text, size_t size) {
  char* const copy = (char*)polycall_arena_alloc(arena, size + 1);
  if (copy == NULL) return NULL;
  memcpy(copy, text, size);
  copy[size] = '\0';
  return copy;
}

/* dlopen looks for a name without a slash among the system's libraries only. */
static const char* library_name(polycall_arena* arena, const char* text, size_t size) {
  char* const name = (char*)polycall_arena_alloc(arena, size + 3);
  if (name == NULL) return NULL;
  snprintf(name, size + 3, "./%.*s", (int)size, text);
  const bool is_local_file = memchr(text, '/', size) == NULL && access(name, F_OK) == 0;
  return is_local_file ? name : name + 2;
}

polycall_code module_text_parse(const char* text, polycall_arena* arena, module_text* out,
                                polycall_status* status) {
  memset(out, 0, sizeof *out);
  /* A file's name may hold colons; the whole text is looked at first. */
  const size_t library_size = access(text, F_OK) == 0 ? strlen(text) : strcspn(text, ":");
  out->library = library_name(arena, text, library_size);
  if (out->library == NULL) {
    return fail(status, POLYCALL_RESOURCE_EXHAUSTED, "memory is exhausted");
  }
  if (library_size == 0) {
    return fail(status, POLYCALL_INVALID_ARGUMENT, "\"%s\" names no library", text);
  }
  if (text[library_size] == '\0') return POLYCALL_OK;
  const char* const second = text + library_size + 1;
  const size_t second_size = strcspn(second, ":");
  const char* const word = text_copy(arena, second, second_size);
  const char* const rest = second[second_size] == ':' ? second + second_size + 1 : NULL;
  if (word == NULL) return fail(status, POLYCALL_RESOURCE_EXHAUSTED, "memory is exhausted");
  if (ends_with(word, ".proto") || ends_with(word, ".desc")) {
    out->file = word;
    if (rest != NULL) out->service = text_copy(arena, rest, strlen(rest));
    return POLYCALL_OK;
  }
  if (*word == '\0' || rest != NULL || strchr(word, '/') != NULL) {
    return fail(status, POLYCALL_INVALID_ARGUMENT,
                "\"%s\" is no module of C: it is library.so, library.so:symbol (a register "
                "function) or library.so:file.proto[:service] (or file.desc; plain functions)",
                text);
  }
  out->symbol = word;
  return POLYCALL_OK;
}

const char* module_text_find_file(const module_text* module, polycall_arena* arena, char* tried,
                                  size_t tried_size) {
  const char* const slash = strrchr(module->library, '/');
  const char* const name = slash == NULL ? module->library : slash + 1;
  const int folder_size = (int)(name - module->library);
  const char* const shared = strstr(name, ".so");
  const size_t stem_size = shared == NULL ? strlen(name) : (size_t)(shared - name);
  const size_t path_size = strlen(module->library) + sizeof ".proto";
  char* const path = (char*)polycall_arena_alloc(arena, path_size);
  if (path == NULL) return NULL;
  size_t used = 0;
  tried[0] = '\0';
  static const char* const kSuffixes[] = {".desc", ".proto"};
  for (size_t i = 0; i < sizeof kSuffixes / sizeof *kSuffixes; ++i) {
    for (int skip = strncmp(name, "lib", 3) == 0 ? 3 : 0; skip >= 0; skip -= 3) {
      snprintf(path, path_size, "%.*s%.*s%s", folder_size, module->library, (int)stem_size - skip,
               name + skip, kSuffixes[i]);
      if (access(path, F_OK) == 0) return path;
      used +=
          (size_t)snprintf(tried + used, tried_size - used, "%s%s", used == 0 ? "" : ", ", path);
      if (used >= tried_size) used = tried_size - 1;
    }
  }
  return NULL;
}
