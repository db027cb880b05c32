#include "negotiation/target.h"

#include <algorithm>

namespace polycall::negotiation {
namespace {

constexpr char kForms[] =
    "write inproc:name, unix:/path, tcp://host:port or host:port (tls://, grpc:// and grpcs:// go "
    "like tcp://)";

// "tcp" and every other transport that is named by a scheme before "://".
bool IsScheme(std::string_view name) {
  return name != "inproc" && name != "unix" && transport::FindTransport(name) != nullptr;
}

}  // namespace

base::Status ParseTarget(std::string_view text, Target* out) {
  const auto bad = [&](std::string_view why) {
    return base::InvalidArgument("\"" + std::string(text) + "\" is no target: " + std::string(why) +
                                 "; " + kForms);
  };
  if (text.empty()) return bad("it is empty");
  if (text.find('\0') != std::string_view::npos) return bad("it contains a NUL byte");
  const auto scheme = [&](std::string_view prefix, const char* transport) {
    if (!text.starts_with(prefix)) return false;
    out->transport = transport;
    out->address = text.substr(prefix.size());
    return true;
  };
  const size_t separator = text.find("://");
  if (scheme("inproc:", "inproc") || scheme("unix:", "unix")) {
  } else if (separator != std::string_view::npos && IsScheme(text.substr(0, separator))) {
    out->transport = text.substr(0, separator);
    out->address = text.substr(separator + 3);
  } else {
    if (separator != std::string_view::npos) {
      return bad("there is no transport \"" + std::string(text.substr(0, separator)) + "\"");
    }
    if (text.find(':') == std::string_view::npos) return bad("it names no transport and no port");
    out->transport.clear();
    out->address = text;
  }
  const transport::Transport* transport =
      transport::FindTransport(out->transport.empty() ? "tcp" : out->transport);
  if (base::Status checked = transport->CheckAddress(out->address); !checked.ok()) {
    return bad(checked.message());
  }
  return {};
}

Limits ToWire(const transport::Limits& own) {
  Limits limits;
  limits.max_message_size = own.max_message_size;
  limits.max_metadata_size = own.max_metadata_size;
  limits.max_calls = own.max_calls;
  limits.call_window = own.call_window;
  limits.connection_window = own.connection_window;
  return limits;
}

transport::Agreed Agree(const transport::Limits& own, const Limits& peer) {
  const transport::Limits defaults;
  const auto said = [](auto value, auto fallback) { return value != 0 ? value : fallback; };
  transport::Agreed agreed;
  agreed.receive = own;
  agreed.max_send_message_size =
      std::min<uint64_t>(said(peer.max_message_size, defaults.max_message_size), 0x7FFF0000u);
  agreed.max_send_metadata_size =
      std::min(own.max_metadata_size, said(peer.max_metadata_size, defaults.max_metadata_size));
  agreed.max_calls = std::min(own.max_calls, said(peer.max_calls, defaults.max_calls));
  agreed.send_call_window = said(peer.call_window, defaults.call_window);
  agreed.send_connection_window = said(peer.connection_window, defaults.connection_window);
  return agreed;
}

}  // namespace polycall::negotiation
