// Instances as containers of an OCI runtime: a bundle that says what a sandbox's spec says, run by runc
// or crun.
#ifndef POLYCALL_SCHEDULER_SANDBOX_OCI_H_
#define POLYCALL_SCHEDULER_SANDBOX_OCI_H_

#include <string>

#include "sandbox/cgroup.h"
#include "sandbox/sandbox.h"

namespace polycall::scheduler {

struct Container {
  std::string id;
  std::string runtime;   // the program
  std::string folder;    // of polycalld's own: the bundle, and the runtime's state below it
  std::string cgroup;    // absolute, in every hierarchy
  std::string language;  // for the list of system calls
  CgroupLimits limits = {};
};

// The runtime to use: runc, or crun where only version 2 of control groups is mounted, which its
// version in Debian 12 insists on. NOT_FOUND says what to install.
StatusOr<std::string> FindOciRuntime();

// The root folder of an image: a folder itself, or its "rootfs", or what `podman image mount` says of a
// reference.
StatusOr<std::string> FindImageRoot(const std::string& image);

// Another text for another image of the same name: podman's id of a reference, the identity of a folder's
// root, which is replaced when another image is put there.
StatusOr<std::string> ImageVersion(const std::string& image);

// config.json of the bundle: the spec's program in the image, its user mapped as in a sandbox.
std::string OciConfig(const SandboxSpec& spec, const Container& container);

// Starts the container; spec.rootfs is its root. The process is nobody's child of ours: only its pidfd
// tells its end. [blocks] for the runtime, 20 to 40 ms.
StatusOr<Started> StartContainer(const SandboxSpec& spec, const Container& container);

// Removes what the runtime keeps of a container that has ended.
void DeleteContainer(const Container& container);

}  // namespace polycall::scheduler

#endif  // POLYCALL_SCHEDULER_SANDBOX_OCI_H_
