// One connection to the page: one request, one answer.
#ifndef POLYCALL_SCHEDULER_PAGE_VISITOR_H_
#define POLYCALL_SCHEDULER_PAGE_VISITOR_H_

#include <http_parser.h>

#include <chrono>
#include <functional>
#include <string>

#include "sandbox/unique_fd.h"

namespace polycall::scheduler {

// One thread at a time.
class Visitor {
 public:
  using Clock = std::chrono::steady_clock;
  using Answer = std::function<std::string(const std::string& method, const std::string& path,
                                           const std::string& host)>;

  Visitor(UniqueFd socket, const Answer& answer);

  int fd() const { return socket_.get(); }
  Clock::time_point deadline() const { return deadline_; }
  // What to poll for.
  short events() const;

  // The socket is ready. False: the connection is over.
  bool OnReady();

 private:
  static Visitor* Self(http_parser* parser) { return static_cast<Visitor*>(parser->data); }
  static int OnUrl(http_parser* parser, const char* at, size_t size);
  static int OnHeaderField(http_parser* parser, const char* at, size_t size);
  static int OnHeaderValue(http_parser* parser, const char* at, size_t size);
  static int OnHeadersComplete(http_parser* parser);

  bool Read();
  bool Write();

  UniqueFd socket_;
  const Answer& answer_;
  const Clock::time_point deadline_;
  http_parser parser_{};
  size_t received_ = 0;
  std::string url_;
  std::string field_;
  bool field_ended_ = false;
  std::string host_;
  bool complete_ = false;
  std::string out_;
  size_t sent_ = 0;
};

// A whole response that ends its connection.
std::string HttpResponse(const std::string& status, const std::string& type,
                         const std::string& body, bool with_body = true);

}  // namespace polycall::scheduler

#endif  // POLYCALL_SCHEDULER_PAGE_VISITOR_H_
