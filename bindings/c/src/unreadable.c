/* A handle of the C ABI has no room for what a binding knows of its call, and a call that ended OK
 * cannot be cancelled any more; so this, which only broken peers fill, stands beside the calls: a few
 * notes, the oldest of which gives way to a further one. Without notes it costs one load. */
#include "unreadable.h"

#include <stdatomic.h>
#include <stdio.h>

#define MAX_NOTES 64
#define MAX_TEXT 256

typedef struct note {
  polycall_call* call; /* NULL: free */
  polycall_code code;
  char text[MAX_TEXT];
} note;

static atomic_flag lock = ATOMIC_FLAG_INIT; /* guards notes and next; held for a few stores */
static note notes[MAX_NOTES];
static unsigned next;
static atomic_uint note_count;

static void acquire(void) {
  while (atomic_flag_test_and_set_explicit(&lock, memory_order_acquire)) {
  }
}

static void release(void) { atomic_flag_clear_explicit(&lock, memory_order_release); }

void polycall_unreadable_note(polycall_call* call, polycall_code code, const char* text) {
  acquire();
  note* const slot = &notes[next++ % MAX_NOTES];
  if (slot->call == NULL) atomic_fetch_add(&note_count, 1);
  slot->call = call;
  slot->code = code;
  snprintf(slot->text, sizeof slot->text, "%s", text == NULL ? "" : text);
  release();
}

polycall_code polycall_unreadable_take(polycall_call* call, polycall_status* status) {
  if (atomic_load(&note_count) == 0) return POLYCALL_OK;
  polycall_code code = POLYCALL_OK;
  char text[MAX_TEXT];
  acquire();
  for (unsigned i = 0; i < MAX_NOTES; ++i) {
    if (notes[i].call != call) continue;
    if (code == POLYCALL_OK) {
      code = notes[i].code;
      snprintf(text, sizeof text, "%s", notes[i].text);
    }
    notes[i].call = NULL;
    atomic_fetch_sub(&note_count, 1);
  }
  release();
  if (code != POLYCALL_OK && status != NULL) polycall_status_set(status, code, text, NULL, 0);
  return code;
}
