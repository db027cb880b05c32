// The transports "grpc" and "grpcs": calls over HTTP/2, to and from gRPC of any make.
#ifndef POLYCALL_TRANSPORT_GRPC_GRPC_TRANSPORT_H_
#define POLYCALL_TRANSPORT_GRPC_GRPC_TRANSPORT_H_

#include "transport/transport.h"

namespace polycall::transport {

Transport* GrpcTransport();
Transport* GrpcsTransport();

}  // namespace polycall::transport

#endif  // POLYCALL_TRANSPORT_GRPC_GRPC_TRANSPORT_H_
