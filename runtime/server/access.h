// Access: who may call a method, by the identity of its connection's peer.
#ifndef POLYCALL_SERVER_ACCESS_H_
#define POLYCALL_SERVER_ACCESS_H_

#include "base/status.h"
#include "call/call.h"
#include "call/method.h"

namespace polycall::server {

// PERMISSION_DENIED, with what the peer is and what would be let in, unless the caller of `call` may call
// `method`, which has a list.
base::Status CheckAccess(const call::Call& call, const call::ServerMethod& method);

}  // namespace polycall::server

#endif  // POLYCALL_SERVER_ACCESS_H_
