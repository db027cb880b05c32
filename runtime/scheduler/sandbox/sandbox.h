// Starts a program shut in: its own namespaces, a read-only root of its own, no capabilities, an
// allow-list of system calls.
#ifndef POLYCALL_SCHEDULER_SANDBOX_SANDBOX_H_
#define POLYCALL_SCHEDULER_SANDBOX_SANDBOX_H_

#include <polycall/status_or.h>
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "sandbox/cgroup.h"
#include "sandbox/seccomp.h"
#include "sandbox/unique_fd.h"

namespace polycall::scheduler {

// A file or folder of the host that is seen inside.
struct Bind {
  std::string source;
  std::string target;  // absolute, inside
  bool writable = false;
  bool optional = false;  // left out when the host has none
};

// A small file that exists inside only. It is made before the program starts, mode 0400.
struct InsideFile {
  std::string path;
  std::string content;
};

struct SandboxSpec {
  std::vector<std::string> argv;         // argv[0] is a path inside
  std::vector<std::string> environment;  // "KEY=value"
  std::string directory = "/";
  std::string hostname = "sandbox";
  std::string
      rootfs;  // a folder to use as the root, read-only; empty: a skeleton with the host's /usr
  std::vector<Bind> binds;
  std::vector<InsideFile> files;
  uint32_t uid = 1000;  // inside
  uint32_t gid = 1000;
  uint32_t host_uid = 0;  // whom the inside user is outside; not 0 unless polycalld is not root
  uint32_t host_gid = 0;
  int64_t tmp_size = 64 << 20;
  uint32_t open_files = 1024;
  bool host_network = false;
  // Descriptors that the program inherits: fds[i] becomes descriptor 3 + i. Borrowed.
  std::vector<int> fds;
  int output = -1;  // becomes descriptors 1 and 2. Borrowed; -1: /dev/null
};

// A running process.
struct Started {
  pid_t pid = 0;   // as the host sees it
  UniqueFd pidfd;  // readable when the process has ended
};

// Starts the program. `work` is an empty folder of polycalld's own, where the new root is put together
// in the child's mount namespace; several children may use it at once. The process is in `cgroup`
// (may be NULL) before its first instruction. On failure the status names the step and the error, and
// nothing is left running. Takes about 2 ms. [Any thread]
StatusOr<Started> StartSandboxed(const SandboxSpec& spec, const SeccompProgram& seccomp,
                                 Cgroup* cgroup, const std::string& work);

// The same without the walls: an ordinary child process, its user and limits as the spec says.
StatusOr<Started> StartProcess(const SandboxSpec& spec, Cgroup* cgroup);

}  // namespace polycall::scheduler

#endif  // POLYCALL_SCHEDULER_SANDBOX_SANDBOX_H_
