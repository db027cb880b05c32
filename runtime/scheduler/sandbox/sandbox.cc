#include "sandbox/sandbox.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "sandbox/child.h"

namespace polycall::scheduler {
namespace {

Status ErrnoStatus(const std::string& what) {
  return InternalError(what + ": " + std::strerror(errno));
}

std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const std::string& text : texts) {
    pointers.push_back(const_cast<char*>(text.c_str()));
  }
  pointers.push_back(nullptr);
  return pointers;
}

Status WriteProc(pid_t pid, const char* name, const std::string& text) {
  const std::string path = "/proc/" + std::to_string(pid) + "/" + name;
  const UniqueFd file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file || write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return ErrnoStatus("write " + path);
  }
  return OkStatus();
}

// Inside 0 builds the root and is nobody of importance outside: the instance's host user has a
// neighbour for it, host_uid + 1.
Status MapUser(pid_t pid, const SandboxSpec& spec) {
  if (geteuid() != 0) {
    // Without rights outside only the own user can be mapped, and has to do for both.
    if (Status status = WriteProc(pid, "setgroups", "deny"); !status.ok()) return status;
    const std::string own = "0 " + std::to_string(geteuid()) + " 1";
    if (Status status = WriteProc(pid, "uid_map", own); !status.ok()) return status;
    return WriteProc(pid, "gid_map", "0 " + std::to_string(getegid()) + " 1");
  }
  const auto map = [](uint32_t inside, uint32_t outside) {
    return std::to_string(inside) + " " + std::to_string(outside) + " 1\n" + "0 " +
           std::to_string(outside + 1) + " 1\n";
  };
  if (Status status = WriteProc(pid, "uid_map", map(spec.uid, spec.host_uid)); !status.ok()) {
    return status;
  }
  return WriteProc(pid, "gid_map", map(spec.gid, spec.host_gid));
}

// Waits until the child has executed the program (the report pipe closes) or says what failed.
Status AwaitExec(int report) {
  ChildFailure failure{};
  size_t got = 0;
  while (got < sizeof failure) {
    pollfd ready{report, POLLIN, 0};
    constexpr int kPatienceMs = 10'000;
    const int polled = poll(&ready, 1, kPatienceMs);
    if (polled == 0) {
      return DeadlineExceededError("the new process did not start its program within 10 s");
    }
    if (polled < 0 && errno == EINTR) continue;
    const ssize_t n = read(report, reinterpret_cast<char*>(&failure) + got, sizeof failure - got);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    got += static_cast<size_t>(n);
  }
  if (got == 0) {
    return OkStatus();
  }
  failure.step[sizeof failure.step - 1] = '\0';
  return FailedPreconditionError(std::string("cannot ") + failure.step + ": " +
                                 std::strerror(failure.error));
}

void EndChild(pid_t pid) {
  kill(pid, SIGKILL);
  while (waitpid(pid, nullptr, __WALL) < 0 && errno == EINTR) {
  }
}

struct Pipe {
  UniqueFd read, write;
  bool Open() {
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) != 0) return false;
    read = UniqueFd(fds[0]);
    write = UniqueFd(fds[1]);
    return true;
  }
};

StatusOr<Started> Start(const SandboxSpec& spec, const SeccompProgram* seccomp, Cgroup* cgroup,
                        const std::string& work) {
  if (spec.argv.empty()) {
    return InvalidArgumentError("there is no program to start");
  }
  if (seccomp != nullptr && geteuid() == 0 && (spec.host_uid == 0 || spec.uid == 0)) {
    return InvalidArgumentError("a sandbox's user must be root neither inside nor outside");
  }
  CgroupEntry entry;
  if (cgroup != nullptr) {
    auto opened = cgroup->Enter();
    if (!opened.ok()) return std::move(opened).status();
    entry = *std::move(opened);
  }
  Pipe go, report;
  if (!go.Open() || !report.Open()) {
    return ErrnoStatus("pipe2");
  }
  const std::vector<char*> argv = Pointers(spec.argv);
  const std::vector<char*> environment = Pointers(spec.environment);
  const std::string id = std::to_string(spec.uid);
  const std::string passwd =
      "service:x:" + id + ":" + std::to_string(spec.gid) + "::/tmp:/bin/false\n";
  const std::string group = "service:x:" + std::to_string(spec.gid) + ":\n";
  const ChildPlan plan{
      &spec,          seccomp,       work.c_str(), argv.data(),   environment.data(),
      passwd.c_str(), group.c_str(), &entry,       go.read.get(), report.write.get()};
  int pidfd = -1;
  clone_args args{};
  args.flags = CLONE_PIDFD;
  args.pidfd = reinterpret_cast<uint64_t>(&pidfd);
  args.exit_signal = SIGCHLD;
  if (seccomp != nullptr) {
    args.flags |= CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS |
                  CLONE_NEWCGROUP | (spec.host_network ? 0UL : CLONE_NEWNET);
  }
  if (entry.folder) {
    args.flags |= CLONE_INTO_CGROUP;
    args.cgroup = static_cast<uint64_t>(entry.folder.get());
  }
  auto pid = static_cast<pid_t>(syscall(SYS_clone3, &args, sizeof args));
  if (pid < 0 && entry.folder && (errno == EINVAL || errno == E2BIG)) {  // a kernel before 5.7
    args.flags &= ~CLONE_INTO_CGROUP;
    args.cgroup = 0;
    entry.folder.Close();
    pid = static_cast<pid_t>(syscall(SYS_clone3, &args, sizeof args));
  }
  if (pid == 0) {
    RunChild(plan);
  }
  if (pid < 0) {
    return ErrnoStatus("clone3");
  }
  Started started{pid, UniqueFd(pidfd)};
  go.read.Close();
  report.write.Close();
  Status status = seccomp != nullptr ? MapUser(pid, spec) : OkStatus();
  if (status.ok() && cgroup != nullptr && !entry.folder && entry.join.empty()) {
    status = cgroup->Add(pid);
  }
  if (status.ok() && write(go.write.get(), "g", 1) != 1) {
    status = ErrnoStatus("release the new process");
  }
  if (status.ok()) {
    status = AwaitExec(report.read.get());
  }
  if (!status.ok()) {
    EndChild(pid);
    return Status(status.code(), "starting " + spec.argv[0] + ": " + std::string(status.message()));
  }
  return started;
}

}  // namespace

StatusOr<Started> StartSandboxed(const SandboxSpec& spec, const SeccompProgram& seccomp,
                                 Cgroup* cgroup, const std::string& work) {
  return Start(spec, &seccomp, cgroup, work);
}

StatusOr<Started> StartProcess(const SandboxSpec& spec, Cgroup* cgroup) {
  return Start(spec, nullptr, cgroup, "");
}

}  // namespace polycall::scheduler
