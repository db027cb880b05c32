// TLS on a server's side: the handshake of a connection that came in.
#ifndef POLYCALL_TRANSPORT_TLS_TAKE_TLS_H_
#define POLYCALL_TRANSPORT_TLS_TAKE_TLS_H_

#include "transport/stream/handover.h"

namespace polycall::transport::tls {

// Takes a connection whose peer speaks TLS, or will have to: does the handshake on the acceptor's reactor,
// then gives the stream to whoever speaks what was agreed on by ALPN.
void TakeTls(Handover connection);

}  // namespace polycall::transport::tls

#endif  // POLYCALL_TRANSPORT_TLS_TAKE_TLS_H_
