#define _GNU_SOURCE
#include "functions.h"

#include <ctype.h>
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "errors.h"

void* library_open(const char* name, polycall_status* status) {
  /* Local, so that two libraries may have functions of the same name; it stays for good. */
  void* const library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    const char* const reason = dlerror();
    const bool exists = access(name, F_OK) == 0;
    fail(status, exists ? POLYCALL_INVALID_ARGUMENT : POLYCALL_NOT_FOUND,
         "cannot load the library %s: %s", name, reason != NULL ? reason : "no reason given");
  }
  return library;
}

void (*library_function(void* library, const char* symbol))(void) {
  void* const address = dlsym(library, symbol);
  struct link_map* map = NULL;
  Dl_info info;
  const ElfW(Sym)* entry = NULL;
  if (address == NULL || dlinfo(library, RTLD_DI_LINKMAP, &map) != 0 ||
      dladdr1(address, &info, (void**)&entry, RTLD_DL_SYMENT) == 0) {
    return NULL;
  }
  /* A method called System must not be served by libc. */
  if (info.dli_fbase == NULL || (ElfW(Addr))info.dli_fbase != map->l_addr) return NULL;
  /* Assemblers leave the type open unless they are told. */
  if (entry != NULL && ELF64_ST_TYPE(entry->st_info) != STT_FUNC &&
      ELF64_ST_TYPE(entry->st_info) != STT_GNU_IFUNC &&
      ELF64_ST_TYPE(entry->st_info) != STT_NOTYPE) {
    return NULL;
  }
  void (*function)(void);
  memcpy(&function, &address, sizeof function); /* ISO C has no cast for it */
  return function;
}

/* Appends "GetHTTPPage" as "get_http_page", and dots as "_". */
static void append_snake_case(char* out, size_t size, const char* name, size_t name_size) {
  size_t used = strlen(out);
  for (size_t i = 0; i < name_size && used + 2 < size; ++i) {
    const unsigned char c = (unsigned char)name[i];
    if (i > 0 && isupper(c) && name[i - 1] != '.' && name[i - 1] != '_') {
      const bool after_word = !isupper((unsigned char)name[i - 1]);
      const bool before_word = i + 1 < name_size && islower((unsigned char)name[i + 1]);
      if (after_word || before_word) out[used++] = '_';
    }
    out[used++] = c == '.' ? '_' : (char)tolower(c);
  }
  out[used] = '\0';
}

polycall_code function_find(void* library, const char* library_name, const char* service,
                            polycall_string method, polycall_string option, void (**function)(void),
                            polycall_status* status) {
  char qualified[512] = "";
  char plain[256] = "";
  if (option.size > 0) {
    snprintf(qualified, sizeof qualified, "%.*s", POLYCALL_STRING_ARGS(option));
  } else {
    append_snake_case(qualified, sizeof qualified, service, strlen(service));
    snprintf(qualified + strlen(qualified), sizeof qualified - strlen(qualified), "_");
    append_snake_case(qualified, sizeof qualified, method.data, method.size);
    append_snake_case(plain, sizeof plain, method.data, method.size);
  }
  *function = library_function(library, qualified);
  if (*function == NULL && plain[0] != '\0') *function = library_function(library, plain);
  if (*function != NULL) return POLYCALL_OK;
  return fail(
      status, POLYCALL_NOT_FOUND,
      "%s exports no function %s%s%s for %s/%.*s; the option (polycall.v1.method).c_function "
      "names another",
      library_name, qualified, plain[0] != '\0' ? " or " : "", plain, service,
      POLYCALL_STRING_ARGS(method));
}
