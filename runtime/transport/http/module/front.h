// Front: what a request is answered with: a page, or a call of a method.
#ifndef POLYCALL_TRANSPORT_HTTP_MODULE_FRONT_H_
#define POLYCALL_TRANSPORT_HTTP_MODULE_FRONT_H_

#include <memory>
#include <string>

#include "transport/http/module/json_codec.h"
#include "transport/http/module/message.h"

namespace polycall::transport::http {

// A call that is under way, as far as its answer depends on its request.
struct CallContext {
  const call::MethodSpec* method = nullptr;
  const MethodCodec* codec = nullptr;  // NULL: the answer goes as protobuf
  bool gzip = false;
};

// One per server. Thread-safe.
class Front {
 public:
  explicit Front(std::unique_ptr<Site> site);
  Site& site() { return *site_; }

  // True: `start` is a call to make, with `context` for its answer. False: `response` is the answer.
  bool Answer(const Request& request, Response* response, CallStart* start, CallContext* context);
  void AnswerCall(const CallContext& context, const CallEnd& end, Response* response);

 private:
  bool AnswerMethod(const Request& request, Response* response, CallStart* start,
                    CallContext* context);

  const std::unique_ptr<Site> site_;
  const std::unique_ptr<JsonCodec> codec_;
};

// ---- pages.cc, status_page.cc
void HealthPage(Site& site, const Request& request, Response* response);
void CapabilitiesPage(Site& site, Response* response);
void MetricsPage(Site& site, Response* response);
void StatusPage(Site& site, Response* response);
void StatusData(Site& site, Response* response);  // what the status page's script asks for

// ---- connect.cc: the Connect protocol's unary form (https://connectrpc.com/docs/protocol)
// An error as that protocol writes it; `details` is a google.rpc.Status or empty.
Response ErrorResponse(int32_t code, std::string_view message, std::string_view details = {});
// The same with an HTTP status of its own.
Response HttpError(int status, int32_t code, std::string_view message);
// "invalid_argument"
const char* ConnectCodeName(int32_t code);
// Headers to metadata. Empty: done. Else what is wrong.
std::string MetadataOf(const Headers& headers, size_t most, Headers* metadata);
// Metadata to headers, each name after `prefix`.
void AddMetadataHeaders(const Headers& metadata, std::string_view prefix, Headers* headers);

}  // namespace polycall::transport::http

#endif  // POLYCALL_TRANSPORT_HTTP_MODULE_FRONT_H_
