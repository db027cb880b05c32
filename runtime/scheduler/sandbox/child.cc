#include "sandbox/child.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "sandbox/root.h"

namespace polycall::scheduler {
namespace {

[[noreturn]] void Fail(const ChildPlan& plan, const char* step) {
  ChildFailure failure{};
  failure.error = errno;
  std::strncpy(failure.step, step, sizeof failure.step - 1);
  const ssize_t written = write(plan.report, &failure, sizeof failure);
  _exit(written == static_cast<ssize_t>(sizeof failure) ? 126 : 127);
}

void SetLimit(const ChildPlan& plan, __rlimit_resource what, rlim_t value, const char* step) {
  const rlimit limit{value, value};
  if (setrlimit(what, &limit) != 0) {
    Fail(plan, step);
  }
}

// Puts the inherited descriptors at 3, 4, ... and output at 1 and 2; everything else closes at exec.
// They are first moved out of the way, so that none is overwritten before it is placed.
void PlaceDescriptors(const ChildPlan& plan) {
  const SandboxSpec& spec = *plan.spec;
  const int count = static_cast<int>(spec.fds.size());
  const int high = 3 + count;
  if (close_range(0, ~0U, CLOSE_RANGE_CLOEXEC) != 0) {
    Fail(plan, "close_range");
  }
  int moved[64];
  if (count > 64) {
    errno = EINVAL;
    Fail(plan, "more than 64 descriptors to inherit");
  }
  for (int i = 0; i < count; ++i) {
    moved[i] = fcntl(spec.fds[static_cast<size_t>(i)], F_DUPFD_CLOEXEC, high);
    if (moved[i] < 0) {
      Fail(plan, "duplicate an inherited descriptor");
    }
  }
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  const int output = spec.output >= 0 ? fcntl(spec.output, F_DUPFD_CLOEXEC, high) : null;
  if (null < 0 || output < 0) {
    Fail(plan, "open /dev/null");
  }
  // The report pipe may lie where an inherited descriptor goes.
  const int report = fcntl(plan.report, F_DUPFD_CLOEXEC, high);
  if (report < 0) {
    Fail(plan, "duplicate the report pipe");
  }
  const_cast<ChildPlan&>(plan).report = report;
  bool placed = dup2(null, 0) == 0 && dup2(output, 1) == 1 && dup2(output, 2) == 2;
  for (int i = 0; i < count; ++i) {
    placed = placed && dup2(moved[i], 3 + i) == 3 + i;
  }
  if (!placed) {
    Fail(plan, "place the inherited descriptors");
  }
}

void DropCapabilities(const ChildPlan& plan) {
  for (int capability = 0; capability <= CAP_LAST_CAP; ++capability) {
    if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0 && errno != EINVAL) {
      Fail(plan, "drop a capability of the bounding set");
    }
  }
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

void ClearCapabilities(const ChildPlan& plan) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[2] = {};
  if (syscall(SYS_capset, &header, none) != 0) {
    Fail(plan, "clear the capabilities");
  }
}

void BecomeUser(const ChildPlan& plan, uint32_t uid, uint32_t gid) {
  // In a user namespace of its own the process has no groups but the mapped one; outside they are
  // dropped.
  if (plan.seccomp == nullptr && geteuid() == 0 && syscall(SYS_setgroups, 0, nullptr) != 0) {
    Fail(plan, "drop the supplementary groups");
  }
  if (syscall(SYS_setresgid, gid, gid, gid) != 0) {
    Fail(plan, "become the group");
  }
  if (syscall(SYS_setresuid, uid, uid, uid) != 0) {
    Fail(plan, "become the user");
  }
}

// While this is still polycalld's user, and before anything that counts is done.
void JoinCgroup(const ChildPlan& plan) {
  for (const UniqueFd& file : plan.cgroup->join) {
    if (write(file.get(), "0", 1) != 1) {
      Fail(plan, "join the control group");
    }
  }
}

void ShutIn(const ChildPlan& plan) {
  const SandboxSpec& spec = *plan.spec;
  if (const char* step = BuildRoot(spec, plan.work, plan.passwd, plan.group)) {
    Fail(plan, step);
  }
  if (sethostname(spec.hostname.data(), spec.hostname.size()) != 0) {
    Fail(plan, "set the host's name");
  }
  DropCapabilities(plan);
}

}  // namespace

void RunChild(const ChildPlan& plan) {
  const SandboxSpec& spec = *plan.spec;
  char byte;
  ssize_t got;
  do {
    got = read(plan.go, &byte, 1);
  } while (got < 0 && errno == EINTR);
  if (got != 1) {
    _exit(127);  // the parent has gone, or gave up
  }
  JoinCgroup(plan);
  // Signals: as a fresh program expects them.
  struct sigaction fallback = {};
  fallback.sa_handler = SIG_DFL;
  for (int signal = 1; signal < 32; ++signal) {
    sigaction(signal, &fallback, nullptr);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  setsid();

  if (plan.seccomp != nullptr) {
    // The inside user owns what is made inside.
    BecomeUser(plan, 0, 0);
    ShutIn(plan);
  }
  SetLimit(plan, RLIMIT_CORE, 0, "limit core files");
  PlaceDescriptors(plan);
  // Not before: polycalld's own descriptors, which are here until exec, may be far more.
  SetLimit(plan, RLIMIT_NOFILE, spec.open_files, "limit open files");
  if (plan.seccomp != nullptr || spec.uid != 0) {
    BecomeUser(plan, spec.uid, spec.gid);
  }
  if (chdir(spec.directory.c_str()) != 0) {
    Fail(plan, "change to the working directory");
  }
  if (plan.seccomp != nullptr) {
    ClearCapabilities(plan);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
      Fail(plan, "forbid new privileges");
    }
    const sock_fprog program{static_cast<unsigned short>(plan.seccomp->size()),
                             const_cast<sock_filter*>(plan.seccomp->data())};
    if (prctl(PR_SET_SECCOMP, 2 /* SECCOMP_MODE_FILTER */, &program, 0, 0) != 0) {
      Fail(plan, "install the system call filter");
    }
  }
  execve(plan.argv[0], plan.argv, plan.environment);
  Fail(plan, "execute the program");
}

}  // namespace polycall::scheduler
