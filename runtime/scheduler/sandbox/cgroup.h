// Limits for the processes of one instance, by control groups of version 1 or 2.
#ifndef POLYCALL_SCHEDULER_SANDBOX_CGROUP_H_
#define POLYCALL_SCHEDULER_SANDBOX_CGROUP_H_

#include <polycall/status_or.h>
#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "sandbox/unique_fd.h"

namespace polycall::scheduler {

struct CgroupLimits {
  int64_t memory = 0;  // bytes; 0: none
  double cpu = 0;      // cores; 0: none
  uint32_t pids = 0;   // 0: none
};

struct CgroupUse {
  int64_t memory = 0;         // bytes now
  int64_t cpu_ns = 0;         // processor time so far
  uint64_t oom_kills = 0;     // processes that the kernel killed for the memory limit
  uint64_t pid_refusals = 0;  // forks refused for the pids limit
};

// How a new process comes into a group without delay. Moving one that is there already makes the kernel
// wait until every processor has taken notice, five to ten milliseconds.
struct CgroupEntry {
  // For CLONE_INTO_CGROUP: the process is made in the group (version 2).
  UniqueFd folder;
  // The process writes "0" to each while it has one thread: it moves itself (version 1).
  std::vector<UniqueFd> join;
};

// The control group of one instance. Not thread-safe. The destructor removes the group, which has to
// be empty by then (KillAll).
class Cgroup {
 public:
  virtual ~Cgroup() = default;
  Cgroup() = default;
  Cgroup(const Cgroup&) = delete;
  Cgroup& operator=(const Cgroup&) = delete;

  // Puts a process into the group; its children follow.
  virtual Status Add(pid_t pid) = 0;
  // The quick way for one that is about to be made. Empty: there is none but Add.
  virtual StatusOr<CgroupEntry> Enter() = 0;
  // The files that a process of one thread joins the group by, writing "0" to each, wherever it comes
  // from. Opened with polycalld's rights, which count. Empty: there is no group.
  virtual StatusOr<std::vector<UniqueFd>> Join() = 0;

  // Ends every process of the group with SIGKILL; repeats until none is left or a second has passed.
  virtual Status KillAll() = 0;

  virtual CgroupUse Use() = 0;

  // Keeps the group when this object goes: the instance outlives its scheduler.
  virtual void Keep() = 0;
};

// The control groups of one scheduler, below `parent` of the hierarchy that this machine has.
class CgroupHierarchy {
 public:
  virtual ~CgroupHierarchy() = default;

  // "v1", "v2" or "none".
  virtual const char* version() const = 0;

  // Makes (or, for an instance that lives on, opens again) the group of an instance.
  virtual StatusOr<std::unique_ptr<Cgroup>> Open(const std::string& instance,
                                                 const CgroupLimits& limits) = 0;

  // The names of the groups that there are.
  virtual std::set<std::string> Names() = 0;
  // Removes the group if no process is in it. False: it is still there.
  virtual bool Remove(const std::string& instance) = 0;
};

// Looks at what is mounted: version 2 if its hierarchy has the memory controller, else version 1 with
// memory, cpu and pids. Where there is neither, or no right to make groups, instances run without
// limits of this kind and `Open` says so for a manifest that has some (FAILED_PRECONDITION).
std::unique_ptr<CgroupHierarchy> DetectCgroups(const std::string& parent,
                                               const std::string& mounts = "/proc/self/mounts");

}  // namespace polycall::scheduler

#endif  // POLYCALL_SCHEDULER_SANDBOX_CGROUP_H_
