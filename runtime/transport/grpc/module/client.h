// The caller's end: one HTTP/2 connection without gRPC's own resolving, balancing and retrying, which
// are PolyCall's.
#ifndef POLYCALL_TRANSPORT_GRPC_MODULE_CLIENT_H_
#define POLYCALL_TRANSPORT_GRPC_MODULE_CLIENT_H_

#include <memory>
#include <string>

#include "transport/grpc/module/stream.h"

namespace polycall::transport {

std::unique_ptr<GrpcChannel> NewClientChannel(int fd, const std::string& authority,
                                              const std::string& user_agent,
                                              const GrpcLimits& limits);

}  // namespace polycall::transport

#endif  // POLYCALL_TRANSPORT_GRPC_MODULE_CLIENT_H_
