// Starts the processes of instances as their manifests say.
#ifndef POLYCALL_SCHEDULER_INSTANCE_LAUNCHER_H_
#define POLYCALL_SCHEDULER_INSTANCE_LAUNCHER_H_

#include <polycall/status_or.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "polycall/scheduler/v1/manifest.pb.h"
#include "sandbox/cgroup.h"
#include "sandbox/oci.h"
#include "sandbox/sandbox.h"

namespace polycall::scheduler {

struct LauncherOptions {
  std::string run_folder;  // sockets and state: /run/polycall
  std::string tool;        // the polycall command, for `host` services
  // Two schedulers on one machine have two; one that comes back finds its own. Empty: made of
  // run_folder.
  std::string cgroup_parent = {};
  uint32_t first_host_uid = 200000;  // the host users of sandboxes are this and up
  // Folders outside /usr that every sandbox sees, read-only: where PolyCall is installed, if not in
  // /usr.
  std::vector<std::string> shared_folders;
};

// A process that was started for an instance.
struct Launched {
  Started process;
  std::unique_ptr<Cgroup> cgroup;
};

// Not thread-safe: the loop's.
class Launcher {
 public:
  explicit Launcher(LauncherOptions options);
  ~Launcher();
  Launcher(const Launcher&) = delete;
  Launcher& operator=(const Launcher&) = delete;

  // Makes run_folder and looks for control groups.
  Status Prepare();

  // The path of an instance's socket.
  std::string SocketPath(const std::string& instance) const;

  // The file that an instance's standard output and error go to. A file and no pipe: instances outlive
  // their scheduler, and must neither block nor break on what they print meanwhile.
  std::string LogPath(const std::string& instance) const;

  // A listening unix socket at the path, for everybody or for those users whom `callers` names
  // ("UID:1000") and polycalld's own.
  StatusOr<UniqueFd> MakeSocket(
      const std::string& path,
      const google::protobuf::RepeatedPtrField<std::string>& callers = {}) const;

  // Starts the program of `manifest` as `instance` ("parser-3"), which listens on `sockets`. `number`
  // (unique among the living) chooses its host user.
  StatusOr<Launched> Launch(const v1::Manifest& manifest, const std::string& instance,
                            uint32_t number, const std::vector<int>& sockets);

  // The control group of an instance that lives on from before; its limits are set again.
  StatusOr<std::unique_ptr<Cgroup>> OpenCgroup(const v1::Manifest& manifest,
                                               const std::string& instance);

  // Removes the control groups that were there before us and that nobody took up, as far as no process is
  // in them any more: an earlier scheduler's fork server ends with its last instance. False: some are
  // left, try again.
  bool RemoveLeftovers();

  // The folder of the package polycall of Python that belongs to `tool`; empty: Python finds it itself.
  std::string PythonPackage() const;

  // Removes what is left of an instance whose process has ended (an OCI runtime's notes).
  void Forget(const v1::Manifest& manifest, const std::string& instance);

  // Instances that there are: so many share what may be spent on asking them how they are.
  void Count(int change) { instances_ += change; }
  int instances() const { return instances_; }

  const char* cgroup_version() const { return cgroups_->version(); }

 private:
  StatusOr<SandboxSpec> SpecOf(const v1::Manifest& manifest, const std::string& instance,
                               uint32_t number, size_t sockets) const;
  Container ContainerOf(const v1::Manifest& manifest, const std::string& instance) const;
  StatusOr<const SeccompProgram*> SeccompOf(const std::string& language);

  const LauncherOptions options_;
  int instances_ = 0;
  std::string cgroup_parent_;
  std::string oci_runtime_;
  std::unique_ptr<CgroupHierarchy> cgroups_;
  std::set<std::string> leftovers_;                // groups from before us that were not opened
  std::map<std::string, SeccompProgram> seccomp_;  // by language
};

}  // namespace polycall::scheduler

#endif  // POLYCALL_SCHEDULER_INSTANCE_LAUNCHER_H_
