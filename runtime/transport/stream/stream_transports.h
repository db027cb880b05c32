// The transports over sockets: unix and tcp.
#ifndef POLYCALL_TRANSPORT_STREAM_STREAM_TRANSPORTS_H_
#define POLYCALL_TRANSPORT_STREAM_STREAM_TRANSPORTS_H_

#include "transport/transport.h"

namespace polycall::transport {

Transport* UnixTransport();
Transport* TcpTransport();

// Serves a listening socket, which is taken over. `transport` is static: "unix", "tcp", "tls" (every
// connection begins with TLS). `path` (may be empty) is removed with it. Refuses TLS options that cannot
// be used.
base::Status ServeSocket(int fd, const char* transport, std::string address, std::string path,
                         bool inherited, Acceptor* acceptor, std::unique_ptr<Listener>* out);

// Listens on a socket that the process inherited, which is taken over; whoever made it keeps its file.
// `fd` is the text after "fd:". INVALID_ARGUMENT if it is no listening unix or TCP socket.
base::Status ListenInherited(std::string_view fd, Acceptor* acceptor,
                             std::unique_ptr<Listener>* out);

}  // namespace polycall::transport

#endif  // POLYCALL_TRANSPORT_STREAM_STREAM_TRANSPORTS_H_
