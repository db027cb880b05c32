// How a process is known and how it ended, whether it was our child or is adopted.
#ifndef POLYCALL_SCHEDULER_INSTANCE_PROCESS_END_H_
#define POLYCALL_SCHEDULER_INSTANCE_PROCESS_END_H_

#include <sys/types.h>

#include <cstdint>

#include "sandbox/unique_fd.h"

namespace polycall::scheduler {

struct ProcessEnd {
  bool known = false;  // else: it ended, but nobody was told how
  int code = 0;        // CLD_EXITED, CLD_KILLED
  int status = 0;      // the exit code or the signal
};

// After the pidfd became readable. Reaps our own child.
ProcessEnd EndOfProcess(int pidfd, pid_t pid);

// When the process started, in ticks since the machine did; 0: there is none.
uint64_t StartTicks(pid_t pid);

// The pidfd of the process, if it is the one that started then; else nothing.
UniqueFd ReopenProcess(pid_t pid, uint64_t start_ticks);

}  // namespace polycall::scheduler

#endif  // POLYCALL_SCHEDULER_INSTANCE_PROCESS_END_H_
