#define _GNU_SOURCE
#include "raw_peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

int raw_connect(const char* address) {
  struct sockaddr_un path = {.sun_family = AF_UNIX};
  struct sockaddr_in loopback = {.sin_family = AF_INET};
  struct sockaddr* name = (struct sockaddr*)&path;
  socklen_t size = sizeof path;
  if (strncmp(address, "unix:", 5) == 0) {
    /* The server's own targets fit. */
    memcpy(path.sun_path, address + 5, strnlen(address + 5, sizeof path.sun_path - 1));
  } else {
    loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    loopback.sin_port = htons((uint16_t)atoi(strrchr(address, ':') + 1));
    name = (struct sockaddr*)&loopback;
    size = sizeof loopback;
  }
  int fd = socket(name->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct timeval patience = {10, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (connect(fd, name, size) != 0) {
    close(fd);
    return -1;
  }
  return fd;
}

bool raw_write(int fd, const void* bytes, size_t size) {
  const char* at = bytes;
  while (size > 0) {
    ssize_t written = send(fd, at, size, MSG_NOSIGNAL);
    if (written <= 0) {
      return false;
    }
    at += written;
    size -= (size_t)written;
  }
  return true;
}

bool raw_frame(int fd, struct frame frame, const void* body) {
  return raw_write(fd, &frame, sizeof frame) && raw_write(fd, body, frame.size);
}

static bool read_all(int fd, void* out, size_t size) {
  char* at = out;
  while (size > 0) {
    ssize_t got = recv(fd, at, size, 0);
    if (got <= 0) {
      return false;
    }
    at += got;
    size -= (size_t)got;
  }
  return true;
}

bool raw_read(int fd, struct frame* frame, void* body, size_t capacity) {
  if (!read_all(fd, frame, sizeof *frame)) {
    return false;
  }
  size_t kept = frame->size < capacity ? frame->size : capacity;
  if (!read_all(fd, body, kept)) {
    return false;
  }
  char dropped;
  for (size_t rest = frame->size - kept; rest > 0; --rest) {
    if (!read_all(fd, &dropped, 1)) {
      return false;
    }
  }
  return true;
}

bool raw_handshake(int fd) {
  /* Hello: min_version 1, max_version 2. */
  static const unsigned char hello[] = {0x08, 1, 0x10, 2};
  struct frame frame = {.size = sizeof hello, .type = FRAME_HELLO};
  char body[64];
  return raw_write(fd, "PolyCall", 8) && raw_frame(fd, frame, hello) &&
         raw_read(fd, &frame, body, sizeof body) && frame.type == FRAME_ACCEPT;
}

bool raw_ended(int fd) {
  char bytes[4096];
  for (;;) {
    ssize_t got = recv(fd, bytes, sizeof bytes, 0);
    if (got == 0 || (got < 0 && errno == ECONNRESET)) {
      return true;
    }
    if (got < 0) {
      return false;
    }
  }
}

bool raw_ping(int fd, uint32_t token) {
  struct frame frame = {.type = FRAME_PING, .argument = token};
  char body[64];
  if (!raw_frame(fd, frame, NULL)) {
    return false;
  }
  while (raw_read(fd, &frame, body, sizeof body)) {
    if (frame.type == FRAME_PING) {
      return frame.flags == FLAG_END && frame.argument == token;
    }
  }
  return false;
}
