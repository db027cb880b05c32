/* UTF-8 to UTF-16 and back, for Polycall.Wire. */
#ifndef POLYCALL_BINDINGS_HASKELL_CBITS_POLYCALL_HS_TEXT_H_
#define POLYCALL_BINDINGS_HASKELL_CBITS_POLYCALL_HS_TEXT_H_

#include <stddef.h>
#include <stdint.h>

/* Writes at most `size` units to `out` and returns how many; -1: not UTF-8, and not `lenient`. */
ptrdiff_t polycall_hs_text_decode(const uint8_t* at, size_t size, uint16_t* out, int lenient);

/* Bytes that polycall_hs_text_encode writes for the same units. */
size_t polycall_hs_text_size(const uint16_t* units, size_t offset, size_t count, int lenient);

/* A surrogate without its other half becomes U+FFFD; or if `lenient` the byte that it stands for. */
void polycall_hs_text_encode(const uint16_t* units, size_t offset, size_t count, uint8_t* to,
                             int lenient);

/* How many varints end in the bytes. */
size_t polycall_hs_count_varints(const uint8_t* at, size_t size);

#endif /* POLYCALL_BINDINGS_HASKELL_CBITS_POLYCALL_HS_TEXT_H_ */
