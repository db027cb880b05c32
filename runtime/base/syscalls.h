// The system calls on the path of every call, without libc's cancellation points: those cost a small
// call a fiftieth of its time, and nothing here is ever ended by pthread_cancel. ThreadSanitizer sees
// only libc's, so its builds use those.
#ifndef POLYCALL_BASE_SYSCALLS_H_
#define POLYCALL_BASE_SYSCALLS_H_

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <ctime>

namespace polycall::base {

#if defined(__SANITIZE_THREAD__)
inline ssize_t Send(int fd, const void* data, size_t size) {
  return send(fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
}
inline ssize_t Receive(int fd, void* space, size_t size, bool wait = false) {
  return recv(fd, space, size, wait ? 0 : MSG_DONTWAIT);
}
inline int PollForever(pollfd* entries, unsigned count) { return poll(entries, count, -1); }
inline int PollNow(pollfd* entries, unsigned count) { return poll(entries, count, 0); }
inline int WaitForEvents(int epoll_fd, epoll_event* events, int count) {
  return epoll_wait(epoll_fd, events, count, -1);
}
inline int LookForEvents(int epoll_fd, epoll_event* events, int count) {
  return epoll_wait(epoll_fd, events, count, 0);
}
#else
// Each as the system call of its name, with errno. None blocks but the two waits, and Receive if it
// is asked to and the descriptor is a blocking one.
inline ssize_t Send(int fd, const void* data, size_t size) {
  return syscall(SYS_sendto, fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL, nullptr, 0);
}
inline ssize_t Receive(int fd, void* space, size_t size, bool wait = false) {
  return syscall(SYS_recvfrom, fd, space, size, wait ? 0 : MSG_DONTWAIT, nullptr, nullptr);
}
inline int PollForever(pollfd* entries, unsigned count) {
  return static_cast<int>(syscall(SYS_ppoll, entries, count, nullptr, nullptr, 0));
}
inline int PollNow(pollfd* entries, unsigned count) {
  const timespec now = {0, 0};
  return static_cast<int>(syscall(SYS_ppoll, entries, count, &now, nullptr, 0));
}
inline int WaitForEvents(int epoll_fd, epoll_event* events, int count) {
  return static_cast<int>(syscall(SYS_epoll_pwait, epoll_fd, events, count, -1, nullptr, 0));
}
inline int LookForEvents(int epoll_fd, epoll_event* events, int count) {
  return static_cast<int>(syscall(SYS_epoll_pwait, epoll_fd, events, count, 0, nullptr, 0));
}
#endif

}  // namespace polycall::base

#endif  // POLYCALL_BASE_SYSCALLS_H_
