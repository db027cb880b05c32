// The root folder that a sandboxed program sees.
#ifndef POLYCALL_SCHEDULER_SANDBOX_ROOT_H_
#define POLYCALL_SCHEDULER_SANDBOX_ROOT_H_

#include "sandbox/sandbox.h"

namespace polycall::scheduler {

// Puts the new root together on `work`, in a mount namespace of the caller's own, and makes it the
// root: a small read-only tmpfs with the host's /usr (or spec.rootfs), a /proc without its knobs, a
// /dev of five devices, a /tmp of the size wanted, and spec.binds. NULL, or the step that failed, with
// errno. For the child of a clone: only system calls.
const char* BuildRoot(const SandboxSpec& spec, const char* work, const char* passwd,
                      const char* group);

}  // namespace polycall::scheduler

#endif  // POLYCALL_SCHEDULER_SANDBOX_ROOT_H_
