// An SSL_CTX out of options: files, versions, ciphers, what is verified, ALPN.
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "transport/tls/module/context.h"
#include "transport/tls/module/peer_identity.h"
#include "transport/tls/module/session.h"

namespace polycall::transport::tls {
namespace {

constexpr char kCiphers13[] =
    "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256";
constexpr char kCiphers12[] = "ECDHE+AESGCM:ECDHE+CHACHA20";

// OpenSSL says little about files; the system says what is wrong.
base::Status CheckReadable(const char* option, const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return base::FailedPrecondition(
        base::ErrnoText(std::string("cannot read the file of tls ") + option + ", " + path, errno));
  }
  close(fd);
  return {};
}

base::Status BadFile(const char* option, const std::string& path, const std::string& what) {
  ERR_clear_error();
  return base::FailedPrecondition(std::string("the file of tls ") + option + ", " + path + ", " +
                                  what);
}

base::Status LoadAuthorities(const TlsOptions& options, bool server, SSL_CTX* context) {
  if (options.ca_file.empty()) {
    if (!server) SSL_CTX_set_default_verify_paths(context);
    return {};
  }
  if (base::Status status = CheckReadable("ca_file", options.ca_file); !status.ok()) return status;
  if (SSL_CTX_load_verify_file(context, options.ca_file.c_str()) != 1) {
    return BadFile("ca_file", options.ca_file, "holds no PEM certificate (BEGIN CERTIFICATE)");
  }
  if (server) SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(options.ca_file.c_str()));
  return {};
}

base::Status LoadOwn(const TlsOptions& options, SSL_CTX* context, std::string* warning) {
  for (const auto& [option, path] : {std::pair("certificate_file", &options.certificate_file),
                                     std::pair("key_file", &options.key_file)}) {
    if (base::Status status = CheckReadable(option, *path); !status.ok()) return status;
  }
  if (SSL_CTX_use_certificate_chain_file(context, options.certificate_file.c_str()) != 1) {
    return BadFile("certificate_file", options.certificate_file,
                   "holds no PEM certificate that OpenSSL takes (" + ErrorText() + ")");
  }
  const Owned<BIO> file(BIO_new_file(options.key_file.c_str(), "r"));
  // Nobody is there to be asked for a passphrase.
  const auto no_passphrase = [](char*, int, int, void*) { return -1; };
  EVP_PKEY* key = file != nullptr
                      ? PEM_read_bio_PrivateKey(file.get(), nullptr, no_passphrase, nullptr)
                      : nullptr;
  if (key == nullptr) {
    return BadFile("key_file", options.key_file,
                   "holds no PEM private key without a passphrase (BEGIN PRIVATE KEY)");
  }
  X509* leaf = SSL_CTX_get0_certificate(context);
  const bool matches = X509_check_private_key(leaf, key) == 1;
  const bool used = matches && SSL_CTX_use_PrivateKey(context, key) == 1;
  EVP_PKEY_free(key);
  if (!matches) {
    return BadFile("key_file", options.key_file,
                   "is not the key of the certificate in " + options.certificate_file + " (" +
                       SubjectOf(leaf) + "); give the two that belong together");
  }
  if (!used) return BadFile("key_file", options.key_file, "cannot be used: " + ErrorText());
  if (X509_cmp_current_time(X509_get0_notAfter(leaf)) < 0) {
    *warning = "the certificate in " + options.certificate_file + " (" + SubjectOf(leaf) +
               ") expired at " + TimeText(X509_get0_notAfter(leaf)) +
               ": peers will not accept it; renew it";
  }
  return {};
}

int Verify(int ok, X509_STORE_CTX* store) {
  if (ok != 1) {
    const auto* ssl =
        static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    if (TlsSession* session = TlsSession::Of(ssl)) Note(store, session->verification());
  }
  return ok;
}

bool Offers(std::string_view offered, std::string_view protocol) {
  while (!offered.empty()) {
    const size_t size = static_cast<uint8_t>(offered[0]);
    if (offered.substr(1, size) == protocol) return true;
    offered.remove_prefix(std::min(offered.size(), size + 1));
  }
  return false;
}

// Browsers and curl offer both versions of HTTP, gRPC only the second: who offers the first gets it.
int SelectProtocol(SSL*, const unsigned char** out, unsigned char* out_size,
                   const unsigned char* in, unsigned in_size, void*) {
  const std::string_view offered(reinterpret_cast<const char*>(in), in_size);
  for (const std::string_view protocol : {"polycall", "http/1.1", "h2"}) {
    if (!Offers(offered, protocol)) continue;
    *out = reinterpret_cast<const unsigned char*>(protocol.data());
    *out_size = static_cast<unsigned char>(protocol.size());
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

base::Status CheckOptions(const TlsOptions& options, bool server) {
  if (options.certificate_file.empty() != options.key_file.empty()) {
    return base::InvalidArgument(
        "tls certificate_file and key_file belong together; give both or none");
  }
  if (!server) return {};
  if (options.certificate_file.empty()) {
    return base::InvalidArgument("a server needs tls certificate_file and key_file");
  }
  if ((options.flags & POLYCALL_TLS_REQUIRE_CLIENT_CERTIFICATE) != 0 && options.ca_file.empty()) {
    return base::InvalidArgument(
        "a server that requires client certificates needs tls ca_file: the authority of those");
  }
  return {};
}

}  // namespace

base::Status MakeSslContext(const TlsOptions& options, bool server, Owned<SSL_CTX>* out,
                            std::string* warning) {
  if (base::Status status = CheckOptions(options, server); !status.ok()) return status;
  Owned<SSL_CTX> context(SSL_CTX_new(server ? TLS_server_method() : TLS_client_method()));
  SSL_CTX* raw = context.get();
  const bool old = (options.flags & POLYCALL_TLS_ALLOW_1_2) != 0;
  if (raw == nullptr ||
      SSL_CTX_set_min_proto_version(raw, old ? TLS1_2_VERSION : TLS1_3_VERSION) != 1 ||
      SSL_CTX_set_ciphersuites(raw, kCiphers13) != 1 ||
      SSL_CTX_set_cipher_list(raw, kCiphers12) != 1) {
    return base::Internal("OpenSSL cannot be set up: " + ErrorText());
  }
  SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
  // Connections live long: sessions are not resumed, and no record follows the handshake by itself.
  SSL_CTX_set_num_tickets(raw, 0);
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_keylog_callback(raw, [](const SSL* ssl, const char* line) {
    if (TlsSession* session = TlsSession::Of(ssl)) session->OnSecret(line);
  });
  if (base::Status status = LoadAuthorities(options, server, raw); !status.ok()) return status;
  if (!options.certificate_file.empty()) {
    if (base::Status status = LoadOwn(options, raw, warning); !status.ok()) return status;
  }
  if (server) {
    int mode = options.ca_file.empty() ? SSL_VERIFY_NONE : SSL_VERIFY_PEER;
    if ((options.flags & POLYCALL_TLS_REQUIRE_CLIENT_CERTIFICATE) != 0) {
      mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    }
    SSL_CTX_set_verify(raw, mode, Verify);
    SSL_CTX_set_alpn_select_cb(raw, SelectProtocol, nullptr);
  } else {
    SSL_CTX_set_verify(raw, SSL_VERIFY_PEER, Verify);
  }
  *out = std::move(context);
  return {};
}

}  // namespace polycall::transport::tls
