// What a channel knows of its last connection attempt, as JSON.
#include <cstdio>

#include "channel/channel.h"
#include "channel/cost.h"

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

std::string Microseconds(int64_t ns) {
  char text[32];
  snprintf(text, sizeof(text), "%.1f", static_cast<double>(ns) / 1000);
  return text;
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
    const bool connected = sub->connected();
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

const negotiation::Outcome* Channel::Explained() {
  // The attempt that led to the connection in use; without one, the last that failed.
  static const negotiation::Outcome kNone;
  const negotiation::Outcome* last = &kNone;
  for (const SubchannelRef& sub : subs_) {
    if (!sub->connection && last != &kNone) continue;
    last = &sub->last;
    if (sub->connection) break;
  }
  return last;
}

// Of the attempts that `explain` tells of, in their order; -1: not tried, or it cannot be told.
std::vector<int64_t> Channel::Costs() {
  std::vector<negotiation::Attempt> attempts;
  {
    base::MutexLock lock(mutex_);
    attempts = Explained()->attempts;
  }
  std::vector<int64_t> costs;
  for (const negotiation::Attempt& attempt : attempts) {
    costs.push_back(attempt.tried ? MeasureCost(attempt, options_.limits, options_.tls) : -1);
  }
  return costs;
}

std::string Channel::Explain() {
  const polycall_channel_state now = state();
  const std::vector<int64_t> costs = Costs();
  base::MutexLock lock(mutex_);
  const bool ready = now == POLYCALL_CHANNEL_READY;
  const negotiation::Outcome* last = Explained();
  std::string json = "{\"target\":" + Quote(options_.target_text) + ",\"state\":\"" +
                     StateName(now) +
                     "\",\"transport\":" + (ready ? Quote(last->transport) : "null") +
                     ",\"address\":" + (ready ? Quote(last->address) : "null") +
                     ",\"peer\":" + (ready ? Quote(last->accept.server_name) : "null") +
                     ",\"peer_version\":" + (ready ? std::to_string(last->accept.version) : "null");
  if (!ready && !last_error_.ok()) json += ",\"error\":" + StatusJson(last_error_);
  json += ",\"offers\":[";
  const char* separator = "";
  for (size_t i = 0; i < last->attempts.size(); ++i) {
    const negotiation::Attempt& attempt = last->attempts[i];
    // They may have become others while the costs were measured.
    const int64_t cost = i < costs.size() ? costs[i] : -1;
    json += separator;
    json += "{\"transport\":" + Quote(attempt.transport) +
            ",\"address\":" + Quote(attempt.address) +
            ",\"chosen\":" + (attempt.chosen ? "true" : "false") +
            ",\"reason\":" + Quote(attempt.reason) +
            ",\"cost_us\":" + (cost < 0 ? "null" : Microseconds(cost)) + "}";
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
