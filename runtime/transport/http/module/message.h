// One HTTP request as it was read, and what it is answered with.
#ifndef POLYCALL_TRANSPORT_HTTP_MODULE_MESSAGE_H_
#define POLYCALL_TRANSPORT_HTTP_MODULE_MESSAGE_H_

#include <string>
#include <string_view>

#include "transport/http/http_module.h"

namespace polycall::transport::http {

struct Request {
  std::string verb;   // "GET"
  std::string path;   // decoded
  std::string query;  // as it came
  Headers headers;    // names in lower case
  std::string body;
  bool keep_alive = true;

  bool reads() const { return verb == "GET" || verb == "HEAD"; }
  // The first header of that name; empty: none.
  std::string_view Header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
      if (key == name) return value;
    }
    return {};
  }
};

struct Response {
  int status = 200;
  std::string type;  // Content-Type
  Headers headers;
  std::string body;
};

}  // namespace polycall::transport::http

#endif  // POLYCALL_TRANSPORT_HTTP_MODULE_MESSAGE_H_
