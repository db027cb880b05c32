// Which system calls an instance may make.
#ifndef POLYCALL_SCHEDULER_SANDBOX_SECCOMP_H_
#define POLYCALL_SCHEDULER_SANDBOX_SECCOMP_H_

#include <linux/filter.h>
#include <polycall/status_or.h>

#include <string>
#include <vector>

namespace polycall::scheduler {

using SeccompProgram = std::vector<sock_filter>;

// Compiles the allow-list for programs of `language` ("java", "lisp", ...; empty: any program). What
// is not on it fails with EPERM; clone() may make threads and processes but no namespaces, and
// clone3(), whose flags a filter cannot see, answers ENOSYS, so that libc falls back to clone().
// Compile once and use for many instances. [Any thread]
StatusOr<SeccompProgram> CompileSeccomp(const std::string& language);

}  // namespace polycall::scheduler

#endif  // POLYCALL_SCHEDULER_SANDBOX_SECCOMP_H_
