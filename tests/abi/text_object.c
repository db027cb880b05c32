#include "text_object.h"

atomic_int text_encodings;
atomic_int text_alive;

struct text_object* text_new(const char* text) {
  struct text_object* object = calloc(1, sizeof *object);
  atomic_init(&object->references, 1);
  snprintf(object->text, sizeof object->text, "%s", text);
  atomic_fetch_add(&text_alive, 1);
  return object;
}

void text_release(void* object) {
  struct text_object* text = object;
  if (atomic_fetch_sub(&text->references, 1) == 1) {
    atomic_fetch_sub(&text_alive, 1);
    free(text);
  }
}

static void* text_retain(const void* object) {
  struct text_object* text = (struct text_object*)object;
  atomic_fetch_add(&text->references, 1);
  return text;
}

static size_t text_size(const void* object) {
  return strlen(((const struct text_object*)object)->text);
}

static int text_encode(const void* object, void* out, size_t size) {
  atomic_fetch_add(&text_encodings, 1);
  if (size != text_size(object)) {
    return 1;
  }
  memcpy(out, ((const struct text_object*)object)->text, size);
  return 0;
}

static size_t no_size(const void* object) {
  (void)object;
  return SIZE_MAX;
}

static const char text_identity = 't';
static const char other_identity = 'o';

const polycall_message_type text_type = {sizeof(polycall_message_type),
                                         "abi.v1.Text",
                                         &text_identity,
                                         text_size,
                                         text_encode,
                                         text_retain,
                                         text_release,
                                         NULL};
const polycall_message_type other_type = {sizeof(polycall_message_type),
                                          "abi.v1.Text",
                                          &other_identity,
                                          text_size,
                                          text_encode,
                                          text_retain,
                                          text_release,
                                          NULL};
const polycall_message_type unencodable_type = {sizeof(polycall_message_type),
                                                "abi.v1.Text",
                                                &other_identity,
                                                no_size,
                                                text_encode,
                                                text_retain,
                                                text_release,
                                                NULL};
const polycall_message_type unretainable_type = {sizeof(polycall_message_type),
                                                 "abi.v1.Text",
                                                 &text_identity,
                                                 text_size,
                                                 text_encode,
                                                 NULL,
                                                 text_release,
                                                 NULL};

polycall_message object_message(const polycall_message_type* type, struct text_object* object) {
  polycall_message message = POLYCALL_MESSAGE_INIT;
  message.type = type;
  message.object = object;
  return message;
}
