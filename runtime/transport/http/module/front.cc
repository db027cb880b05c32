#include "transport/http/module/front.h"

#include <charconv>

#include "polycall/polycall.h"
#include "transport/http/module/gzip.h"
#include "transport/http/module/text.h"

namespace polycall::transport::http {
namespace {

constexpr size_t kWorthGzip = 1024;

// "application/json; charset=utf-8" is "application/json".
std::string MediaType(std::string_view header) {
  return Lower(Trim(header.substr(0, header.find(';'))));
}

// The value of `name` in a query, decoded; empty if it is not there.
std::string QueryValue(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const size_t end = std::min(query.find('&'), query.size());
    const std::string_view item = query.substr(0, end);
    const size_t equals = item.find('=');
    if (item.substr(0, equals) == name && equals != std::string_view::npos) {
      return DecodeUrl(item.substr(equals + 1), true).value_or("");
    }
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return {};
}

// A browser names the page that asks. Pages of other places are not answered: no call of theirs that a
// browser would let through without asking first gets here.
bool SameOrigin(const Request& request) {
  const std::string_view origin = request.Header("origin");
  if (origin.empty()) return true;
  const size_t scheme = origin.find("://");
  return scheme != std::string_view::npos && origin.substr(scheme + 3) == request.Header("host");
}

Response NotAllowed(std::string_view allowed, std::string_view why) {
  Response response = HttpError(405, POLYCALL_UNIMPLEMENTED, why);
  response.headers.emplace_back("Allow", allowed);
  return response;
}

Response BadRequest(std::string_view why) { return ErrorResponse(POLYCALL_INVALID_ARGUMENT, why); }

// Empty: fine. Milliseconds, at most ten digits.
std::string ParseTimeout(std::string_view text, int64_t* timeout_ns) {
  if (text.empty()) return {};
  uint64_t milliseconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), milliseconds);
  if (error != std::errc() || end != text.data() + text.size() || text.size() > 10) {
    return "the header Connect-Timeout-Ms takes milliseconds, at most ten digits";
  }
  *timeout_ns = static_cast<int64_t>(milliseconds) * 1'000'000;
  if (milliseconds == 0) *timeout_ns = 1;
  return {};
}

}  // namespace

Front::Front(std::unique_ptr<Site> site)
    : site_(std::move(site)), codec_(NewJsonCodec(site_.get())) {}

bool Front::Answer(const Request& request, Response* response, CallStart* start,
                   CallContext* context) {
  if (!SameOrigin(request)) {
    *response = HttpError(
        403, POLYCALL_PERMISSION_DENIED,
        "pages of other origins may not call this server; serve the page from here, or put "
        "a proxy in front that allows them");
    return false;
  }
  const bool page = request.path == "/" || request.path == "/health" ||
                    request.path == "/capabilities" || request.path == "/metrics" ||
                    request.path == "/status.json";
  if (request.verb == "OPTIONS") {
    response->status = 204;
    response->headers.emplace_back("Allow", page ? "GET, HEAD, OPTIONS" : "GET, POST, OPTIONS");
    return false;
  }
  if (page && !request.reads()) {
    *response = NotAllowed("GET, HEAD, OPTIONS", request.path + " is read with GET");
  } else if (request.path == "/") {
    StatusPage(*site_, response);
  } else if (request.path == "/health") {
    HealthPage(*site_, request, response);
  } else if (request.path == "/capabilities") {
    CapabilitiesPage(*site_, response);
  } else if (request.path == "/metrics") {
    MetricsPage(*site_, response);
  } else if (request.path == "/status.json") {
    StatusData(*site_, response);
  } else {
    return AnswerMethod(request, response, start, context);
  }
  return false;
}

