#include "sandbox/seccomp.h"

#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <span>

#include "sandbox/seccomp_lists.h"
#include "sandbox/unique_fd.h"

namespace polycall::scheduler {
namespace {

using Filter = std::unique_ptr<void, void (*)(scmp_filter_ctx)>;

constexpr unsigned long kNamespaceFlags = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC |
                                          CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET |
                                          CLONE_NEWCGROUP | 0x80UL;

// Names that this kernel's or libseccomp's version lacks are left out: nobody can call them.
int Allow(scmp_filter_ctx filter, std::span<const char* const> names) {
  for (const char* name : names) {
    const int number = seccomp_syscall_resolve_name(name);
    if (number == __NR_SCMP_ERROR) {
      continue;
    }
    if (const int error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0); error != 0) {
      return error;
    }
  }
  return 0;
}

int Fill(scmp_filter_ctx filter, const std::string& language) {
  int error = Allow(filter, kCommonCalls);
  if (error == 0) {
    error = Allow(filter, CallsOf(language));
  }
  if (error == 0) {
    // CLONE_NEWTIME is 0x80, which among clone()'s flags is a part of the exit signal's byte.
    error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                             SCMP_A0(SCMP_CMP_MASKED_EQ, kNamespaceFlags, 0));
  }
  if (error == 0) {
    error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
  }
  return error;
}

// libseccomp writes a program to a file descriptor only.
StatusOr<SeccompProgram> Export(scmp_filter_ctx filter) {
  const UniqueFd file(memfd_create("polycall-seccomp", MFD_CLOEXEC));
  if (!file) {
    return InternalError(std::string("memfd_create: ") + std::strerror(errno));
  }
  if (const int error = seccomp_export_bpf(filter, file.get()); error != 0) {
    return InternalError(std::string("seccomp_export_bpf: ") + std::strerror(-error));
  }
  const off_t size = lseek(file.get(), 0, SEEK_END);
  SeccompProgram program(static_cast<size_t>(size) / sizeof(sock_filter));
  if (pread(file.get(), program.data(), static_cast<size_t>(size), 0) != size) {
    return InternalError("the seccomp program could not be read back");
  }
  return program;
}

}  // namespace

StatusOr<SeccompProgram> CompileSeccomp(const std::string& language) {
  const Filter filter(seccomp_init(SCMP_ACT_ERRNO(EPERM)), seccomp_release);
  if (filter == nullptr) {
    return InternalError("libseccomp could not make a filter");
  }
  if (const int error = Fill(filter.get(), language); error != 0) {
    return InternalError(std::string("libseccomp refused a rule: ") + std::strerror(-error));
  }
  return Export(filter.get());
}

}  // namespace polycall::scheduler
