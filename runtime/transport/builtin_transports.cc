// The one list of transports, best first.
#include <algorithm>
#include <cstring>

#include "transport/grpc/grpc_transport.h"
#include "transport/inproc/inproc_transport.h"
#include "transport/stream/stream_transports.h"
#include "transport/tls/tls_transport.h"
#include "transport/transport.h"

namespace polycall::transport {

const std::vector<Transport*>& BuiltinTransports() {
  static const auto* all =
      new std::vector<Transport*>{InprocTransport(), UnixTransport(), TcpTransport(),
                                  TlsTransport(),    GrpcTransport(), GrpcsTransport()};
  return *all;
}

Transport* FindTransport(std::string_view name) {
  for (Transport* transport : BuiltinTransports()) {
    if (name == transport->name()) return transport;
  }
  return nullptr;
}

TlsOptions TlsOptions::FromAbi(const polycall_tls_options* abi) {
  TlsOptions options;
  if (abi == nullptr) return options;
  polycall_tls_options copy = POLYCALL_TLS_OPTIONS_INIT;
  memcpy(&copy, abi, std::min(abi->struct_size, sizeof(copy)));
  const auto text = [](const char* from) { return std::string(from != nullptr ? from : ""); };
  options.given = true;
  options.ca_file = text(copy.ca_file);
  options.certificate_file = text(copy.certificate_file);
  options.key_file = text(copy.key_file);
  options.server_name = text(copy.server_name);
  options.flags = copy.flags;
  return options;
}

Limits Limits::FromAbi(const polycall_limits& abi) {
  Limits limits;
  const auto set = [](auto* field, auto value) {
    if (value != 0) *field = value;
  };
  set(&limits.max_message_size, abi.max_message_size);
  set(&limits.max_metadata_size, abi.max_metadata_size);
  set(&limits.max_calls, abi.max_calls_per_connection);
  set(&limits.max_connections, abi.max_connections);
  set(&limits.call_window, abi.call_window);
  set(&limits.connection_window, abi.connection_window);
  set(&limits.max_pending_calls, abi.max_pending_calls);
  set(&limits.handshake_timeout_ns, abi.handshake_timeout_ns);
  set(&limits.idle_timeout_ns, abi.idle_timeout_ns);
  set(&limits.keepalive_interval_ns, abi.keepalive_interval_ns);
  set(&limits.keepalive_timeout_ns, abi.keepalive_timeout_ns);
  if (limits.max_calls > 65536) limits.max_calls = 65536;
  // Sizes travel as 32-bit numbers.
  if (limits.max_message_size > 0x7FFF0000u) limits.max_message_size = 0x7FFF0000u;
  return limits;
}

}  // namespace polycall::transport
