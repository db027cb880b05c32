#include "page/visitor.h"

#include <poll.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace polycall::scheduler {
namespace {

constexpr size_t kLongestRequest = 16 * 1024;
constexpr std::chrono::seconds kTime{10};  // for the request and for reading the answer

}  // namespace

std::string HttpResponse(const std::string& status, const std::string& type,
                         const std::string& body, bool with_body) {
  return "HTTP/1.1 " + status + "\r\nContent-Type: " + type +
         "\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nConnection: close\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff"
         "\r\nReferrer-Policy: no-referrer\r\nX-Frame-Options: DENY"
         "\r\nContent-Security-Policy: default-src 'none'; script-src 'unsafe-inline'; "
         "style-src 'unsafe-inline'; connect-src 'self'; img-src data:\r\n\r\n" +
         (with_body ? body : "");
}

Visitor::Visitor(UniqueFd socket, const Answer& answer)
    : socket_(std::move(socket)), answer_(answer), deadline_(Clock::now() + kTime) {
  http_parser_init(&parser_, HTTP_REQUEST);
  parser_.data = this;
}

short Visitor::events() const { return out_.empty() ? POLLIN : POLLOUT; }

int Visitor::OnUrl(http_parser* parser, const char* at, size_t size) {
  Self(parser)->url_.append(at, size);
  return 0;
}

int Visitor::OnHeaderField(http_parser* parser, const char* at, size_t size) {
  Visitor* const self = Self(parser);
  if (self->field_ended_) {
    self->field_.clear();
    self->field_ended_ = false;
  }
  self->field_.append(at, size);
  return 0;
}

int Visitor::OnHeaderValue(http_parser* parser, const char* at, size_t size) {
  Visitor* const self = Self(parser);
  self->field_ended_ = true;
  if (strcasecmp(self->field_.c_str(), "host") == 0) {
    self->host_.append(at, size);
  }
  return 0;
}

int Visitor::OnHeadersComplete(http_parser* parser) {
  Self(parser)->complete_ = true;  // a body would be nobody's
  return 0;
}

bool Visitor::OnReady() { return out_.empty() ? Read() : Write(); }

bool Visitor::Read() {
  char bytes[4096];
  const ssize_t size = recv(socket_.get(), bytes, sizeof bytes, 0);
  if (size < 0) {
    return errno == EAGAIN || errno == EINTR;
  }
  received_ += static_cast<size_t>(size);
  if (received_ > kLongestRequest) {
    out_ = HttpResponse("431 Request Header Fields Too Large", "text/plain; charset=utf-8",
                        "The request is too long.\n");
    return true;
  }
  http_parser_settings settings;
  http_parser_settings_init(&settings);
  settings.on_url = OnUrl;
  settings.on_header_field = OnHeaderField;
  settings.on_header_value = OnHeaderValue;
  settings.on_headers_complete = OnHeadersComplete;
  const size_t parsed = http_parser_execute(&parser_, &settings, bytes, static_cast<size_t>(size));
  if (complete_) {
    http_parser_url url;
    http_parser_url_init(&url);
    std::string path;
    if (http_parser_parse_url(url_.data(), url_.size(), 0, &url) == 0 &&
        (url.field_set & (1U << UF_PATH)) != 0) {
      path = url_.substr(url.field_data[UF_PATH].off, url.field_data[UF_PATH].len);
    }
    out_ = answer_(http_method_str(static_cast<http_method>(parser_.method)), path, host_);
  } else if (size == 0) {
    return false;
  } else if (parsed != static_cast<size_t>(size)) {
    out_ = HttpResponse("400 Bad Request", "text/plain; charset=utf-8",
                        "This is no HTTP request that the page understands.\n");
  }
  return true;
}

bool Visitor::Write() {
  while (sent_ < out_.size()) {
    const ssize_t size =
        send(socket_.get(), out_.data() + sent_, out_.size() - sent_, MSG_NOSIGNAL);
    if (size < 0) {
      return errno == EAGAIN || errno == EINTR;
    }
    sent_ += static_cast<size_t>(size);
  }
  shutdown(socket_.get(), SHUT_WR);
  return false;
}

}  // namespace polycall::scheduler
