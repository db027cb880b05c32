// GET /health and GET /capabilities.
#include "polycall/polycall.h"
#include "transport/http/module/front.h"
#include "transport/http/module/text.h"

namespace polycall::transport::http {
namespace {

// grpc.health.v1's names.
const char* HealthName(int state) {
  switch (state) {
    case 1:
      return "SERVING";
    case 2:
      return "NOT_SERVING";
    case 3:
      return "SERVICE_UNKNOWN";
    default:
      return "UNKNOWN";
  }
}

const char* KindName(int32_t kind) {
  switch (kind) {
    case POLYCALL_UNARY:
      return "unary";
    case POLYCALL_CLIENT_STREAMING:
      return "client_streaming";
    case POLYCALL_SERVER_STREAMING:
      return "server_streaming";
    default:
      return "bidi_streaming";
  }
}

std::string List(const std::vector<std::string>& texts) {
  std::string list;
  for (const std::string& text : texts) list += (list.empty() ? "" : ",") + JsonString(text);
  return "[" + list + "]";
}

}  // namespace

// ?service=pkg.Service asks for one; none asks for the server.
void HealthPage(Site& site, const Request& request, Response* response) {
  ServerReport report;
  site.Report(&report);
  response->type = "application/json";
  int state = report.serving ? 1 : 2;
  constexpr std::string_view kService = "service=";
  if (request.query.starts_with(kService)) {
    const auto name = DecodeUrl(std::string_view(request.query).substr(kService.size()), true);
    const auto found = report.health.find(name.value_or(""));
    state = found != report.health.end() ? found->second : 3;
    response->status = state == 1 ? 200 : state == 3 ? 404 : 503;
  } else {
    response->status = report.serving ? 200 : 503;
  }
  response->body = std::string("{\"status\":\"") + HealthName(state) + "\"}\n";
}

void CapabilitiesPage(Site& site, Response* response) {
  ServerReport report;
  site.Report(&report);
  std::string body = "{\"name\":" + JsonString(report.name) +
                     ",\"version\":" + JsonString(report.version) +
                     ",\"protocol_version\":1,\"transports\":" + List(report.transports) +
                     ",\"addresses\":" + List(report.addresses) + ",\"services\":[";
  std::string service;
  for (const MethodReport& entry : report.methods) {
    const call::MethodSpec& method = *entry.method;
    if (method.service != service) {
      body += std::string(service.empty() ? "" : "]},") +
              "{\"name\":" + JsonString(method.service) + ",\"status\":\"" +
              HealthName(report.health[method.service]) +
              "\",\"json\":" + (site.FileDescriptorSet(method.service).empty() ? "false" : "true") +
              ",\"built_in\":" + (entry.built_in ? "true" : "false") + ",\"methods\":[";
      service = method.service;
    } else {
      body += ",";
    }
    body += "{\"name\":" + JsonString(method.method) + ",\"kind\":\"" + KindName(method.kind) +
            "\",\"idempotent\":" +
            ((method.flags & POLYCALL_METHOD_IDEMPOTENT) != 0 ? "true" : "false") + "}";
  }
  if (!service.empty()) body += "]}";
  body += "],\"limits\":{";
  bool first = true;
  for (const auto& [name, value] : site.limits()) {
    body += (first ? "\"" : ",\"") + name + "\":" + std::to_string(value);
    first = false;
  }
  response->type = "application/json";
  response->body = body + "}}\n";
}

}  // namespace polycall::transport::http
