// What happened, for the polycalld that comes after this one: two files of bounded size.
#ifndef POLYCALL_SCHEDULER_SERVICE_EVENT_LOG_H_
#define POLYCALL_SCHEDULER_SERVICE_EVENT_LOG_H_

#include <polycall/status_or.h>

#include <string>
#include <vector>

#include "polycall/scheduler/v1/scheduler.pb.h"
#include "sandbox/unique_fd.h"

namespace polycall::scheduler {

// Lines of JSON in PATH; a file that has grown to its size becomes PATH.old, in place of the one that is
// there. Not thread-safe.
class EventLog {
 public:
  explicit EventLog(std::string path, size_t most_bytes = 1 << 20);

  // What is there, oldest first. A line that cannot be read (half of one, of a polycalld that was killed,
  // or of another version) is left out.
  std::vector<v1::Event> Read() const;

  // The status names the file and the error; the next Append tries again.
  Status Append(const v1::Event& event);

 private:
  Status Open();

  const std::string path_;
  const size_t most_bytes_;
  UniqueFd file_;
  size_t size_ = 0;
};

}  // namespace polycall::scheduler

#endif  // POLYCALL_SCHEDULER_SERVICE_EVENT_LOG_H_
