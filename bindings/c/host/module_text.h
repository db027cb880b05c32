/* The module text of the C host, taken apart. */
#ifndef POLYCALL_C_HOST_MODULE_TEXT_H_
#define POLYCALL_C_HOST_MODULE_TEXT_H_

#include "polycall/c/arena.h"
#include "polycall/host.h"

/* library.so                              a register function, or plain functions with the .desc or
 *                                         .proto that lies beside the library
 * library.so:symbol                       a register function of another name
 * library.so:calc.proto[:calc.v1.Calc]    plain functions, described by the file (or a .desc)
 * Everything lives in the arena. */
typedef struct module_text {
  const char*
      library;        /* as given; with a slash if the file exists, so that dlopen takes that one */
  const char* symbol; /* of the register function; NULL: none named */
  const char* file;   /* .proto or .desc; NULL: none named */
  const char* service; /* full name; NULL: all */
} module_text;

polycall_code module_text_parse(const char* text, polycall_arena* arena, module_text* out,
                                polycall_status* status);

/* The .desc, else the .proto, beside the library: "libcalc.so" has calc.desc or libcalc.desc. NULL:
 * there is none; `tried` then names them. */
const char* module_text_find_file(const module_text* module, polycall_arena* arena, char* tried,
                                  size_t tried_size);

#endif /* POLYCALL_C_HOST_MODULE_TEXT_H_ */
