#include "floors/shm_floor.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/bench_message.h"
#include "common/bench_socket.h"

#define MAX_SIZE (2u << 20)
enum { MEMORY, TO_SERVER, TO_CLIENT, FD_COUNT };

typedef struct slot {
  _Alignas(64) _Atomic uint64_t number; /* grows with every message */
  _Atomic uint64_t size;
  _Alignas(64) char data[MAX_SIZE];
} slot;

typedef struct shared {
  _Alignas(64) _Atomic int cores[2]; /* the client's, the server's */
  slot request;
  slot response;
} shared;

typedef struct shm_client {
  shared* memory;
  int fds[FD_COUNT];
  uint64_t number;
  size_t size;
  char* data;
} shm_client;

static int send_fds(int socket_fd, const int fds[FD_COUNT]) {
  char byte = 0;
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int) * FD_COUNT)];
  } control;
  struct iovec part = {&byte, 1};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  memset(&control, 0, sizeof(control));
  message.msg_control = &control;
  message.msg_controllen = sizeof(control);
  control.header.cmsg_level = SOL_SOCKET;
  control.header.cmsg_type = SCM_RIGHTS;
  control.header.cmsg_len = CMSG_LEN(sizeof(int) * FD_COUNT);
  memcpy(CMSG_DATA(&control.header), fds, sizeof(int) * FD_COUNT);
  return sendmsg(socket_fd, &message, MSG_NOSIGNAL) != 1;
}

static int receive_fds(int socket_fd, int fds[FD_COUNT]) {
  char byte;
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int) * FD_COUNT)];
  } control;
  struct iovec part = {&byte, 1};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  message.msg_control = &control;
  message.msg_controllen = sizeof(control);
  if (recvmsg(socket_fd, &message, MSG_CMSG_CLOEXEC) != 1 ||
      message.msg_controllen < CMSG_LEN(sizeof(int) * FD_COUNT)) {
    return 1;
  }
  memcpy(fds, CMSG_DATA(&control.header), sizeof(int) * FD_COUNT);
  return 0;
}

/* Waits until `from` holds message `number`. Nonzero: the peer is gone. */
static int wait_for(shared* memory, slot* from, uint64_t number, int fd) {
  if (atomic_load(&memory->cores[0]) != atomic_load(&memory->cores[1])) {
    while (atomic_load_explicit(&from->number, memory_order_acquire) != number) {
      __builtin_ia32_pause();
    }
    return 0;
  }
  while (atomic_load_explicit(&from->number, memory_order_acquire) != number) {
    uint64_t count;
    if (read(fd, &count, sizeof(count)) != sizeof(count)) return 1;
  }
  return 0;
}

static void put(shared* memory, slot* to, uint64_t number, const char* data, size_t size, int fd) {
  memcpy(to->data, data, size);
  atomic_store_explicit(&to->size, size, memory_order_relaxed);
  atomic_store_explicit(&to->number, number, memory_order_release);
  if (atomic_load(&memory->cores[0]) == atomic_load(&memory->cores[1])) {
    const uint64_t one = 1;
    if (write(fd, &one, sizeof(one)) != sizeof(one)) bench_fail("shm floor", "eventfd");
  }
}

typedef struct serving {
  shared* memory;
  int fds[FD_COUNT];
} serving;

/* Echoes until the number ends it (UINT64_MAX). */
static void* echo(void* arg) {
  serving* self = arg;
  char* data = malloc(MAX_SIZE);
  for (uint64_t number = 1;; ++number) {
    shared* memory = self->memory;
    size_t size;
    if (wait_for(memory, &memory->request, number, self->fds[TO_SERVER]) != 0) break;
    size = atomic_load_explicit(&memory->request.size, memory_order_relaxed);
    if (size == 0 || size > MAX_SIZE) break;
    memcpy(data, memory->request.data, size);
    put(memory, &memory->response, number, data, size, self->fds[TO_CLIENT]);
  }
  free(data);
  return NULL;
}

static void serve_connection(int fd) {
  serving self;
  self.fds[MEMORY] = memfd_create("shm-floor", MFD_CLOEXEC);
  self.fds[TO_SERVER] = eventfd(0, EFD_CLOEXEC);
  self.fds[TO_CLIENT] = eventfd(0, EFD_CLOEXEC);
  if (ftruncate(self.fds[MEMORY], sizeof(shared)) != 0) return;
  self.memory = mmap(NULL, sizeof(shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
                     self.fds[MEMORY], 0);
  if (self.memory == MAP_FAILED) return;
  self.memory->cores[0] = -1;
  self.memory->cores[1] = sched_getcpu();
  if (send_fds(fd, self.fds) == 0) echo(&self);
  for (int i = 0; i < FD_COUNT; ++i) close(self.fds[i]);
  munmap(self.memory, sizeof(shared));
}

int shm_floor_serve(const bench_options* options) {
  char target[512];
  char address[512];
  int listener;
  snprintf(target, sizeof(target), "unix:%s", options->target + strlen("shm:"));
  listener = bench_listen(target, address, sizeof(address));
  if (listener < 0 || bench_accept_in_background(listener, serve_connection) != 0) return 1;
  bench_server_ready(options->target);
  bench_server_wait();
  unlink(target + strlen("unix:"));
  return 0;
}

static int round_trip(void* arg) {
  shm_client* client = arg;
  shared* memory = client->memory;
  ++client->number;
  put(memory, &memory->request, client->number, client->data, client->size, client->fds[TO_SERVER]);
  if (wait_for(memory, &memory->response, client->number, client->fds[TO_CLIENT]) != 0) return 1;
  memcpy(client->data, memory->response.data, client->size);
  return 0;
}

int shm_floor_measure(const bench_options* options, bench_result* result) {
  char target[512];
  shm_client client = {.size = bench_message_size(options->payload)};
  int fd;
  int failed;
  if (strcmp(options->bench, "latency") != 0 || client.size > MAX_SIZE) {
    return bench_fail(options->bench, "the floor of shared memory has no such bench");
  }
  snprintf(target, sizeof(target), "unix:%s", options->target + strlen("shm:"));
  fd = bench_connect(target);
  if (fd < 0 || receive_fds(fd, client.fds) != 0) return bench_fail("shm floor", "no memory came");
  client.memory = mmap(NULL, sizeof(shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
                       client.fds[MEMORY], 0);
  client.data = calloc(1, client.size);
  if (client.memory == MAP_FAILED || client.data == NULL) return bench_fail("shm floor", "no room");
  client.memory->cores[0] = sched_getcpu();
  failed = bench_measure_latency(options, round_trip, &client, result);
  client.size = 0; /* ends the server's echo */
  ++client.number;
  put(client.memory, &client.memory->request, client.number, client.data, 0, client.fds[TO_SERVER]);
  free(client.data);
  close(fd);
  return failed;
}
