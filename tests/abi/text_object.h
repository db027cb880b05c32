/* A message class for the tests of typed messages: a text with a reference count, as a language
 * binding would have one. Two classes with the same bytes: their identities differ.
 */
#ifndef TESTS_ABI_TEXT_OBJECT_H_
#define TESTS_ABI_TEXT_OBJECT_H_

#include <stdatomic.h>

#include "check.h"

struct text_object {
  atomic_int references;
  char text[80];
};

extern const polycall_message_type text_type;
extern const polycall_message_type other_type; /* another representation of the same message */
extern const polycall_message_type unencodable_type;
extern const polycall_message_type unretainable_type; /* of text_type's identity, retain is NULL */

extern atomic_int text_encodings; /* how often `encode` ran */
extern atomic_int text_alive;     /* objects that were made and not yet ended */

struct text_object* text_new(const char* text); /* with one reference */
void text_release(void* object);

/* A message that borrows the object. */
polycall_message object_message(const polycall_message_type* type, struct text_object* object);

#endif /* TESTS_ABI_TEXT_OBJECT_H_ */
