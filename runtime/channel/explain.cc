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

std::string StatusJson(const base::Status& status) {
  return "{\"code\":" + Quote(polycall_code_name(status.code())) +
         ",\"message\":" + Quote(status.message()) + "}";
}

}  // namespace

// What the resolver said, and how each address is doing.
std::string Channel::ResolverJson() {
  std::string json = "{\"resolved\":" + std::string(resolved_ ? "true" : "false");
  if (!resolve_error_.ok()) json += ",\"error\":" + StatusJson(resolve_error_);
  if (!resolution_.unavailable.empty()) {
    json += ",\"unavailable\":" + Quote(resolution_.unavailable);
  }
  if (resolution_.call_time_ns > 0) {
    json += ",\"call_time_ms\":" + std::to_string(resolution_.call_time_ns / base::kMillisecond);
  }
  if (!resolution_.inproc.empty()) {
    json += ",\"inproc\":{\"language\":" + Quote(resolution_.inproc.language) +
            ",\"module\":" + Quote(resolution_.inproc.module) + "}";
  }
  json += ",\"addresses\":[";
  const char* separator = "";
  for (const SubchannelRef& sub : subs_) {
    const bool connected = sub->connection && sub->connection->usable();
    json += separator;
    json += "{\"target\":" + Quote(sub->address.text);
    if (!sub->address.instance.empty()) json += ",\"instance\":" + Quote(sub->address.instance);
    json += ",\"serving\":" + std::string(sub->address.ready ? "true" : "false") +
            ",\"listed\":" + (sub->listed ? "true" : "false") +
            ",\"transport\":" + (connected ? Quote(sub->connection->transport()) : "null");
    if (!connected && !sub->last_error.ok()) json += ",\"error\":" + StatusJson(sub->last_error);
    json += "}";
    separator = ",";
  }
  return json + "]}";
}

std::string Channel::Explain() {
  const polycall_channel_state now = state();
  base::MutexLock lock(mutex_);
  const bool ready = now == POLYCALL_CHANNEL_READY;
  // The attempt that led to the connection in use; without one, the last that failed.
  static const negotiation::Outcome kNone;
  const negotiation::Outcome* last = &kNone;
  for (const SubchannelRef& sub : subs_) {
    if (!sub->connection && last != &kNone) continue;
    last = &sub->last;
    if (sub->connection) break;
  }
  std::string json = "{\"target\":" + Quote(options_.target_text) + ",\"state\":\"" +
                     StateName(now) +
                     "\",\"transport\":" + (ready ? Quote(last->transport) : "null") +
                     ",\"address\":" + (ready ? Quote(last->address) : "null") +
                     ",\"peer\":" + (ready ? Quote(last->accept.server_name) : "null") +
                     ",\"peer_version\":" + (ready ? std::to_string(last->accept.version) : "null");
  if (!last_error_.ok()) json += ",\"error\":" + StatusJson(last_error_);
  json += ",\"offers\":[";
  const char* separator = "";
  for (const negotiation::Attempt& attempt : last->attempts) {
    json += separator;
    json += "{\"transport\":" + Quote(attempt.transport) +
            ",\"address\":" + Quote(attempt.address) +
            ",\"chosen\":" + (attempt.chosen ? "true" : "false") +
            ",\"reason\":" + Quote(attempt.reason) + "}";
    separator = ",";
  }
  json += "],\"services\":[";
  separator = "";
  for (const negotiation::ServiceInfo& service : last->accept.services) {
    char fingerprint[20];
    snprintf(fingerprint, sizeof(fingerprint), "%016llx",
             static_cast<unsigned long long>(service.fingerprint));
    json += separator;
    json += "{\"name\":" + Quote(service.name) +
            ",\"methods\":" + std::to_string(service.methods.size()) + ",\"fingerprint\":\"" +
            fingerprint + "\"}";
    separator = ",";
  }
  json += "],\"handshake_us\":" + std::to_string(last->handshake_ns / 1000) +
          ",\"balancing\":" + Quote(balancer_->name()) + ",\"rewired\":" + std::to_string(rewired_);
  if (resolver_) json += ",\"resolver\":" + ResolverJson();
  return json + "}";
}

}  // namespace polycall::channel
