// The transports over sockets: unix and tcp.
#ifndef POLYCALL_TRANSPORT_STREAM_STREAM_TRANSPORTS_H_
#define POLYCALL_TRANSPORT_STREAM_STREAM_TRANSPORTS_H_

#include "transport/transport.h"

namespace polycall::transport {

Transport* UnixTransport();
Transport* TcpTransport();

// Listens on a socket that the process inherited, which is taken over; whoever made it keeps its file.
// `fd` is the text after "fd:". INVALID_ARGUMENT if it is no listening unix or TCP socket.
base::Status ListenInherited(std::string_view fd, Acceptor* acceptor,
                             std::unique_ptr<Listener>* out);

}  // namespace polycall::transport

#endif  // POLYCALL_TRANSPORT_STREAM_STREAM_TRANSPORTS_H_
