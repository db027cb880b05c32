// The transport "tls": the native protocol in TLS over TCP.
#ifndef POLYCALL_TRANSPORT_TLS_TLS_TRANSPORT_H_
#define POLYCALL_TRANSPORT_TLS_TLS_TRANSPORT_H_

#include "transport/transport.h"

namespace polycall::transport {

Transport* TlsTransport();

}  // namespace polycall::transport

#endif  // POLYCALL_TRANSPORT_TLS_TLS_TRANSPORT_H_
