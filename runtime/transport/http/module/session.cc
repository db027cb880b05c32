#include "transport/http/module/session.h"

#include "polycall/polycall.h"
#include "transport/http/module/text.h"

namespace polycall::transport::http {
namespace {

constexpr size_t kMostHeaders = 100;

const char* Reason(int status) {
  switch (status) {
#define REASON(number, name, text) \
  case number:                     \
    return #text;
    HTTP_STATUS_MAP(REASON)
#undef REASON
    case 499:
      return "Client Closed Request";
    default:
      return "Unknown";
  }
}

HttpSession* Of(http_parser* parser) { return static_cast<HttpSession*>(parser->data); }

}  // namespace

HttpSession::HttpSession(Front* front) : front_(front) {
  http_parser_init(&parser_, HTTP_REQUEST);
  parser_.data = this;
  http_parser_settings_init(&settings_);
  settings_.on_message_begin = [](http_parser* parser) {
    Of(parser)->in_request_ = true;
    return 0;
  };
  settings_.on_url = [](http_parser* parser, const char* at, size_t size) {
    Of(parser)->target_.append(at, size);
    return 0;
  };
  settings_.on_header_field = [](http_parser* parser, const char* at, size_t size) {
    return Of(parser)->OnField({at, size});
  };
  settings_.on_header_value = [](http_parser* parser, const char* at, size_t size) {
    return Of(parser)->OnValue({at, size});
  };
  settings_.on_headers_complete = [](http_parser* parser) {
    return Of(parser)->OnHeadersComplete();
  };
  settings_.on_body = [](http_parser* parser, const char* at, size_t size) {
    return Of(parser)->OnBody({at, size});
  };
  settings_.on_message_complete = [](http_parser* parser) { return Of(parser)->OnComplete(); };
}

int HttpSession::Refuse(Response response) {
  refusal_ = std::move(response);
  refused_ = true;
  return -1;
}

int HttpSession::OnField(std::string_view part) {
  if (complete_ || parser_.flags & F_TRAILING)
    return 0;  // trailers of a chunked body say nothing to us
  if (value_last_) {
    if (request_.headers.size() == kMostHeaders) {
      return Refuse(HttpError(431, POLYCALL_RESOURCE_EXHAUSTED, "more than 100 headers"));
    }
    request_.headers.emplace_back();
    value_last_ = false;
  }
  request_.headers.back().first += Lower(part);
  return 0;
}

int HttpSession::OnValue(std::string_view part) {
  value_last_ = true;
  if (parser_.flags & F_TRAILING || request_.headers.empty()) return 0;
  request_.headers.back().second.append(part);
  return 0;
}

bool HttpSession::SplitTarget() {
  std::string_view target = target_;
  if (target == "*" && request_.verb == "OPTIONS") target = "/";
  if (!target.starts_with('/')) {
    // "http://host/path", as proxies get it.
    const size_t scheme = target.find("://");
    if (scheme == std::string_view::npos) return false;
    const size_t slash = target.find('/', scheme + 3);
    target = slash == std::string_view::npos ? "/" : target.substr(slash);
  }
  const size_t question = std::min(target.find('?'), target.size());
  auto path = DecodeUrl(target.substr(0, question), false);
  if (!path || path->find('\0') != std::string::npos) return false;
  request_.path = *std::move(path);
  request_.query = target.substr(std::min(question + 1, target.size()));
  return true;
}

int HttpSession::OnHeadersComplete() {
  parser_.upgrade = 0;  // an offer to speak something else is not taken up
  request_.verb = http_method_str(static_cast<http_method>(parser_.method));
  request_.keep_alive = http_should_keep_alive(&parser_) != 0;
  if (parser_.http_major != 1) {
    return Refuse(HttpError(505, POLYCALL_UNIMPLEMENTED, "HTTP/1.1 is spoken here"));
  }
  if (parser_.method == HTTP_CONNECT) {
    return Refuse(HttpError(405, POLYCALL_UNIMPLEMENTED, "this is no proxy"));
  }
  if (!SplitTarget()) {
    return Refuse(HttpError(400, POLYCALL_INVALID_ARGUMENT, "the request's target is malformed"));
  }
  if (parser_.http_minor >= 1 && request_.Header("host").empty()) {
    return Refuse(
        HttpError(400, POLYCALL_INVALID_ARGUMENT, "a request of HTTP/1.1 names its Host"));
  }
  if (parser_.content_length != UINT64_MAX &&
      parser_.content_length > front_->site().max_message_size()) {
    return Refuse(HttpError(413, POLYCALL_RESOURCE_EXHAUSTED,
                            "the body is larger than max_message_size of " +
                                std::to_string(front_->site().max_message_size())));
  }
  if (const std::string_view expect = request_.Header("expect"); !expect.empty()) {
    if (Lower(expect) != "100-continue") {
      return Refuse(HttpError(417, POLYCALL_INVALID_ARGUMENT, "what is expected is not met"));
    }
    wants_continue_ = parser_.http_minor >= 1;
  }
  return 0;
}

int HttpSession::OnBody(std::string_view part) {
  wants_continue_ = false;
  if (request_.body.size() + part.size() > front_->site().max_message_size()) {
    return Refuse(HttpError(413, POLYCALL_RESOURCE_EXHAUSTED,
                            "the body is larger than max_message_size of " +
                                std::to_string(front_->site().max_message_size())));
  }
  request_.body.append(part);
  return 0;
}

int HttpSession::OnComplete() {
  complete_ = true;
  http_parser_pause(&parser_, 1);  // one request at a time
  return 0;
}

Response HttpSession::ParseFailure() {
  const auto error = HTTP_PARSER_ERRNO(&parser_);
  if (error == HPE_HEADER_OVERFLOW) {
    return HttpError(431, POLYCALL_RESOURCE_EXHAUSTED, "the headers are larger than 16 KiB");
  }
  return HttpError(400, POLYCALL_INVALID_ARGUMENT,
                   std::string("this is no HTTP/1.1: ") + http_errno_description(error));
}

Step HttpSession::Take(std::string_view bytes, size_t* taken, std::string* out, CallStart* start) {
  in_request_ = true;
  *taken = http_parser_execute(&parser_, &settings_, bytes.data(), bytes.size());
  const auto error = HTTP_PARSER_ERRNO(&parser_);
  if (!complete_ && (refused_ || error != HPE_OK || *taken < bytes.size())) {
    *taken = bytes.size();
    closing_ = true;
    in_request_ = false;
    Write(refused_ ? refusal_ : ParseFailure(), out);
    return Step::kReply;
  }
  if (!complete_) {
    if (!wants_continue_) return Step::kMore;
    wants_continue_ = false;
    *out = "HTTP/1.1 100 Continue\r\n\r\n";
    return Step::kReply;
  }
  http_parser_pause(&parser_, 0);
  complete_ = false;
  in_request_ = false;
  wants_continue_ = false;
  Response response;
  context_ = {};
  if (front_->Answer(request_, &response, start, &context_)) return Step::kCall;
  Write(response, out);
  return Step::kReply;
}

void HttpSession::OnEnd(const CallEnd& end, std::string* out) {
  Response response;
  front_->AnswerCall(context_, end, &response);
  Write(response, out);
}

void HttpSession::Write(const Response& response, std::string* out) {
  if (!request_.keep_alive || draining_) closing_ = true;
  out->reserve(out->size() + response.body.size() + 256);
  *out += "HTTP/1.1 " + std::to_string(response.status) + " " + Reason(response.status) + "\r\n";
  if (!response.type.empty()) *out += "Content-Type: " + response.type + "\r\n";
  if (response.status != 204) {
    *out += "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
  }
  for (const auto& [name, value] : response.headers) *out += name + ": " + value + "\r\n";
  *out += "X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n";
  if (closing_) {
    *out += "Connection: close\r\n";
  } else if (parser_.http_minor == 0) {
    *out += "Connection: keep-alive\r\n";
  }
  *out += "\r\n";
  if (request_.verb != "HEAD") *out += response.body;
  request_ = {};
  target_.clear();
  value_last_ = true;
}

}  // namespace polycall::transport::http
