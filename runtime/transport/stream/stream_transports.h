// The transports over sockets: unix and tcp.
#ifndef POLYCALL_TRANSPORT_STREAM_STREAM_TRANSPORTS_H_
#define POLYCALL_TRANSPORT_STREAM_STREAM_TRANSPORTS_H_

#include "transport/transport.h"

namespace polycall::transport {

Transport* UnixTransport();
Transport* TcpTransport();

}  // namespace polycall::transport

#endif  // POLYCALL_TRANSPORT_STREAM_STREAM_TRANSPORTS_H_
