// HttpSession: reads the requests of one connection and writes their answers.
#ifndef POLYCALL_TRANSPORT_HTTP_MODULE_SESSION_H_
#define POLYCALL_TRANSPORT_HTTP_MODULE_SESSION_H_

#include <http_parser.h>

#include <string>

#include "transport/http/module/front.h"

namespace polycall::transport::http {

inline constexpr uint32_t kMaxHeaderBytes = 16 * 1024;

class HttpSession final : public Session {
 public:
  explicit HttpSession(Front* front);
  Step Take(std::string_view bytes, size_t* taken, std::string* out, CallStart* start) override;
  void OnEnd(const CallEnd& end, std::string* out) override;
  bool closing() const override { return closing_; }
  void Drain() override { draining_ = true; }
  bool in_request() const override { return in_request_; }
  uint64_t body_received() const override { return request_.body.size(); }

 private:
  int OnField(std::string_view part);
  int OnValue(std::string_view part);
  int OnHeadersComplete();
  int OnBody(std::string_view part);
  int OnComplete();
  // Refuses the request, whatever else it says; the connection ends after it.
  int Refuse(Response response);
  Response ParseFailure();
  void Write(const Response& response, std::string* out);
  bool SplitTarget();

  Front* const front_;
  http_parser parser_;
  http_parser_settings settings_;
  Request request_;
  std::string target_;
  bool value_last_ = true;  // the last piece of a header was of its value
  bool in_request_ = false;
  bool complete_ = false;
  bool wants_continue_ = false;
  bool refused_ = false;
  bool closing_ = false;
  bool draining_ = false;
  Response refusal_;
  CallContext context_;
};

}  // namespace polycall::transport::http

#endif  // POLYCALL_TRANSPORT_HTTP_MODULE_SESSION_H_
