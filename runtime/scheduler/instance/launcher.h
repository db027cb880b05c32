// Starts the processes of instances as their manifests say.
#ifndef POLYCALL_SCHEDULER_INSTANCE_LAUNCHER_H_
#define POLYCALL_SCHEDULER_INSTANCE_LAUNCHER_H_

#include <polycall/status_or.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "polycall/scheduler/v1/manifest.pb.h"
#include "sandbox/cgroup.h"
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

  // Makes run_folder and looks for control groups.
  Status Prepare();

  // The path of an instance's socket.
  std::string SocketPath(const std::string& instance) const;

  // The file that an instance's standard output and error go to. A file and no pipe: instances outlive
  // their scheduler, and must neither block nor break on what they print meanwhile.
  std::string LogPath(const std::string& instance) const;

  // A listening unix socket at the path, mode 0666: who may call is the manifest's to say.
  StatusOr<UniqueFd> MakeSocket(const std::string& path) const;

  // Starts the program of `manifest` as `instance` ("parser-3"), which listens on `sockets`. `number`
  // (unique among the living) chooses its host user.
  StatusOr<Launched> Launch(const v1::Manifest& manifest, const std::string& instance,
                            uint32_t number, const std::vector<int>& sockets);

  // The control group of an instance that lives on from before; its limits are set again.
  StatusOr<std::unique_ptr<Cgroup>> OpenCgroup(const v1::Manifest& manifest,
                                               const std::string& instance);

  const char* cgroup_version() const { return cgroups_->version(); }

 private:
  StatusOr<SandboxSpec> SpecOf(const v1::Manifest& manifest, const std::string& instance,
                               uint32_t number, size_t sockets) const;
  StatusOr<const SeccompProgram*> SeccompOf(const std::string& language);

  const LauncherOptions options_;
  std::unique_ptr<CgroupHierarchy> cgroups_;
  std::map<std::string, SeccompProgram> seccomp_;  // by language
};

}  // namespace polycall::scheduler

#endif  // POLYCALL_SCHEDULER_INSTANCE_LAUNCHER_H_
