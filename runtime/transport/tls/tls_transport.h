// The transport "tls": the native protocol in TLS over TCP.
#ifndef POLYCALL_TRANSPORT_TLS_TLS_TRANSPORT_H_
#define POLYCALL_TRANSPORT_TLS_TLS_TRANSPORT_H_

#include <memory>
#include <string>
#include <string_view>

#include "transport/stream/byte_stream.h"
#include "transport/transport.h"

namespace polycall::transport {

Transport* TlsTransport();

// Connects to host:port and does the TLS handshake with the channel's options. `scheme` is what messages
// call the target by, `protocol` what is offered by ALPN; `peer` receives the address that answered.
// [blocks] until the deadline.
base::Status DialTls(std::string_view address, std::string_view scheme, std::string_view protocol,
                     const DialOptions& options, std::unique_ptr<ByteStream>* out,
                     std::string* peer);

}  // namespace polycall::transport

#endif  // POLYCALL_TRANSPORT_TLS_TLS_TRANSPORT_H_
