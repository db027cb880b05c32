// The services that every server has: grpc.health.v1.Health, polycall.v1.Description, and gRPC's
// reflection (v1 and v1alpha).
#ifndef POLYCALL_SERVER_BUILTIN_SERVICES_H_
#define POLYCALL_SERVER_BUILTIN_SERVICES_H_

#include "server/server.h"

namespace polycall::server {

inline constexpr char kHealthService[] = "grpc.health.v1.Health";

// Adds those that the user has not added himself.
base::Status AddBuiltinServices(Server* server, bool description);

}  // namespace polycall::server

#endif  // POLYCALL_SERVER_BUILTIN_SERVICES_H_
