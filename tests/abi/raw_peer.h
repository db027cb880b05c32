/* A peer that speaks the native protocol by hand, for tests of what no library would send.
 * docs/protocol.md specifies the bytes. */
#ifndef TESTS_ABI_RAW_PEER_H_
#define TESTS_ABI_RAW_PEER_H_

#include "check.h"

enum frame_type {
  FRAME_HELLO = 1,
  FRAME_ACCEPT = 2,
  FRAME_CALL = 3,
  FRAME_MESSAGE = 4,
  FRAME_STATUS = 6,
  FRAME_CANCEL = 7,
  FRAME_PING = 9,
  FRAME_GO_AWAY = 10
};

enum frame_flag { FLAG_END = 1, FLAG_MESSAGE = 4, FLAG_NAMED = 8 };

struct frame {
  uint32_t size;
  uint8_t type;
  uint8_t flags;
  uint16_t method;
  uint32_t call_id;
  uint32_t argument;
};

_Static_assert(sizeof(struct frame) == 16, "the header on the wire, on a little-endian machine");

/* A connected socket, or -1. `address` is a server's target: "unix:..." or "tcp://...". Reads on it
 * end after ten seconds. */
int raw_connect(const char* address);

/* Writes all bytes; false when the peer closed. */
bool raw_write(int fd, const void* bytes, size_t size);
bool raw_frame(int fd, struct frame frame, const void* body);

/* The next frame; its body goes to `body`, cut to `capacity`. False at the end of the connection. */
bool raw_read(int fd, struct frame* frame, void* body, size_t capacity);

/* Preface and hello, and waits for the accept. */
bool raw_handshake(int fd);

/* Whether the server ended the connection: reads until the end, at most ten seconds. */
bool raw_ended(int fd);

/* Sends a ping and waits for its answer, skipping other frames. */
bool raw_ping(int fd, uint32_t token);

#endif /* TESTS_ABI_RAW_PEER_H_ */
