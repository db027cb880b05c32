/* Calls of this process whose peer sent a message that could not be read after the call had ended: too
 * late to be cancelled, but not to be told. Internal. */
#ifndef POLYCALL_C_SRC_UNREADABLE_H_
#define POLYCALL_C_SRC_UNREADABLE_H_

#include "polycall/polycall.h"

/* Notes why a message of `call` could not be read. */
void polycall_unreadable_note(polycall_call* call, polycall_code code, const char* text);

/* Takes what was noted of `call`: POLYCALL_OK if nothing was. `status` may be NULL. */
polycall_code polycall_unreadable_take(polycall_call* call, polycall_status* status);

#endif /* POLYCALL_C_SRC_UNREADABLE_H_ */
