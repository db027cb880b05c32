#include "transport/stream/handover.h"

#include "transport/grpc/grpc_server_connection.h"
#include "transport/http/http_listener.h"
#include "transport/tls/take_tls.h"

namespace polycall::transport {
namespace {

// Bytes that nobody read make a closing TCP socket send a reset, which may overtake the farewell.
constexpr size_t kDrained = 64 * 1024;

}  // namespace

void Refuse(Handover connection, std::string_view why, std::string_view farewell) {
  connection.acceptor->ProtocolError(connection.peer, why);
  if (!farewell.empty()) {
    char dropped[4096];
    for (size_t total = 0; total < kDrained;) {
      const ssize_t got = connection.stream->Read(dropped, sizeof(dropped));
      if (got <= 0) break;
      total += static_cast<size_t>(got);
    }
    [[maybe_unused]] const ssize_t sent =
        connection.stream->WriteOne(farewell.data(), farewell.size());
  }
  connection.stream->Shutdown();
  connection.stream = nullptr;
  connection.acceptor->ConnectionClosed();
}

void HandOver(Protocol protocol, Handover connection) {
  switch (protocol) {
    case Protocol::kHttp1:
      return http::TakeHttp(std::move(connection));
    case Protocol::kHttp2:
      return TakeHttp2(std::move(connection));
    case Protocol::kTls: {
      if (connection.acceptor->tls().given) return tls::TakeTls(std::move(connection));
      // The alert handshake_failure, fatal.
      constexpr char kAlert[] = "\x15\x03\x01\x00\x02\x02\x28";
      return Refuse(
          std::move(connection),
          "the peer speaks TLS, and this server has no certificate: set the server's option tls",
          {kAlert, sizeof(kAlert) - 1});
    }
    case Protocol::kMore:
    case Protocol::kNative:
    case Protocol::kUnknown:
      break;
  }
  Refuse(std::move(connection), "the peer speaks nothing that this server knows", "");
}

}  // namespace polycall::transport
