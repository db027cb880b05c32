// Sockets: addresses, connecting with a deadline, listening. Blocking functions are bounded.
#ifndef POLYCALL_TRANSPORT_STREAM_SOCKET_H_
#define POLYCALL_TRANSPORT_STREAM_SOCKET_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "call/identity.h"

namespace polycall::transport {

// "host:port", "[::1]:port" or ":port" taken apart. INVALID_ARGUMENT says what is wrong.
base::Status ParseHostPort(std::string_view text, std::string* host, std::string* port);
// A unix path: not empty, at most 107 bytes.
base::Status CheckUnixPath(std::string_view path);

// Connected, non-blocking and close-on-exec sockets. [blocks] until `deadline`.
base::Status ConnectUnix(std::string_view path, int64_t deadline, int* fd);
// `scheme` is what messages call it by.
base::Status ConnectTcp(std::string_view host_port, int64_t deadline, int* fd, std::string* peer,
                        std::string_view scheme = "tcp");

base::Status ListenUnix(std::string_view path, int* fd);
// `address` receives "host:port" with the port that was given.
base::Status ListenTcp(std::string_view host_port, int* fd, std::string* address,
                       std::string_view scheme = "tcp");

// Takes over a listening stream socket that the process inherited. `transport` receives "unix" or
// "tcp", `address` its path or "host:port". INVALID_ARGUMENT if it is none; it stays open then.
base::Status AdoptListener(int fd, const char** transport, std::string* address);

// "127.0.0.1:4711" or "[::1]:4711" of a socket's peer.
std::string PeerHostPort(int fd);
// ",pid=..,uid=.." as the kernel vouches for a unix peer.
std::string PeerCredentials(int fd);

// "UID:.." as the kernel vouches for a unix peer; NULL: it does not.
std::shared_ptr<const call::Identity> PeerIdentity(int fd);

// Waits until `fd` is ready for `events` (poll's). False at `deadline`.
bool PollUntil(int fd, short events, int64_t deadline);

}  // namespace polycall::transport

#endif  // POLYCALL_TRANSPORT_STREAM_SOCKET_H_
