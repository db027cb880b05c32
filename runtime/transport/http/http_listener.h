// Taking connections that speak HTTP/1.1.
#ifndef POLYCALL_TRANSPORT_HTTP_HTTP_LISTENER_H_
#define POLYCALL_TRANSPORT_HTTP_HTTP_LISTENER_H_

#include "transport/stream/handover.h"

namespace polycall::transport::http {

// Loads the module if need be, and refuses politely if that fails or the server's options do not allow it.
void TakeHttp(Handover connection);

}  // namespace polycall::transport::http

#endif  // POLYCALL_TRANSPORT_HTTP_HTTP_LISTENER_H_
