// Tells when the files of a folder change.
#ifndef POLYCALL_SCHEDULER_LOOP_FOLDER_WATCH_H_
#define POLYCALL_SCHEDULER_LOOP_FOLDER_WATCH_H_

#include <functional>
#include <string>

#include "loop/event_loop.h"
#include "sandbox/unique_fd.h"

namespace polycall::scheduler {

// Loop thread only.
class FolderWatch {
 public:
  // Calls `changed` once the folder has been quiet for a moment after a change: an editor writes a file
  // in several steps.
  FolderWatch(EventLoop& loop, const std::string& folder, std::function<void()> changed);
  ~FolderWatch();
  FolderWatch(const FolderWatch&) = delete;
  FolderWatch& operator=(const FolderWatch&) = delete;

 private:
  EventLoop& loop_;
  const std::function<void()> changed_;
  UniqueFd notify_;
  EventLoop::TimerId quiet_ = 0;
};

}  // namespace polycall::scheduler

#endif  // POLYCALL_SCHEDULER_LOOP_FOLDER_WATCH_H_
