// A file descriptor that closes itself.
#ifndef POLYCALL_SCHEDULER_SANDBOX_UNIQUE_FD_H_
#define POLYCALL_SCHEDULER_SANDBOX_UNIQUE_FD_H_

#include <unistd.h>

#include <utility>

namespace polycall::scheduler {

class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~UniqueFd() { Close(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  void Close() {
    if (fd_ >= 0) {
      close(std::exchange(fd_, -1));
    }
  }

 private:
  int fd_ = -1;
};

}  // namespace polycall::scheduler

#endif  // POLYCALL_SCHEDULER_SANDBOX_UNIQUE_FD_H_