bool Front::AnswerMethod(const Request& request, Response* response, CallStart* start,
                         CallContext* context) {
  const auto fail = [response](Response error) {
    *response = std::move(error);
    return false;
  };
  const std::string_view path = std::string_view(request.path).substr(1);
  const call::MethodSpec* method = site_->FindMethod(path);
  if (method == nullptr) {
    return fail(HttpError(404, POLYCALL_UNIMPLEMENTED,
                          "this server has no method " + std::string(path) +
                              "; GET /capabilities lists what it has"));
  }
  const MethodCodec* codec = codec_->Find(*method);
  const bool get = request.verb == "GET";
  if (get && (codec == nullptr || !codec->no_side_effects())) {
    return fail(NotAllowed("POST, OPTIONS", method->path +
                                                " is called with POST: its .proto does not say "
                                                "idempotency_level = NO_SIDE_EFFECTS"));
  }
  if (!get && request.verb != "POST") {
    return fail(NotAllowed("POST, OPTIONS", "methods are called with POST"));
  }
  if (method->kind != POLYCALL_UNARY) {
    return fail(HttpError(415, POLYCALL_UNIMPLEMENTED,
                          method->path +
                              " is a stream; over HTTP/1.1 there are unary calls. Use gRPC "
                              "or PolyCall's own protocol"));
  }
  const std::string type = get ? "application/" + QueryValue(request.query, "encoding")
                               : MediaType(request.Header("content-type"));
  if (type != "application/json" && type != "application/proto") {
    Response error = HttpError(415, POLYCALL_INVALID_ARGUMENT,
                               get ? "say ?encoding=json or ?encoding=proto"
                                   : "send Content-Type: application/json or application/proto");
    error.headers.emplace_back("Accept-Post", "application/json, application/proto");
    return fail(std::move(error));
  }
  if (const std::string_view version = request.Header("connect-protocol-version");
      !version.empty() && version != "1") {
    return fail(BadRequest("Connect-Protocol-Version is 1 here"));
  }
  if (std::string bad = ParseTimeout(request.Header("connect-timeout-ms"), &start->timeout_ns);
      !bad.empty()) {
    return fail(BadRequest(bad));
  }
  if (std::string bad = MetadataOf(request.headers, site_->max_metadata_size(), &start->metadata);
      !bad.empty()) {
    const bool large = bad.find("max_metadata_size") != std::string::npos;
    return fail(large ? HttpError(431, POLYCALL_RESOURCE_EXHAUSTED, bad) : BadRequest(bad));
  }
  std::string body = get ? QueryValue(request.query, "message") : request.body;
  if (get && QueryValue(request.query, "base64") == "1") {
    auto decoded = DecodeBase64(body);
    if (!decoded) return fail(BadRequest("?message= is no base64"));
    body = *std::move(decoded);
  }
  const std::string coding =
      get ? QueryValue(request.query, "compression") : Lower(request.Header("content-encoding"));
  if (coding == "gzip") {
    std::string inflated;
    const Inflated result = Gunzip(body, site_->max_message_size(), &inflated);
    if (result == Inflated::kBad) return fail(BadRequest("the body is no gzip, though it says so"));
    if (result == Inflated::kTooLarge) {
      return fail(HttpError(413, POLYCALL_RESOURCE_EXHAUSTED,
                            "the inflated body is larger than max_message_size"));
    }
    body = std::move(inflated);
  } else if (!coding.empty() && coding != "identity") {
    return fail(
        HttpError(415, POLYCALL_UNIMPLEMENTED, "Content-Encoding is gzip or identity here"));
  }
  if (type == "application/json") {
    if (codec == nullptr) {
      return fail(HttpError(415, POLYCALL_UNIMPLEMENTED,
                            "this server has no .proto of " + method->service +
                                " to read JSON by; send application/proto"));
    }
    if (body.empty()) body = "{}";
    if (std::string bad = codec->ToBytes(body, &start->request); !bad.empty()) {
      return fail(BadRequest("the body is no " + codec->request_type() + ": " + bad));
    }
    context->codec = codec;
  } else {
    start->request = std::move(body);
  }
  context->method = start->method = method;
  context->gzip = ListHas(request.Header("accept-encoding"), "gzip");
  return true;
}

void Front::AnswerCall(const CallContext& context, const CallEnd& end, Response* response) {
  if (end.code != POLYCALL_OK) {
    *response = ErrorResponse(end.code, end.message, end.details);
  } else if (context.codec == nullptr) {
    response->type = "application/proto";
    response->body = end.response;
  } else {
    response->type = "application/json";
    if (const std::string bad = context.codec->ToJson(std::string(end.response), &response->body);
        !bad.empty()) {
      *response =
          ErrorResponse(POLYCALL_INTERNAL, "the response cannot be written as JSON: " + bad);
    }
  }
  if (end.initial != nullptr) AddMetadataHeaders(*end.initial, "", &response->headers);
  if (end.trailing != nullptr) AddMetadataHeaders(*end.trailing, "trailer-", &response->headers);
  if (context.gzip && response->status == 200 && response->body.size() >= kWorthGzip) {
    std::string packed;
    if (Gzip(response->body, &packed)) {
      response->body = std::move(packed);
      response->headers.emplace_back("Content-Encoding", "gzip");
    }
    response->headers.emplace_back("Vary", "Accept-Encoding");
  }
}

}  // namespace polycall::transport::http
