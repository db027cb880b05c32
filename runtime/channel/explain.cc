// What a channel knows of its last connection attempt, as JSON.
#include <cstdio>

#include "channel/channel.h"

namespace polycall::channel {
namespace {

std::string Quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escaped[8];
      snprintf(escaped, sizeof(escaped), "\\u%04x", c);
      out += escaped;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

const char* StateName(polycall_channel_state state) {
  switch (state) {
    case POLYCALL_CHANNEL_IDLE:
      return "idle";
    case POLYCALL_CHANNEL_CONNECTING:
      return "connecting";
    case POLYCALL_CHANNEL_READY:
      return "ready";
    case POLYCALL_CHANNEL_TRANSIENT_FAILURE:
      return "transient_failure";
  }
  return "unknown";
}

}  // namespace

std::string Channel::Explain() {
  const polycall_channel_state now = state();
  base::MutexLock lock(mutex_);
  const bool ready = now == POLYCALL_CHANNEL_READY;
  std::string json = "{\"target\":" + Quote(options_.target_text) + ",\"state\":\"" +
                     StateName(now) +
                     "\",\"transport\":" + (ready ? Quote(last_.transport) : "null") +
                     ",\"address\":" + (ready ? Quote(last_.address) : "null") +
                     ",\"peer\":" + (ready ? Quote(last_.accept.server_name) : "null") +
                     ",\"peer_version\":" + (ready ? std::to_string(last_.accept.version) : "null");
  if (!last_error_.ok()) {
    json += ",\"error\":{\"code\":" + Quote(polycall_code_name(last_error_.code())) +
            ",\"message\":" + Quote(last_error_.message()) + "}";
  }
  json += ",\"offers\":[";
  const char* separator = "";
  for (const negotiation::Attempt& attempt : last_.attempts) {
    json += separator;
    json += "{\"transport\":" + Quote(attempt.transport) +
            ",\"address\":" + Quote(attempt.address) +
            ",\"chosen\":" + (attempt.chosen ? "true" : "false") +
            ",\"reason\":" + Quote(attempt.reason) + "}";
    separator = ",";
  }
  json += "],\"services\":[";
  separator = "";
  for (const negotiation::ServiceInfo& service : last_.accept.services) {
    char fingerprint[20];
    snprintf(fingerprint, sizeof(fingerprint), "%016llx",
             static_cast<unsigned long long>(service.fingerprint));
    json += separator;
    json += "{\"name\":" + Quote(service.name) +
            ",\"methods\":" + std::to_string(service.methods.size()) + ",\"fingerprint\":\"" +
            fingerprint + "\"}";
    separator = ",";
  }
  json += "],\"handshake_us\":" + std::to_string(last_.handshake_ns / 1000) + "}";
  return json;
}

}  // namespace polycall::channel
