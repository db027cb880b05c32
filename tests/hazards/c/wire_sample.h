/* Samples of any message, written by the wire format's rules and not by the codec. */
#ifndef POLYCALL_TESTS_HAZARDS_C_WIRE_SAMPLE_H_
#define POLYCALL_TESTS_HAZARDS_C_WIRE_SAMPLE_H_

#include "polycall/c/codec.h"

typedef struct wire_buffer {
  unsigned char* data;
  size_t size;
  size_t capacity;
} wire_buffer;

/* Appends a message with every field set, fields by number, maps by key: just what an encoder is to
 * write again. Of each oneof, the member that is the `round`th is set; numbers differ between rounds.
 * Submessages reach `depth` levels down. */
void wire_sample_write(wire_buffer* out, const polycall_codec_table* table, unsigned round,
                       int depth);

void wire_buffer_free(wire_buffer* buffer);

#endif /* POLYCALL_TESTS_HAZARDS_C_WIRE_SAMPLE_H_ */
