#include "foreign_peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>

namespace polycall::testing_tls {

ForeignPeer::ForeignPeer(const std::string& target, const TlsFiles& files,
                         const ForeignOptions& options)
    : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      context_(SSL_CTX_new(TLS_client_method())) {
  const timeval patience = {60, 0};
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  SSL_CTX_set_max_proto_version(context_, options.version);
  SSL_CTX_load_verify_file(context_, files.authority().c_str());
  SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
  if (options.ciphers != nullptr) SSL_CTX_set_ciphersuites(context_, options.ciphers);
  if (!options.certificate.empty()) {
    SSL_CTX_use_certificate_chain_file(context_, files.certificate(options.certificate).c_str());
    SSL_CTX_use_PrivateKey_file(context_, files.key(options.certificate).c_str(), SSL_FILETYPE_PEM);
  }
  std::string offered;
  std::istringstream names(options.protocols);
  for (std::string name; std::getline(names, name, ',');) {
    offered += static_cast<char>(name.size()) + name;
  }
  SSL_CTX_set_alpn_protos(context_, reinterpret_cast<const unsigned char*>(offered.data()),
                          static_cast<unsigned>(offered.size()));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(std::stoi(target.substr(target.rfind(':') + 1))));
  ssl_ = SSL_new(context_);
  SSL_set_fd(ssl_, fd_);
  ok_ = connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0 &&
        SSL_connect(ssl_) == 1;
}

ForeignPeer::~ForeignPeer() {
  SSL_free(ssl_);
  SSL_CTX_free(context_);
  close(fd_);
}

std::string ForeignPeer::protocol() const {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_, &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

bool ForeignPeer::Write(std::string_view bytes) {
  return SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())) ==
         static_cast<int>(bytes.size());
}

std::string ForeignPeer::Read(size_t size) {
  std::string all;
  while (all.size() < size) {
    char part[16384];
    const int got =
        SSL_read(ssl_, part, static_cast<int>(std::min(sizeof(part), size - all.size())));
    if (got <= 0) break;
    all.append(part, static_cast<size_t>(got));
  }
  return all;
}

}  // namespace polycall::testing_tls
