// What can go wrong in a handshake, in words: what, where, what to do.
#ifndef POLYCALL_TRANSPORT_TLS_MODULE_FAILURES_H_
#define POLYCALL_TRANSPORT_TLS_MODULE_FAILURES_H_

#include <string>
#include <string_view>

#include "base/status.h"
#include "transport/tls/module/openssl.h"

namespace polycall::transport::tls {

// Which end we are, and with whom we speak.
struct Ends {
  bool server = false;
  std::string peer;              // "tls://calc.example:4711"
  std::string name;              // clients: the name that the certificate must have
  bool has_certificate = false;  // ours
};

// What the verification of the peer's certificate met; filled while it runs.
struct Verification {
  int error = X509_V_OK;
  std::string subject;   // of the certificate that it met it at
  std::string from, to;  // when that one is valid
  std::string names;     // of the peer's own
};
void Note(X509_STORE_CTX* store, Verification* found);

// The handshake failed: what OpenSSL's error queue (emptied) and `found` say.
base::Status HandshakeFailure(const Ends& ends, const Verification& found);
// The peer sent this alert.
base::Status AlertFailure(const Ends& ends, int alert);
// Its first byte begins no TLS record.
base::Status NotTls(const Ends& ends);
// It closed the connection before the handshake was over, or broke it (`error` is an errno).
base::Status Ended(const Ends& ends, int error);

}  // namespace polycall::transport::tls

#endif  // POLYCALL_TRANSPORT_TLS_MODULE_FAILURES_H_
