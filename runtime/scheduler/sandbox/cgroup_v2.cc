#include <fcntl.h>
#include <unistd.h>

#include <string>

#include "sandbox/cgroup_versions.h"

namespace polycall::scheduler {
namespace {

constexpr int64_t kPeriodUs = 100'000;

class GroupV2 final : public Cgroup {
 public:
  explicit GroupV2(std::string group) : group_(std::move(group)) {}

  ~GroupV2() override {
    if (!keep_) {
      rmdir(group_.c_str());
    }
  }

  Status Limit(const CgroupLimits& limits) {
    Status status;
    if (limits.memory > 0) {
      status = WriteControl(group_ + "/memory.max", std::to_string(limits.memory));
      if (status.ok() && access((group_ + "/memory.swap.max").c_str(), F_OK) == 0) {
        status = WriteControl(group_ + "/memory.swap.max", "0");
      }
    }
    if (status.ok() && limits.cpu > 0) {
      status = WriteControl(group_ + "/cpu.max",
                            std::to_string(static_cast<int64_t>(limits.cpu * kPeriodUs)) + " " +
                                std::to_string(kPeriodUs));
    }
    if (status.ok() && limits.pids > 0) {
      status = WriteControl(group_ + "/pids.max", std::to_string(limits.pids));
    }
    return status;
  }

  Status Add(pid_t pid) override {
    return WriteControl(group_ + "/cgroup.procs", std::to_string(pid));
  }

  StatusOr<CgroupEntry> Enter() override {
    auto folder = OpenControl(group_, O_PATH | O_DIRECTORY);
    if (!folder.ok()) return std::move(folder).status();
    CgroupEntry entry;
    entry.folder = *std::move(folder);
    return entry;
  }

  StatusOr<std::vector<UniqueFd>> Join() override {
    auto file = OpenControl(group_ + "/cgroup.procs", O_WRONLY);
    if (!file.ok()) return std::move(file).status();
    std::vector<UniqueFd> files;
    files.push_back(*std::move(file));
    return files;
  }

  Status KillAll() override {
    // One write ends them all at once where the kernel can (5.14); processes that fork as they die
    // escape the loop for a while, not this.
    if (access((group_ + "/cgroup.kill").c_str(), F_OK) == 0) {
      if (Status status = WriteControl(group_ + "/cgroup.kill", "1"); !status.ok()) {
        return status;
      }
    }
    return KillProcesses(group_);
  }

  CgroupUse Use() override {
    CgroupUse use;
    use.memory = std::atoll(ReadControl(group_ + "/memory.current").c_str());
    use.cpu_ns = static_cast<int64_t>(ReadKeyed(group_ + "/cpu.stat", "usage_usec")) * 1000;
    use.oom_kills = ReadKeyed(group_ + "/memory.events", "oom_kill");
    use.pid_refusals = ReadKeyed(group_ + "/pids.events", "max");
    return use;
  }

  void Keep() override { keep_ = true; }

 private:
  std::string group_;
  bool keep_ = false;
};

class HierarchyV2 final : public CgroupHierarchy {
 public:
  explicit HierarchyV2(std::string parent) : parent_(std::move(parent)) {}
  ~HierarchyV2() override { rmdir(parent_.c_str()); }  // stays while there are groups in it
  const char* version() const override { return "v2"; }

  StatusOr<std::unique_ptr<Cgroup>> Open(const std::string& instance,
                                         const CgroupLimits& limits) override {
    std::string reason;
    if (!MakeGroup(parent_ + "/" + instance, &reason)) {
      return InternalError(reason);
    }
    auto group = std::make_unique<GroupV2>(parent_ + "/" + instance);
    if (Status status = group->Limit(limits); !status.ok()) {
      return status;
    }
    return std::unique_ptr<Cgroup>(std::move(group));
  }

  std::set<std::string> Names() override {
    std::set<std::string> names;
    AddGroups(parent_, &names);
    return names;
  }
  bool Remove(const std::string& instance) override {
    return RemoveGroup(parent_ + "/" + instance);
  }

 private:
  std::string parent_;
};

}  // namespace

std::unique_ptr<CgroupHierarchy> MakeCgroupsV2(const std::string& mount, const std::string& parent,
                                               std::string* reason) {
  const std::string group = mount + "/" + parent;
  if (!MakeGroup(group, reason)) {
    return nullptr;
  }
  // Controllers have to be handed down at each level. One that is handed down already is fine.
  for (const std::string& level : {mount, group}) {
    for (const char* controller : {"+memory", "+cpu", "+pids"}) {
      if (Status status = WriteControl(level + "/cgroup.subtree_control", controller);
          !status.ok()) {
        *reason = status.message();
        return nullptr;
      }
    }
  }
  return std::make_unique<HierarchyV2>(group);
}

}  // namespace polycall::scheduler
