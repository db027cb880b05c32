// The caller's handshake of the native protocol over a stream that is connected.
#ifndef POLYCALL_TRANSPORT_STREAM_DIALED_H_
#define POLYCALL_TRANSPORT_STREAM_DIALED_H_

#include <memory>
#include <string>

#include "transport/stream/byte_stream.h"
#include "transport/transport.h"

namespace polycall::transport {

// Sends preface and HELLO, reads the answer. `transport` is static, `peer` the peer's address. [blocks]
// until the answer or the deadline.
base::Status ShakeHands(std::unique_ptr<ByteStream> stream, const char* transport, std::string peer,
                        const DialOptions& options, std::unique_ptr<Dialed>* out);

}  // namespace polycall::transport

#endif  // POLYCALL_TRANSPORT_STREAM_DIALED_H_
