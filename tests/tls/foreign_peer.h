// A client that is OpenSSL's alone: its own record layer meets ours.
#ifndef POLYCALL_TESTS_TLS_FOREIGN_PEER_H_
#define POLYCALL_TESTS_TLS_FOREIGN_PEER_H_

#include <openssl/ssl.h>

#include <string>
#include <string_view>

#include "tls_files.h"

namespace polycall::testing_tls {

struct ForeignOptions {
  int version = TLS1_3_VERSION;
  std::string protocols;          // ALPN, as "polycall,h2"; empty: none offered
  std::string certificate;        // a name of the files; empty: none
  const char* ciphers = nullptr;  // TLS 1.3 cipher suites
};

// Blocking, each read bounded. One thread at a time.
class ForeignPeer {
 public:
  // Connects to the port of `target` and shakes hands.
  ForeignPeer(const std::string& target, const TlsFiles& files, const ForeignOptions& options);
  ~ForeignPeer();
  ForeignPeer(const ForeignPeer&) = delete;
  ForeignPeer& operator=(const ForeignPeer&) = delete;

  bool ok() const { return ok_; }
  SSL* ssl() const { return ssl_; }
  std::string protocol() const;  // what ALPN agreed on
  bool Write(std::string_view bytes);
  // Exactly `size` bytes; fewer at the end.
  std::string Read(size_t size);
  // Up to the end.
  std::string ReadAll() { return Read(1u << 20); }

 private:
  int fd_ = -1;
  SSL_CTX* context_ = nullptr;
  SSL* ssl_ = nullptr;
  bool ok_ = false;
};

}  // namespace polycall::testing_tls

#endif  // POLYCALL_TESTS_TLS_FOREIGN_PEER_H_
