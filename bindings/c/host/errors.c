#include "errors.h"

#include <stdarg.h>
#include <stdio.h>

polycall_code fail(polycall_status* status, polycall_code code, const char* format, ...) {
  char text[1024];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  polycall_status_set(status, code, text, NULL, 0);
  return code;
}
