// The server's part of the handshake of two PolyCall ends over gRPC: a unary call of the runtime's own.
#ifndef POLYCALL_TRANSPORT_GRPC_GRPC_HANDSHAKE_H_
#define POLYCALL_TRANSPORT_GRPC_GRPC_HANDSHAKE_H_

#include "transport/grpc/grpc_server_connection.h"

namespace polycall::transport {

// The events of such a call.
GrpcStreamEvents* NewGrpcHandshake(GrpcStream* stream, base::Ref<GrpcServerConnection> connection);

}  // namespace polycall::transport

#endif  // POLYCALL_TRANSPORT_GRPC_GRPC_HANDSHAKE_H_
