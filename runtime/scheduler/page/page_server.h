// polycalld's page: a picture of everything, for a browser on this machine.
#ifndef POLYCALL_SCHEDULER_PAGE_PAGE_SERVER_H_
#define POLYCALL_SCHEDULER_PAGE_PAGE_SERVER_H_

#include <polycall/status_or.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "sandbox/unique_fd.h"

namespace polycall::scheduler {

// Serves / (HTML) and /snapshot.json, and nothing else: read-only. A thread of its own, so that slow
// readers slow nothing but their page; at most a few dozen connections, one request each, a few
// seconds for it.
class PageServer {
 public:
  // `address` is HOST:PORT, port 0: any. `snapshot` is called on the server's thread and returns JSON.
  static StatusOr<std::unique_ptr<PageServer>> Start(const std::string& address,
                                                     std::function<std::string()> snapshot);
  ~PageServer();

  // "http://127.0.0.1:8080/"
  const std::string& url() const { return url_; }

 private:
  PageServer(UniqueFd listener, UniqueFd wake, std::string host, std::string url,
             std::function<std::string()> snapshot);
  void Run();
  std::string Answer(const std::string& method, const std::string& path,
                     const std::string& host) const;
  bool KnownHost(const std::string& host) const;

  const UniqueFd listener_;
  const UniqueFd wake_;
  const std::string host_;
  const std::string url_;
  const std::function<std::string()> snapshot_;
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

}  // namespace polycall::scheduler

#endif  // POLYCALL_SCHEDULER_PAGE_PAGE_SERVER_H_
