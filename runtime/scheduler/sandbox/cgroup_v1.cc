#include <fcntl.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "sandbox/cgroup_versions.h"

namespace polycall::scheduler {
namespace {

constexpr int64_t kPeriodUs = 100'000;

class GroupV1 final : public Cgroup {
 public:
  GroupV1(std::string memory, std::string cpu, std::string pids)
      : memory_(std::move(memory)), cpu_(std::move(cpu)), pids_(std::move(pids)) {}

  ~GroupV1() override {
    if (!keep_) {
      for (const std::string& group : {memory_, cpu_, pids_}) {
        rmdir(group.c_str());
      }
    }
  }

  // The memory limit of version 1 has two files, to be written in this order; swap counts too.
  Status Limit(const CgroupLimits& limits) {
    Status status;
    if (limits.memory > 0) {
      const std::string bytes = std::to_string(limits.memory);
      status = WriteControl(memory_ + "/memory.limit_in_bytes", bytes);
      // Kernels without swap accounting lack this file; then there is no swap to limit either.
      if (status.ok() && access((memory_ + "/memory.memsw.limit_in_bytes").c_str(), F_OK) == 0) {
        status = WriteControl(memory_ + "/memory.memsw.limit_in_bytes", bytes);
      }
    }
    if (status.ok() && limits.cpu > 0) {
      status = WriteControl(cpu_ + "/cpu.cfs_period_us", std::to_string(kPeriodUs));
      if (status.ok()) {
        status = WriteControl(cpu_ + "/cpu.cfs_quota_us",
                              std::to_string(static_cast<int64_t>(limits.cpu * kPeriodUs)));
      }
    }
    if (status.ok() && limits.pids > 0) {
      status = WriteControl(pids_ + "/pids.max", std::to_string(limits.pids));
    }
    return status;
  }

  Status Add(pid_t pid) override {
    for (const std::string& group : {memory_, cpu_, pids_}) {
      if (Status status = WriteControl(group + "/cgroup.procs", std::to_string(pid));
          !status.ok()) {
        return status;
      }
    }
    return OkStatus();
  }

  StatusOr<CgroupEntry> Enter() override {
    auto join = Join();
    if (!join.ok()) return std::move(join).status();
    CgroupEntry entry;
    entry.join = *std::move(join);
    return entry;
  }

  StatusOr<std::vector<UniqueFd>> Join() override {
    std::vector<UniqueFd> files;
    for (const std::string& group : {memory_, cpu_, pids_}) {
      auto file = OpenControl(group + "/tasks", O_WRONLY);
      if (!file.ok()) return std::move(file).status();
      files.push_back(*std::move(file));
    }
    return files;
  }

  Status KillAll() override { return KillProcesses(pids_); }

  CgroupUse Use() override {
    CgroupUse use;
    use.memory = std::atoll(ReadControl(memory_ + "/memory.usage_in_bytes").c_str());
    use.oom_kills = ReadKeyed(memory_ + "/memory.oom_control", "oom_kill");
    use.pid_refusals = ReadKeyed(pids_ + "/pids.events", "max");
    return use;
  }

  void Keep() override { keep_ = true; }

 private:
  std::string memory_, cpu_, pids_;
  bool keep_ = false;
};

class HierarchyV1 final : public CgroupHierarchy {
 public:
  explicit HierarchyV1(CgroupMounts parents) : parents_(std::move(parents)) {}
  ~HierarchyV1() override {
    for (const std::string& parent : {parents_.memory, parents_.cpu, parents_.pids}) {
      rmdir(parent.c_str());  // stays while there are groups in it
    }
  }
  const char* version() const override { return "v1"; }

  StatusOr<std::unique_ptr<Cgroup>> Open(const std::string& instance,
                                         const CgroupLimits& limits) override {
    std::string reason;
    std::vector<std::string> groups;
    for (const std::string& parent : {parents_.memory, parents_.cpu, parents_.pids}) {
      groups.push_back(parent + "/" + instance);
      if (!MakeGroup(groups.back(), &reason)) {
        return InternalError(reason);
      }
    }
    auto group = std::make_unique<GroupV1>(groups[0], groups[1], groups[2]);
    if (Status status = group->Limit(limits); !status.ok()) {
      return status;
    }
    return std::unique_ptr<Cgroup>(std::move(group));
  }

  std::set<std::string> Names() override {
    std::set<std::string> names;
    for (const std::string& parent : {parents_.memory, parents_.cpu, parents_.pids}) {
      AddGroups(parent, &names);
    }
    return names;
  }
  bool Remove(const std::string& instance) override {
    bool gone = true;
    for (const std::string& parent : {parents_.memory, parents_.cpu, parents_.pids}) {
      gone = RemoveGroup(parent + "/" + instance) && gone;
    }
    return gone;
  }

 private:
  CgroupMounts parents_;
};

}  // namespace

std::unique_ptr<CgroupHierarchy> MakeCgroupsV1(const CgroupMounts& mounts,
                                               const std::string& parent, std::string* reason) {
  CgroupMounts parents;
  parents.memory = mounts.memory + "/" + parent;
  parents.cpu = mounts.cpu + "/" + parent;
  parents.pids = mounts.pids + "/" + parent;
  if (!MakeGroup(parents.memory, reason) || !MakeGroup(parents.cpu, reason) ||
      !MakeGroup(parents.pids, reason)) {
    return nullptr;
  }
  return std::make_unique<HierarchyV1>(std::move(parents));
}

}  // namespace polycall::scheduler
