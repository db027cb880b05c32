#include "sandbox/cgroup.h"

#include "sandbox/cgroup_versions.h"

namespace polycall::scheduler {
namespace {

class NoCgroup final : public Cgroup {
 public:
  Status Add(pid_t) override { return OkStatus(); }
  StatusOr<CgroupEntry> Enter() override { return CgroupEntry(); }
  StatusOr<std::vector<UniqueFd>> Join() override { return std::vector<UniqueFd>(); }
  Status KillAll() override { return OkStatus(); }
  CgroupUse Use() override { return {}; }
  void Keep() override {}
};

class NoCgroups final : public CgroupHierarchy {
 public:
  explicit NoCgroups(std::string reason) : reason_(std::move(reason)) {}
  const char* version() const override { return "none"; }
  StatusOr<std::unique_ptr<Cgroup>> Open(const std::string& instance,
                                         const CgroupLimits& limits) override {
    if (limits.memory != 0 || limits.cpu != 0 || limits.pids != 0) {
      return FailedPreconditionError("the limits of " + instance +
                                     " cannot be kept on this machine: " + reason_ +
                                     "; run polycalld as root, or leave limits out");
    }
    return std::unique_ptr<Cgroup>(std::make_unique<NoCgroup>());
  }
  std::set<std::string> Names() override { return {}; }
  bool Remove(const std::string&) override { return true; }

 private:
  std::string reason_;
};

}  // namespace

std::unique_ptr<CgroupHierarchy> DetectCgroups(const std::string& parent,
                                               const std::string& mounts) {
  const CgroupMounts found = FindCgroupMounts(mounts);
  std::string reason = "no control groups are mounted with memory, cpu and pids";
  if (!found.unified.empty() && found.unified_has_memory) {
    if (auto made = MakeCgroupsV2(found.unified, parent, &reason)) {
      return made;
    }
  } else if (!found.memory.empty() && !found.cpu.empty() && !found.pids.empty()) {
    if (auto made = MakeCgroupsV1(found, parent, &reason)) {
      return made;
    }
  }
  return std::make_unique<NoCgroups>(reason);
}

}  // namespace polycall::scheduler
