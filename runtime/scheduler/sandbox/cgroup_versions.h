// The two versions of control groups, and what of them is mounted.
#ifndef POLYCALL_SCHEDULER_SANDBOX_CGROUP_VERSIONS_H_
#define POLYCALL_SCHEDULER_SANDBOX_CGROUP_VERSIONS_H_

#include <memory>
#include <set>
#include <string>

#include "sandbox/cgroup.h"

namespace polycall::scheduler {

// Mount points; empty: not mounted.
struct CgroupMounts {
  std::string memory, cpu, pids, unified;
  bool unified_has_memory = false;
};

CgroupMounts FindCgroupMounts(const std::string& mounts_file);

// Nothing, and a reason, when the parent group cannot be made.
std::unique_ptr<CgroupHierarchy> MakeCgroupsV1(const CgroupMounts& mounts,
                                               const std::string& parent, std::string* reason);
std::unique_ptr<CgroupHierarchy> MakeCgroupsV2(const std::string& mount, const std::string& parent,
                                               std::string* reason);

// Helpers of both.

// Opens a control file or a group's folder. The status names it and the error.
StatusOr<UniqueFd> OpenControl(const std::string& path, int flags);
// Writes a control file. The status names file and error.
Status WriteControl(const std::string& file, const std::string& value);
// A control file's text; empty when it cannot be read.
std::string ReadControl(const std::string& file);
// The number after `key` in a file of "key number" lines; 0 when there is none.
uint64_t ReadKeyed(const std::string& file, const std::string& key);
// Makes the folder; one that is there is fine. False with a reason otherwise.
bool MakeGroup(const std::string& path, std::string* reason);
// Adds the names of the groups in a group's folder.
void AddGroups(const std::string& folder, std::set<std::string>* names);
// Removes a group without processes. False: it is still there.
bool RemoveGroup(const std::string& path);
// Ends what is in cgroup.procs of the group, again and again until it is empty (for a second).
Status KillProcesses(const std::string& group);

}  // namespace polycall::scheduler

#endif  // POLYCALL_SCHEDULER_SANDBOX_CGROUP_VERSIONS_H_
