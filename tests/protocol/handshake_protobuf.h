// The handshake's structs from and to protobuf's own classes, to compare the two codecs.
#ifndef POLYCALL_TESTS_PROTOCOL_HANDSHAKE_PROTOBUF_H_
#define POLYCALL_TESTS_PROTOCOL_HANDSHAKE_PROTOBUF_H_

#include "negotiation/handshake.h"
#include "polycall/v1/handshake.pb.h"

namespace polycall::negotiation {

Hello FromProtobuf(const v1::Hello& message);
Accept FromProtobuf(const v1::Accept& message);

}  // namespace polycall::negotiation

#endif  // POLYCALL_TESTS_PROTOCOL_HANDSHAKE_PROTOBUF_H_
