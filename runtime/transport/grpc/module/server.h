// The handler's end of a connection: a gRPC server of its own for each, so that it is drained and ended
// alone, and that a call's connection is never in doubt.
#ifndef POLYCALL_TRANSPORT_GRPC_MODULE_SERVER_H_
#define POLYCALL_TRANSPORT_GRPC_MODULE_SERVER_H_

#include "transport/grpc/module/stream.h"

namespace polycall::transport {

GrpcServer* NewConnectionServer(int fd, const GrpcLimits& limits, GrpcServerEvents* events);

}  // namespace polycall::transport

#endif  // POLYCALL_TRANSPORT_GRPC_MODULE_SERVER_H_
