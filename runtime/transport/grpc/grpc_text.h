// Small things that both ends of the gRPC transport need.
#ifndef POLYCALL_TRANSPORT_GRPC_GRPC_TEXT_H_
#define POLYCALL_TRANSPORT_GRPC_GRPC_TEXT_H_

#include <memory>

#include "call/message.h"
#include "call/metadata.h"
#include "transport/grpc/grpc_module.h"
#include "transport/transport.h"

namespace polycall::transport {

// The handshake of two PolyCall ends over gRPC is a unary call of this method: HELLO and ACCEPT bodies.
// A server of another make does not know it; its answer, whatever it is, tells that it speaks gRPC.
inline constexpr char kGrpcHandshake[] = "/polycall.v1.Connection/Handshake";
// In trailing metadata of PolyCall's servers: no handler saw the call; the handshake was refused.
inline constexpr char kGrpcNotStarted[] = "polycall-not-started";
inline constexpr char kGrpcRefused[] = "polycall-refused";
// With a status CANCELLED that is the server's own: without it, it is what gRPC says of a call that came
// behind the GOAWAY, which nobody saw.
inline constexpr char kGrpcHandled[] = "polycall-handled";

// What the sender of a stream may have waiting here, beyond what HTTP/2 lets out.
inline constexpr int64_t kGrpcSendCredit = 64 * 1024;

// The module, loaded on first use. FAILED_PRECONDITION in a child of a process that used it.
base::Status LoadGrpc(GrpcModule** module);
GrpcLimits ToGrpc(const Limits& limits);

// Views of `metadata`.
GrpcEntries ToEntries(const call::Metadata& metadata);
// A copy; NULL when there is nothing. The runtime's own keys are left out.
std::unique_ptr<call::Metadata> FromEntries(const GrpcEntries& entries);
bool HasEntry(const GrpcEntries& entries, std::string_view key);
size_t EntriesSize(const GrpcEntries& entries);

// A message of its own, in one piece.
polycall_message Gather(const GrpcMessage& message);
// What `encoded` holds; it must outlive the result, unless that has an owner.
GrpcBytes ToBytes(const call::Encoded& encoded);

}  // namespace polycall::transport

#endif  // POLYCALL_TRANSPORT_GRPC_GRPC_TEXT_H_
