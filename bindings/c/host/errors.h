/* Statuses with a formatted text. */
#ifndef POLYCALL_C_HOST_ERRORS_H_
#define POLYCALL_C_HOST_ERRORS_H_

#include "polycall/polycall.h"

/* Sets `status` and returns `code`; the text is cut at 1 KiB. */
polycall_code fail(polycall_status* status, polycall_code code, const char* format, ...)
    __attribute__((format(printf, 3, 4)));

#endif /* POLYCALL_C_HOST_ERRORS_H_ */
