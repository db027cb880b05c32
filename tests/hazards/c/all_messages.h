/* The table that list_messages.cmake makes. */
#ifndef POLYCALL_TESTS_HAZARDS_C_ALL_MESSAGES_H_
#define POLYCALL_TESTS_HAZARDS_C_ALL_MESSAGES_H_

#include "polycall/polycall.h"

/* Every message of the hazard protos; ends with NULL. */
extern const polycall_message_type* const all_messages[];

#endif /* POLYCALL_TESTS_HAZARDS_C_ALL_MESSAGES_H_ */
