// Modules that channels host in this process, because the scheduler offers them.
#ifndef POLYCALL_ABI_HOSTED_MODULES_H_
#define POLYCALL_ABI_HOSTED_MODULES_H_

#include <string>

#include "base/status.h"
#include "negotiation/resolver.h"

namespace polycall::abi {

// Whether channels may host modules when their options do not say: POLYCALL_INPROC=allow.
bool HostingAllowed();

// [blocks] while language and module start. `target` receives where the module's server listens. The
// same module is hosted once; it stays to the end of the process, as its language's runtime does.
base::Status HostModule(const negotiation::InprocModule& module, std::string* target);

}  // namespace polycall::abi

#endif  // POLYCALL_ABI_HOSTED_MODULES_H_
