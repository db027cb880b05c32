#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/bench_socket.h"
#include "floors/socket_floor.h"

#define MAX_SIZE (64u << 20)

static void round_trips(int fd, size_t size, int (*read_all)(int, void*, size_t)) {
  char* data = malloc(size);
  memset(data, 0, size);
  while (read_all(fd, data, size) == 0 && bench_write_all(fd, data, size) == 0) {
  }
  free(data);
}

static void stream_back(int fd) {
  char* data = malloc(SOCKET_FLOOR_BLOCK);
  for (;;) {
    ssize_t got = read(fd, data, SOCKET_FLOOR_BLOCK);
    if (got <= 0 || bench_write_all(fd, data, (size_t)got) != 0) break;
  }
  free(data);
}

static int flood(int fd, uint64_t size) {
  static char block[SOCKET_FLOOR_BLOCK]; /* zeros, never written to: threads may share it */
  while (size > 0) {
    size_t part = size < sizeof(block) ? (size_t)size : sizeof(block);
    if (bench_write_all(fd, block, part) != 0) return 1;
    size -= part;
  }
  return 0;
}

static void serve_connection(int fd) {
  socket_floor_hello hello;
  while (bench_read_all(fd, &hello, sizeof(hello)) == 0) {
    if (hello.mode == SOCKET_FLOOR_FLOOD) {
      if (flood(fd, hello.size) != 0) return;
    } else if (hello.mode == SOCKET_FLOOR_STREAM_BACK) {
      stream_back(fd);
      return;
    } else if (hello.size > 0 && hello.size <= MAX_SIZE) {
      round_trips(fd, hello.size,
                  hello.mode == SOCKET_FLOOR_LOOKING ? bench_read_all_looking : bench_read_all);
      return;
    }
  }
}

int socket_floor_serve(const bench_options* options) {
  char address[512];
  int listener = bench_listen(options->target, address, sizeof(address));
  if (listener < 0 || bench_accept_in_background(listener, serve_connection) != 0) return 1;
  bench_server_ready(address);
  bench_server_wait();
  if (strncmp(address, "unix:", 5) == 0) unlink(address + 5);
  return 0;
}
