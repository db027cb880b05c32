/* Text between UTF-8 (protobuf) and UTF-16 (Data.Text of text-1.2).
 *
 * A string of proto2 may hold bytes that are no UTF-8. They travel through a Text as U+DC80 to U+DCFF,
 * as GHC's own file system encoding does it, and come out as the same bytes. */
#include "polycall_hs_text.h"

#include <string.h>

static uint64_t load8(const void* at) {
  uint64_t word;
  memcpy(&word, at, sizeof word);
  return word;
}

#define HIGH_BITS UINT64_C(0x8080808080808080)
#define NOT_ASCII UINT64_C(0xff80ff80ff80ff80)

/* The length of the well-formed sequence of two to four bytes at `at`; 0: there is none. */
static size_t sequence(const uint8_t* at, size_t left) {
  const uint8_t lead = at[0];
  if (lead >= 0xc2 && lead <= 0xdf) return left >= 2 && (at[1] & 0xc0) == 0x80 ? 2 : 0;
  if ((lead & 0xf0) == 0xe0) {
    if (left < 3 || (at[1] & 0xc0) != 0x80 || (at[2] & 0xc0) != 0x80) return 0;
    if (lead == 0xe0 && at[1] < 0xa0) return 0; /* overlong */
    if (lead == 0xed && at[1] > 0x9f) return 0; /* a surrogate */
    return 3;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    if (left < 4 || (at[1] & 0xc0) != 0x80 || (at[2] & 0xc0) != 0x80 || (at[3] & 0xc0) != 0x80) {
      return 0;
    }
    if (lead == 0xf0 && at[1] < 0x90) return 0; /* overlong */
    if (lead == 0xf4 && at[1] > 0x8f) return 0; /* above U+10FFFF */
    return 4;
  }
  return 0;
}

ptrdiff_t polycall_hs_text_decode(const uint8_t* at, size_t size, uint16_t* out, int lenient) {
  const uint8_t* const end = at + size;
  uint16_t* to = out;
  while (at < end) {
    while (end - at >= 8 && (load8(at) & HIGH_BITS) == 0) {
      for (int i = 0; i < 8; ++i) to[i] = at[i];
      at += 8;
      to += 8;
    }
    while (at < end && *at < 0x80) *to++ = *at++;
    if (at == end) break;
    switch (sequence(at, (size_t)(end - at))) {
      case 2:
        *to++ = (uint16_t)((at[0] & 0x1f) << 6 | (at[1] & 0x3f));
        at += 2;
        break;
      case 3:
        *to++ = (uint16_t)((at[0] & 0x0f) << 12 | (at[1] & 0x3f) << 6 | (at[2] & 0x3f));
        at += 3;
        break;
      case 4: {
        const uint32_t scalar = (uint32_t)(at[0] & 0x07) << 18 | (uint32_t)(at[1] & 0x3f) << 12 |
                                (uint32_t)(at[2] & 0x3f) << 6 | (at[3] & 0x3f);
        *to++ = (uint16_t)(0xd7c0 + (scalar >> 10));
        *to++ = (uint16_t)(0xdc00 | (scalar & 0x3ff));
        at += 4;
        break;
      }
      default:
        if (!lenient) return -1;
        *to++ = (uint16_t)(0xdc00 | *at++);
    }
  }
  return to - out;
}

static int is_pair(const uint16_t* at, const uint16_t* end) {
  return at[0] < 0xdc00 && end - at >= 2 && at[1] >= 0xdc00 && at[1] <= 0xdfff;
}

static int is_escaped_byte(uint16_t unit) { return unit >= 0xdc80 && unit <= 0xdcff; }

size_t polycall_hs_text_size(const uint16_t* units, size_t offset, size_t count, int lenient) {
  const uint16_t* at = units + offset;
  const uint16_t* const end = at + count;
  size_t size = 0;
  while (at < end) {
    const uint16_t* const ascii = at;
    while (end - at >= 4 && (load8(at) & NOT_ASCII) == 0) at += 4;
    while (at < end && *at < 0x80) ++at;
    size += (size_t)(at - ascii);
    if (at == end) break;
    if (*at < 0x800) {
      size += 2;
    } else if (*at < 0xd800 || *at > 0xdfff) {
      size += 3;
    } else if (is_pair(at, end)) {
      size += 4;
      ++at;
    } else {
      size += lenient && is_escaped_byte(*at) ? 1 : 3;
    }
    ++at;
  }
  return size;
}

void polycall_hs_text_encode(const uint16_t* units, size_t offset, size_t count, uint8_t* to,
                             int lenient) {
  const uint16_t* at = units + offset;
  const uint16_t* const end = at + count;
  while (at < end) {
    while (end - at >= 4 && (load8(at) & NOT_ASCII) == 0) {
      for (int i = 0; i < 4; ++i) to[i] = (uint8_t)at[i];
      at += 4;
      to += 4;
    }
    while (at < end && *at < 0x80) *to++ = (uint8_t)*at++;
    if (at == end) break;
    uint32_t scalar = *at;
    if (scalar >= 0xd800 && scalar <= 0xdfff) {
      if (is_pair(at, end)) {
        scalar = 0x10000 + ((scalar & 0x3ff) << 10) + (at[1] & 0x3ffu);
        *to++ = (uint8_t)(0xf0 | scalar >> 18);
        *to++ = (uint8_t)(0x80 | (scalar >> 12 & 0x3f));
        *to++ = (uint8_t)(0x80 | (scalar >> 6 & 0x3f));
        *to++ = (uint8_t)(0x80 | (scalar & 0x3f));
        at += 2;
        continue;
      }
      if (lenient && is_escaped_byte(*at)) {
        *to++ = (uint8_t)*at++;
        continue;
      }
      scalar = 0xfffd;
    }
    if (scalar < 0x800) {
      *to++ = (uint8_t)(0xc0 | scalar >> 6);
    } else {
      *to++ = (uint8_t)(0xe0 | scalar >> 12);
      *to++ = (uint8_t)(0x80 | (scalar >> 6 & 0x3f));
    }
    *to++ = (uint8_t)(0x80 | (scalar & 0x3f));
    ++at;
  }
}

size_t polycall_hs_count_varints(const uint8_t* at, size_t size) {
  size_t count = 0;
  for (size_t i = 0; i < size; ++i) count += at[i] < 0x80;
  return count;
}
