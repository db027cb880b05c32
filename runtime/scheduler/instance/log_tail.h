// Follows a log file that somebody else appends to.
#ifndef POLYCALL_SCHEDULER_INSTANCE_LOG_TAIL_H_
#define POLYCALL_SCHEDULER_INSTANCE_LOG_TAIL_H_

#include <functional>
#include <string>

#include "loop/event_loop.h"
#include "sandbox/unique_fd.h"

namespace polycall::scheduler {

// Hands over each line as it is written, at most a second late, and cuts the file when it has grown
// past 8 MiB. Lines longer than 16 KiB come in pieces. Loop thread only.
class LogTail {
 public:
  LogTail(EventLoop& loop, const std::string& path, std::function<void(const std::string&)> line);
  ~LogTail();

  // What has been written by now, an unfinished last line included.
  void ReadAll();

 private:
  void Read();

  EventLoop& loop_;
  std::function<void(const std::string&)> line_;
  UniqueFd file_;
  UniqueFd notify_;
  EventLoop::TimerId first_ = 0;
  int64_t at_ = 0;
  std::string partial_;
};

}  // namespace polycall::scheduler

#endif  // POLYCALL_SCHEDULER_INSTANCE_LOG_TAIL_H_
