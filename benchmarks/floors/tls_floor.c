#include "floors/tls_floor.h"

#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/bench_message.h"
#include "common/bench_socket.h"

#define MAX_SIZE (2u << 20)

static SSL_CTX* server_context; /* set before the first connection, never freed */

typedef struct tls_client {
  SSL* ssl;
  uint64_t size;
  char* data;
} tls_client;

static int read_all(SSL* ssl, char* data, uint64_t size) {
  while (size > 0) {
    int got = SSL_read(ssl, data, (int)size);
    if (got <= 0) return 1;
    data += got;
    size -= (uint64_t)got;
  }
  return 0;
}

/* The first eight bytes say how many bytes come and go from then on. */
static void serve_connection(int fd) {
  SSL* ssl = SSL_new(server_context);
  char* data = malloc(MAX_SIZE);
  uint64_t size = 0;
  SSL_set_fd(ssl, fd);
  if (SSL_accept(ssl) == 1 && read_all(ssl, (char*)&size, sizeof(size)) == 0 && size <= MAX_SIZE) {
    while (read_all(ssl, data, size) == 0 && SSL_write(ssl, data, (int)size) > 0) {
    }
  }
  free(data);
  SSL_free(ssl);
}

int tls_floor_serve(const bench_options* options) {
  char target[512];
  char address[512];
  char path[512];
  const char* folder = getenv("BENCH_TLS");
  int listener;
  server_context = SSL_CTX_new(TLS_server_method());
  if (folder == NULL) return bench_fail("tls floor", "BENCH_TLS names no folder");
  snprintf(path, sizeof(path), "%s/server.pem", folder);
  if (SSL_CTX_use_certificate_chain_file(server_context, path) != 1) return bench_fail(path, "no");
  snprintf(path, sizeof(path), "%s/server.key", folder);
  if (SSL_CTX_use_PrivateKey_file(server_context, path, SSL_FILETYPE_PEM) != 1) {
    return bench_fail(path, "cannot be read");
  }
  signal(SIGPIPE, SIG_IGN);
  snprintf(target, sizeof(target), "tcp://%s", options->target + strlen("tls://"));
  listener = bench_listen(target, address, sizeof(address));
  if (listener < 0 || bench_accept_in_background(listener, serve_connection) != 0) return 1;
  snprintf(target, sizeof(target), "tls://%s", address + strlen("tcp://"));
  bench_server_ready(target);
  bench_server_wait();
  return 0;
}

static int round_trip(void* arg) {
  tls_client* client = arg;
  if (SSL_write(client->ssl, client->data, (int)client->size) <= 0) return 1;
  return read_all(client->ssl, client->data, client->size);
}

int tls_floor_measure(const bench_options* options, bench_result* result) {
  char target[512];
  tls_client client = {NULL, 4 + bench_message_size(options->payload), NULL};
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  int failed = 1;
  int fd;
  if (strcmp(options->bench, "latency") != 0) {
    return bench_fail(options->bench, "the floor of TLS has no such bench");
  }
  snprintf(target, sizeof(target), "tcp://%s", options->target + strlen("tls://"));
  fd = bench_connect(target);
  if (fd < 0) return 1;
  client.ssl = SSL_new(context);
  client.data = calloc(1, client.size);
  SSL_set_fd(client.ssl, fd);
  if (SSL_connect(client.ssl) != 1 ||
      SSL_write(client.ssl, &client.size, sizeof(client.size)) != sizeof(client.size)) {
    bench_fail("tls floor", "no handshake");
  } else {
    failed = bench_measure_latency(options, round_trip, &client, result);
  }
  free(client.data);
  SSL_free(client.ssl);
  SSL_CTX_free(context);
  close(fd);
  return failed;
}
