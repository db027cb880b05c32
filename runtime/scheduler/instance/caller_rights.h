// Who may call an instance, as its socket's file and its runtime are told.
#ifndef POLYCALL_SCHEDULER_INSTANCE_CALLER_RIGHTS_H_
#define POLYCALL_SCHEDULER_INSTANCE_CALLER_RIGHTS_H_

#include <polycall/status_or.h>

#include <set>
#include <string>
#include <vector>

#include "polycall/scheduler/v1/manifest.pb.h"

namespace polycall::scheduler {

using Callers = google::protobuf::RepeatedPtrField<std::string>;

// The users among the identities.
std::set<uint32_t> UsersOf(const Callers& callers);

// Lets these users, beside the file's owner, connect to the socket (an access control list).
Status LetIn(const std::string& socket, const std::set<uint32_t>& users);

// The identities that the instance's own runtime lets call; none: everybody. Inside a sandbox the users
// of the host have no numbers, and all look like the kernel's nobody: whom the socket's file let in is
// let in.
std::vector<std::string> AllowedInside(const v1::Manifest& manifest);

// What the runtime reads as POLYCALL_ADMISSION (server/admission.h); empty: no limits.
std::string AdmissionText(const v1::Manifest& manifest);

}  // namespace polycall::scheduler

#endif  // POLYCALL_SCHEDULER_INSTANCE_CALLER_RIGHTS_H_
