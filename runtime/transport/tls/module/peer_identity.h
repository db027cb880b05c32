// The names of a verified certificate.
#ifndef POLYCALL_TRANSPORT_TLS_MODULE_PEER_IDENTITY_H_
#define POLYCALL_TRANSPORT_TLS_MODULE_PEER_IDENTITY_H_

#include <memory>
#include <string>
#include <vector>

#include "call/identity.h"
#include "transport/tls/module/openssl.h"

namespace polycall::transport::tls {

std::shared_ptr<const call::Identity> IdentityOf(X509* certificate);
// "CN=calc,O=example" (RFC 4514).
std::string SubjectOf(const X509* certificate);
// "DNS:calc.example", "URI:..", "IP:..", "EMAIL:..".
std::vector<std::string> NamesOf(X509* certificate);
// "2026-01-31 12:00:00 UTC".
std::string TimeText(const ASN1_TIME* time);

}  // namespace polycall::transport::tls

#endif  // POLYCALL_TRANSPORT_TLS_MODULE_PEER_IDENTITY_H_
