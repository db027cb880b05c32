// TlsOptions: the certificates and keys of a channel or server.
#ifndef POLYCALL_TLS_H_
#define POLYCALL_TLS_H_

#include <polycall/polycall.h>

#include <string>

namespace polycall {

// Files are PEM, and are read again when they have changed: new connections take what is new.
struct TlsOptions {
  // Whom to trust. Empty: the system's authorities (channels), no client certificates (servers).
  std::string ca_file = {};
  // Our own chain, leaf first, and its key. A server needs both; a channel for mutual TLS.
  std::string certificate_file = {};
  std::string key_file = {};
  std::string server_name = {};  // channels: whom the certificate must name; the target's host
  bool require_client_certificate = false;  // servers: mutual TLS
  bool allow_1_2 = false;                   // TLS 1.2 too, for old peers; without it 1.3 only

  // Borrows the strings from here.
  polycall_tls_options ToRaw() const {
    const auto text = [](const std::string& from) { return from.empty() ? nullptr : from.c_str(); };
    polycall_tls_options raw = POLYCALL_TLS_OPTIONS_INIT;
    raw.ca_file = text(ca_file);
    raw.certificate_file = text(certificate_file);
    raw.key_file = text(key_file);
    raw.server_name = text(server_name);
    if (require_client_certificate) raw.flags |= POLYCALL_TLS_REQUIRE_CLIENT_CERTIFICATE;
    if (allow_1_2) raw.flags |= POLYCALL_TLS_ALLOW_1_2;
    return raw;
  }
};

}  // namespace polycall

#endif  // POLYCALL_TLS_H_
