/* Plain blocking sockets for the programs that speak no framework: floor and byhand. */
#ifndef POLYCALL_BENCHMARKS_COMMON_BENCH_SOCKET_H_
#define POLYCALL_BENCHMARKS_COMMON_BENCH_SOCKET_H_

#include <stddef.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Listens on "unix:/path" (a stale file is replaced) or "tcp://127.0.0.1:port" (0: any). `address`
 * receives the target for callers. Returns the socket, or -1 after printing why. */
int bench_listen(const char* target, char* address, size_t size);

/* Connects, with TCP_NODELAY. Returns the socket, or -1 after printing why. */
int bench_connect(const char* target);

/* Sets TCP_NODELAY if it is a TCP socket. */
void bench_no_delay(int fd);

/* Reads or writes all `size` bytes. Zero: done; nonzero: the peer is gone. */
int bench_read_all(int fd, void* data, size_t size);
int bench_write_all(int fd, const void* data, size_t size);

/* As bench_read_all, but looks for up to 50 us before it sleeps, each time that nothing is there. */
int bench_read_all_looking(int fd, void* data, size_t size);

/* Accepts for ever, giving each connection a detached thread that runs `serve` and then closes it.
 * Returns once the accepting thread was started. */
int bench_accept_in_background(int listener, void (*serve)(int fd));

#ifdef __cplusplus
}
#endif

#endif /* POLYCALL_BENCHMARKS_COMMON_BENCH_SOCKET_H_ */
