// Certificates for development: an authority of one's own, and what it signs. EC P-256, made with OpenSSL.
#ifndef POLYCALL_CLI_CERTIFICATES_H_
#define POLYCALL_CLI_CERTIFICATES_H_

#include <cstdint>
#include <string>
#include <vector>

namespace polycall::cli {

// PEM texts.
struct Certificate {
  std::string certificate;
  std::string key;
};

struct CertificateRequest {
  std::string common_name;
  std::vector<std::string> names = {};  // "DNS:localhost", "IP:127.0.0.1", "URI:..", "EMAIL:.."
  bool authority = false;               // may sign others
  bool server = true;                   // may serve
  bool client = true;                   // may identify a caller
  int64_t begins_s = -3600;             // from now; the default forgives clocks that differ
  int64_t ends_s = 0;                   // from now
};

// A fresh key and a certificate for it, signed by `issuer` (NULL: by itself). Throws std::runtime_error
// with what OpenSSL refused.
Certificate MakeCertificate(const CertificateRequest& request, const Certificate* issuer);

}  // namespace polycall::cli

#endif  // POLYCALL_CLI_CERTIFICATES_H_
