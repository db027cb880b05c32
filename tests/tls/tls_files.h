// Certificates for tests, made when they are asked for, in a folder that goes away.
#ifndef POLYCALL_TESTS_TLS_TLS_FILES_H_
#define POLYCALL_TESTS_TLS_TLS_FILES_H_

#include <string>

#include "certificates.h"
#include "polycall/polycall.h"

namespace polycall::testing_tls {

inline constexpr int64_t kDay = 24 * 3600;

// An authority and what it signs, as files. One thread at a time.
class TlsFiles {
 public:
  TlsFiles();
  ~TlsFiles();
  TlsFiles(const TlsFiles&) = delete;
  TlsFiles& operator=(const TlsFiles&) = delete;

  // Writes NAME.pem and NAME.key.pem for `request`, by this authority; overwrites.
  void Make(const std::string& name, const cli::CertificateRequest& request);
  // One that is good for localhost and 127.0.0.1, and for callers.
  void Make(const std::string& name) { Make(name, Usual(name)); }
  static cli::CertificateRequest Usual(const std::string& name);
  void Write(const std::string& file, const std::string& text);

  std::string Path(const std::string& file) const { return folder_ + "/" + file; }
  std::string authority() const { return Path("ca.pem"); }
  std::string certificate(const std::string& name) const { return Path(name + ".pem"); }
  std::string key(const std::string& name) const { return Path(name + ".key.pem"); }

 private:
  std::string folder_;
  cli::Certificate authority_;
};

// polycall_tls_options with strings of its own.
struct TlsSettings {
  std::string ca_file, certificate_file, key_file, server_name;
  uint32_t flags = 0;

  // Borrowed from this.
  polycall_tls_options Abi() const;
};

// For a server of `name`; with `ca_file`, callers' certificates are looked at.
TlsSettings ServerTls(const TlsFiles& files, const std::string& name, bool mutual = false);
// For a channel; `name` is its own certificate, or empty.
TlsSettings ClientTls(const TlsFiles& files, const std::string& name = "");

// The files that all tests which need no others share.
const TlsFiles& SharedTlsFiles();

}  // namespace polycall::testing_tls

#endif  // POLYCALL_TESTS_TLS_TLS_FILES_H_
