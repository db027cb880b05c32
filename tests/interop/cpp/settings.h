// What the runner says about this run by its environment: INTEROP_TRANSPORT, the transport under test, and
// INTEROP_TLS, a folder of certificates (ca, server, client: .pem, .key).
#ifndef POLYCALL_TESTS_INTEROP_CPP_SETTINGS_H_
#define POLYCALL_TESTS_INTEROP_CPP_SETTINGS_H_

#include <polycall/channel.h>
#include <polycall/server.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <string>

namespace interop {

inline std::optional<polycall::TlsOptions> Certificates(const std::string& role) {
  const char* folder = std::getenv("INTEROP_TLS");
  if (folder == nullptr) return std::nullopt;
  const std::string place = std::string(folder) + "/";
  polycall::TlsOptions tls;
  tls.ca_file = place + "ca.pem";
  tls.certificate_file = place + role + ".pem";
  tls.key_file = place + role + ".key";
  tls.require_client_certificate = role == "server";
  return tls;
}

// A channel that may use the transport under test and no other.
inline polycall::StatusOr<std::shared_ptr<polycall::Channel>> OpenChannel(
    const std::string& target) {
  polycall::ChannelOptions options;
  if (const char* transport = std::getenv("INTEROP_TRANSPORT")) {
    options.transports = {transport};
    // Shared memory is reached over a unix socket.
    if (options.transports[0] == "shm") options.transports.push_back("unix");
  }
  options.tls = Certificates("client");
  return polycall::Channel::Create(target, options);
}

inline polycall::ServerOptions ServerSettings() {
  polycall::ServerOptions options;
  options.tls = Certificates("server");
  return options;
}

}  // namespace interop

#endif  // POLYCALL_TESTS_INTEROP_CPP_SETTINGS_H_
