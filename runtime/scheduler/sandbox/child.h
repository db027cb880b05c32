// What the new process does between clone and exec. It runs in a copy of a process that may have had
// other threads: only system calls, no allocation, nothing that takes a lock.
#ifndef POLYCALL_SCHEDULER_SANDBOX_CHILD_H_
#define POLYCALL_SCHEDULER_SANDBOX_CHILD_H_

#include <cstddef>

#include "sandbox/sandbox.h"

namespace polycall::scheduler {

// Everything that the child needs, made before the clone.
struct ChildPlan {
  const SandboxSpec* spec;
  const SeccompProgram* seccomp;  // NULL: an ordinary process
  const char* work;
  char* const* argv;
  char* const* environment;
  const char* passwd;  // the content of /etc/passwd and /etc/group inside
  const char* group;
  const CgroupEntry* cgroup;  // whose files it joins by; may have none
  int go;                     // the child waits for a byte here
  int report;                 // where it writes a ChildFailure
};

// Written by the child when a step fails.
struct ChildFailure {
  int error;
  char step[252];
};

// Never returns: executes the program or reports and exits.
[[noreturn]] void RunChild(const ChildPlan& plan);

}  // namespace polycall::scheduler

#endif  // POLYCALL_SCHEDULER_SANDBOX_CHILD_H_
