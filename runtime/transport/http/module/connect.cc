// The Connect protocol's words: codes, errors, metadata.
#include <algorithm>

#include "base/wire.h"
#include "transport/http/module/front.h"
#include "transport/http/module/text.h"

namespace polycall::transport::http {
namespace {

struct Code {
  const char* name;
  int status;
};
constexpr Code kCodes[] = {
    {"ok", 200},
    {"canceled", 499},
    {"unknown", 500},
    {"invalid_argument", 400},
    {"deadline_exceeded", 504},
    {"not_found", 404},
    {"already_exists", 409},
    {"permission_denied", 403},
    {"resource_exhausted", 429},
    {"failed_precondition", 400},
    {"aborted", 409},
    {"out_of_range", 400},
    {"unimplemented", 501},
    {"internal", 500},
    {"unavailable", 503},
    {"data_loss", 500},
    {"unauthenticated", 401},
};

const Code& CodeOf(int32_t code) {
  return kCodes[code >= 0 && code < static_cast<int32_t>(std::size(kCodes)) ? code : 2];
}

// What HTTP itself uses, and what a browser adds: no metadata of the call.
constexpr std::string_view kNoMetadata[] = {"accept",
                                            "accept-charset",
                                            "accept-encoding",
                                            "accept-language",
                                            "cache-control",
                                            "connection",
                                            "content-encoding",
                                            "content-length",
                                            "content-type",
                                            "date",
                                            "dnt",
                                            "expect",
                                            "host",
                                            "if-modified-since",
                                            "if-none-match",
                                            "keep-alive",
                                            "origin",
                                            "pragma",
                                            "priority",
                                            "proxy-connection",
                                            "referer",
                                            "te",
                                            "trailer",
                                            "transfer-encoding",
                                            "upgrade",
                                            "http2-settings",
                                            "upgrade-insecure-requests",
                                            "vary",
                                            "server",
                                            "location",
                                            "set-cookie",
                                            "access-control-allow-origin"};

bool IsMetadata(std::string_view name) {
  for (const std::string_view prefix : {"connect-", "grpc-", "polycall-", "sec-", "trailer-"}) {
    if (name.starts_with(prefix)) return false;
  }
  return std::find(std::begin(kNoMetadata), std::end(kNoMetadata), name) == std::end(kNoMetadata);
}

// google.rpc.Status { int32 code = 1; string message = 2; repeated google.protobuf.Any details = 3; },
// Any { string type_url = 1; bytes value = 2; }
std::string DetailsJson(std::string_view status) {
  std::string list;
  base::WireReader reader(status);
  while (reader.Next()) {
    if (!reader.Is(3, base::WireType::kBytes)) continue;
    std::string_view url, value;
    base::WireReader any(reader.bytes());
    while (any.Next()) {
      if (any.Is(1, base::WireType::kBytes)) url = any.bytes();
      if (any.Is(2, base::WireType::kBytes)) value = any.bytes();
    }
    if (!any.ok()) break;
    if (!list.empty()) list += ',';
    list += "{\"type\":" + JsonString(url.substr(url.rfind('/') + 1)) + ",\"value\":\"" +
            EncodeBase64(value) + "\"}";
  }
  return reader.ok() ? list : "";
}

}  // namespace

const char* ConnectCodeName(int32_t code) { return CodeOf(code).name; }

Response HttpError(int status, int32_t code, std::string_view message) {
  Response response = ErrorResponse(code, message);
  response.status = status;
  return response;
}

Response ErrorResponse(int32_t code, std::string_view message, std::string_view details) {
  Response response;
  response.status = CodeOf(code).status;
  response.type = "application/json";
  response.body = std::string("{\"code\":\"") + CodeOf(code).name + "\"";
  if (!message.empty()) response.body += ",\"message\":" + JsonString(message);
  if (const std::string list = DetailsJson(details); !list.empty()) {
    response.body += ",\"details\":[" + list + "]";
  }
  response.body += "}";
  return response;
}

std::string MetadataOf(const Headers& headers, size_t most, Headers* metadata) {
  size_t size = 0;
  for (const auto& [name, value] : headers) {
    if (!IsMetadata(name)) continue;
    size += name.size() + value.size();
    if (size > most) return "the headers are larger than max_metadata_size";
    if (!name.ends_with("-bin")) {
      metadata->emplace_back(name, value);
      continue;
    }
    auto bytes = DecodeBase64(value);
    if (!bytes) return "the value of the header " + name + " is no base64";
    metadata->emplace_back(name, *std::move(bytes));
  }
  return {};
}

void AddMetadataHeaders(const Headers& metadata, std::string_view prefix, Headers* headers) {
  for (const auto& [name, value] : metadata) {
    if (prefix.empty() && !IsMetadata(name))
      continue;  // it would change what the answer says of itself
    headers->emplace_back(std::string(prefix) + name,
                          name.ends_with("-bin") ? EncodeBase64(value) : value);
  }
}

}  // namespace polycall::transport::http
