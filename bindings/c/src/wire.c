#include "wire.h"

const uint8_t polycall_wire_of_type[19] = {
    0xff,         WIRE_FIXED64, WIRE_FIXED32, WIRE_VARINT, WIRE_VARINT, WIRE_VARINT, WIRE_FIXED64,
    WIRE_FIXED32, WIRE_VARINT,  WIRE_BYTES,   0xff,        WIRE_BYTES,  WIRE_BYTES,  WIRE_VARINT,
    WIRE_VARINT,  WIRE_FIXED32, WIRE_FIXED64, WIRE_VARINT, WIRE_VARINT,
};

const uint8_t polycall_size_of_type[19] = {
    0,
    8,
    4,
    8,
    8,
    4,
    8,
    4,
    sizeof(bool),
    sizeof(polycall_string),
    0,
    sizeof(void*),
    sizeof(polycall_string),
    4,
    4,
    4,
    8,
    4,
    8,
};

_Static_assert(sizeof(bool) == 1, "bools are read and written as bytes");
_Static_assert(sizeof(wire_string) == sizeof(polycall_string), "a view has the layout of its type");

static uint64_t load8(const unsigned char* at) {
  uint64_t word;
  memcpy(&word, at, sizeof word);
  return word;
}

bool polycall_utf8_is_valid(const char* data, size_t size) {
  const unsigned char* at = (const unsigned char*)data;
  const unsigned char* const end = at + size;
  while (at < end) {
    while (end - at >= 8 && (load8(at) & UINT64_C(0x8080808080808080)) == 0) at += 8;
    while (at < end && *at < 0x80) ++at;
    if (at == end) break;
    const unsigned char lead = *at;
    const size_t left = (size_t)(end - at);
    if (lead >= 0xc2 && lead <= 0xdf) {
      if (left < 2 || (at[1] & 0xc0) != 0x80) return false;
      at += 2;
    } else if ((lead & 0xf0) == 0xe0) {
      if (left < 3 || (at[1] & 0xc0) != 0x80 || (at[2] & 0xc0) != 0x80) return false;
      if (lead == 0xe0 && at[1] < 0xa0) return false; /* overlong */
      if (lead == 0xed && at[1] > 0x9f) return false; /* a surrogate */
      at += 3;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
      if (left < 4 || (at[1] & 0xc0) != 0x80 || (at[2] & 0xc0) != 0x80 || (at[3] & 0xc0) != 0x80) {
        return false;
      }
      if (lead == 0xf0 && at[1] < 0x90) return false; /* overlong */
      if (lead == 0xf4 && at[1] > 0x8f) return false; /* above U+10FFFF */
      at += 4;
    } else {
      return false;
    }
  }
  return true;
}
