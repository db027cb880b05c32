// Protection by OpenSSL's own SSL object, for TLS 1.2.
#ifndef POLYCALL_TRANSPORT_TLS_MODULE_SSL_PROTECTION_H_
#define POLYCALL_TRANSPORT_TLS_MODULE_SSL_PROTECTION_H_

#include <memory>

#include "transport/tls/module/pipe_bio.h"
#include "transport/tls/module/protection.h"

namespace polycall::transport::tls {

// `ssl` has done its handshake and uses `pipe`, which outlives it.
std::unique_ptr<Protection> MakeSslProtection(Owned<SSL> ssl, Pipe* pipe);

}  // namespace polycall::transport::tls

#endif  // POLYCALL_TRANSPORT_TLS_MODULE_SSL_PROTECTION_H_
