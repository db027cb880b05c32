#include "bench_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "bench_measure.h"

typedef union any_address {
  struct sockaddr base;
  struct sockaddr_un local;
  struct sockaddr_in ip;
} any_address;

/* Returns the address's length, 0 for a target that does not parse. */
static socklen_t parse_target(const char* target, any_address* address) {
  memset(address, 0, sizeof(*address));
  if (strncmp(target, "unix:", 5) == 0 && strlen(target + 5) < sizeof(address->local.sun_path)) {
    address->local.sun_family = AF_UNIX;
    strcpy(address->local.sun_path, target + 5);
    return sizeof(address->local);
  }
  if (strncmp(target, "tcp://127.0.0.1:", 16) == 0) {
    address->ip.sin_family = AF_INET;
    address->ip.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address->ip.sin_port = htons((uint16_t)atoi(target + 16));
    return sizeof(address->ip);
  }
  fprintf(stderr, "target %s: want unix:/path or tcp://127.0.0.1:port\n", target);
  return 0;
}

int bench_listen(const char* target, char* address, size_t size) {
  any_address where;
  socklen_t length = parse_target(target, &where);
  int one = 1;
  int fd;
  if (length == 0) return -1;
  fd = socket(where.base.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (where.base.sa_family == AF_UNIX) unlink(where.local.sun_path);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
  if (fd < 0 || bind(fd, &where.base, length) != 0 || listen(fd, 4096) != 0 ||
      getsockname(fd, &where.base, &length) != 0) {
    fprintf(stderr, "listen on %s: %s\n", target, strerror(errno));
    return -1;
  }
  if (where.base.sa_family == AF_UNIX) {
    snprintf(address, size, "%s", target);
  } else {
    snprintf(address, size, "tcp://127.0.0.1:%d", ntohs(where.ip.sin_port));
  }
  return fd;
}

void bench_no_delay(int fd) {
  int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)); /* fails on unix: nothing to set */
}

int bench_connect(const char* target) {
  any_address where;
  socklen_t length = parse_target(target, &where);
  int fd;
  if (length == 0) return -1;
  fd = socket(where.base.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, &where.base, length) != 0) {
    fprintf(stderr, "connect to %s: %s\n", target, strerror(errno));
    return -1;
  }
  bench_no_delay(fd);
  return fd;
}

static ssize_t read_looking(int fd, void* data, size_t size) {
  uint64_t until = bench_now() + 50000;
  do {
    ssize_t got = recv(fd, data, size, MSG_DONTWAIT);
    if (got >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) return got;
  } while (bench_now() < until);
  return read(fd, data, size);
}

static int read_all(int fd, char* at, size_t size, ssize_t (*read_some)(int, void*, size_t)) {
  while (size > 0) {
    ssize_t got = read_some(fd, at, size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return 1;
    at += got;
    size -= (size_t)got;
  }
  return 0;
}

int bench_read_all(int fd, void* data, size_t size) { return read_all(fd, data, size, read); }

int bench_read_all_looking(int fd, void* data, size_t size) {
  return read_all(fd, data, size, read_looking);
}

int bench_write_all(int fd, const void* data, size_t size) {
  const char* at = data;
  while (size > 0) {
    ssize_t put = write(fd, at, size);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return 1;
    at += put;
    size -= (size_t)put;
  }
  return 0;
}

typedef struct acceptor {
  int listener;
  void (*serve)(int fd);
} acceptor;

typedef struct accepted {
  int fd;
  void (*serve)(int fd);
} accepted;

static void* serve_connection(void* arg) {
  accepted connection = *(accepted*)arg;
  free(arg);
  bench_no_delay(connection.fd);
  connection.serve(connection.fd);
  close(connection.fd);
  return NULL;
}

static void start_detached(void* (*run)(void*), void* arg) {
  pthread_attr_t attributes;
  pthread_t thread;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, 256 * 1024);
  if (pthread_create(&thread, &attributes, run, arg) != 0) {
    fprintf(stderr, "cannot start a thread\n");
    exit(2);
  }
  pthread_attr_destroy(&attributes);
}

static void* accept_connections(void* arg) {
  acceptor from = *(acceptor*)arg;
  free(arg);
  for (;;) {
    int fd = accept4(from.listener, NULL, NULL, SOCK_CLOEXEC);
    accepted* connection;
    if (fd < 0 && (errno == EINTR || errno == ECONNABORTED)) continue;
    if (fd < 0) break;
    connection = malloc(sizeof(*connection));
    connection->fd = fd;
    connection->serve = from.serve;
    start_detached(serve_connection, connection);
  }
  return NULL;
}

int bench_accept_in_background(int listener, void (*serve)(int fd)) {
  acceptor* from = malloc(sizeof(*from));
  from->listener = listener;
  from->serve = serve;
  start_detached(accept_connections, from);
  return 0;
}
