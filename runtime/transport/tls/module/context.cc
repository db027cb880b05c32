#include "transport/tls/module/context.h"

#include <arpa/inet.h>
#include <openssl/err.h>

#include <utility>

#include "transport/tls/module/session.h"

namespace polycall::transport::tls {

TlsContext::Stamps TlsContext::Look() const {
  Stamps stamps;
  const std::string* files[] = {&options_.ca_file, &options_.certificate_file, &options_.key_file};
  for (size_t i = 0; i < stamps.size(); ++i) {
    struct stat info;
    if (files[i]->empty() || stat(files[i]->c_str(), &info) != 0) continue;
    stamps[i] = {info.st_dev, info.st_ino, info.st_size,
                 static_cast<int64_t>(info.st_mtim.tv_sec) * 1'000'000'000 + info.st_mtim.tv_nsec};
  }
  return stamps;
}

base::Status TlsContext::Refresh() {
  // Looked at before they are read: what changes meanwhile is read again the next time.
  const Stamps stamps = Look();
  const std::lock_guard lock(mutex_);
  if (current_ != nullptr && (stamps == loaded_ || stamps == failed_)) return {};
  Owned<SSL_CTX> fresh;
  std::string warning;
  base::Status status = MakeSslContext(options_, server_, &fresh, &warning);
  if (!warning.empty()) log_(POLYCALL_LOG_WARNING, warning);
  if (!status.ok()) {
    failed_ = stamps;
    if (current_ == nullptr) return status;
    log_(POLYCALL_LOG_ERROR,
         "TLS files changed, but " + std::string(status.message()) + "; the old ones stay in use");
    return {};
  }
  if (current_ != nullptr) {
    log_(POLYCALL_LOG_INFO, "TLS files changed: new connections use the new ones");
  }
  current_ = std::move(fresh);
  loaded_ = failed_ = stamps;
  return {};
}

base::Status TlsContext::NewSsl(Owned<SSL>* out) {
  if (base::Status status = Refresh(); !status.ok()) return status;
  const std::lock_guard lock(mutex_);
  out->reset(SSL_new(current_.get()));
  if (*out == nullptr)
    return base::ResourceExhausted("OpenSSL cannot make a session: " + ErrorText());
  return {};
}

base::Status TlsContext::Connect(int fd, std::string_view host, std::string_view peer,
                                 std::string_view protocol, std::unique_ptr<Session>* out) {
  Owned<SSL> ssl;
  if (base::Status status = NewSsl(&ssl); !status.ok()) return status;
  const std::string name(options_.server_name.empty() ? host : options_.server_name);
  unsigned char address[sizeof(in6_addr)];
  const bool numeric = inet_pton(AF_INET, name.c_str(), address) == 1 ||
                       inet_pton(AF_INET6, name.c_str(), address) == 1;
  X509_VERIFY_PARAM* check = SSL_get0_param(ssl.get());
  X509_VERIFY_PARAM_set_hostflags(check, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  // SNI is for names alone.
  const bool set = numeric ? X509_VERIFY_PARAM_set1_ip_asc(check, name.c_str()) == 1
                           : X509_VERIFY_PARAM_set1_host(check, name.c_str(), name.size()) == 1 &&
                                 SSL_set_tlsext_host_name(ssl.get(), name.c_str()) == 1;
  if (!set || name.empty()) {
    ERR_clear_error();
    return base::InvalidArgument("\"" + name + "\" is no name that a certificate could have");
  }
  const std::string offered = static_cast<char>(protocol.size()) + std::string(protocol);
  SSL_set_alpn_protos(ssl.get(), reinterpret_cast<const unsigned char*>(offered.data()),
                      static_cast<unsigned>(offered.size()));
  SSL_set_connect_state(ssl.get());
  const bool has_certificate = !options_.certificate_file.empty();
  *out = std::make_unique<TlsSession>(fd, std::move(ssl),
                                      Ends{false, std::string(peer), name, has_certificate});
  return {};
}

base::Status TlsContext::Accept(int fd, std::string_view peer, std::unique_ptr<Session>* out) {
  Owned<SSL> ssl;
  if (base::Status status = NewSsl(&ssl); !status.ok()) return status;
  SSL_set_accept_state(ssl.get());
  *out = std::make_unique<TlsSession>(fd, std::move(ssl), Ends{true, std::string(peer), "", true});
  return {};
}

}  // namespace polycall::transport::tls
