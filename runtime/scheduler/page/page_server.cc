#include "page/page_server.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <list>
#include <vector>

#include "page/page_html.h"
#include "page/visitor.h"

namespace polycall::scheduler {
namespace {

constexpr size_t kMostVisitors = 64;

Status Wrong(const std::string& address, const std::string& what) {
  return InvalidArgumentError("--http " + address + ": " + what +
                              "; write it as 127.0.0.1:8080, or with port 0 for any");
}

// "127.0.0.1:80" or "[::1]:80" without the port.
std::string WithoutPort(const std::string& host) {
  if (host.starts_with('[')) {
    return host.substr(1, host.find(']') - 1);
  }
  return host.substr(0, host.rfind(':'));
}

StatusOr<UniqueFd> Listen(const std::string& address, const std::string& host,
                          const std::string& port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(host.c_str(), port.c_str(), &hints, &found); error != 0) {
    return Wrong(address, gai_strerror(error));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owned(found, freeaddrinfo);
  UniqueFd listener(socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener.get(), found->ai_addr, found->ai_addrlen) != 0 ||
      listen(listener.get(), 64) != 0) {
    return UnavailableError("--http " + address + ": cannot listen there: " + strerror(errno));
  }
  return listener;
}

}  // namespace

StatusOr<std::unique_ptr<PageServer>> PageServer::Start(const std::string& address,
                                                        std::function<std::string()> snapshot) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == address.size()) {
    return Wrong(address, "a host and a port are needed");
  }
  const std::string host = WithoutPort(address);
  const std::string wanted_port = address.substr(colon + 1);
  // getaddrinfo() takes any number, and keeps its last sixteen bits.
  unsigned number = 0;
  const char* const end = wanted_port.data() + wanted_port.size();
  if (const auto read = std::from_chars(wanted_port.data(), end, number);
      read.ptr != end || read.ec != std::errc() || number > 65535) {
    return Wrong(address, "the port is to be a number from 0 to 65535");
  }
  auto listener = Listen(address, host, wanted_port);
  if (!listener.ok()) {
    return std::move(listener).status();
  }
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  char name[NI_MAXHOST], port[NI_MAXSERV];
  if (getsockname(listener->get(), reinterpret_cast<sockaddr*>(&bound), &size) != 0 ||
      getnameinfo(reinterpret_cast<sockaddr*>(&bound), size, name, sizeof name, port, sizeof port,
                  NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return InternalError("--http " + address + ": the socket has no address");
  }
  const std::string shown = bound.ss_family == AF_INET6 ? "[" + std::string(name) + "]" : name;
  return std::unique_ptr<PageServer>(
      new PageServer(*std::move(listener), UniqueFd(eventfd(0, EFD_CLOEXEC)), host,
                     "http://" + shown + ":" + port + "/", std::move(snapshot)));
}

PageServer::PageServer(UniqueFd listener, UniqueFd wake, std::string host, std::string url,
                       std::function<std::string()> snapshot)
    : listener_(std::move(listener)),
      wake_(std::move(wake)),
      host_(std::move(host)),
      url_(std::move(url)),
      snapshot_(std::move(snapshot)),
      thread_([this] { Run(); }) {}

PageServer::~PageServer() {
  ending_ = true;
  const uint64_t one = 1;
  (void)!write(wake_.get(), &one, sizeof one);
  thread_.join();
}

// A page elsewhere whose name was made to point here (DNS rebinding) must not read this one: only
// names that nobody else can own.
bool PageServer::KnownHost(const std::string& host) const {
  const std::string name =
      host.starts_with('[') || host.rfind(':') != std::string::npos ? WithoutPort(host) : host;
  in6_addr ignored;
  return name.empty() || name == "localhost" || name == host_ ||
         inet_pton(AF_INET, name.c_str(), &ignored) == 1 ||
         inet_pton(AF_INET6, name.c_str(), &ignored) == 1;
}

std::string PageServer::Answer(const std::string& method, const std::string& path,
                               const std::string& host) const {
  const std::string text = "text/plain; charset=utf-8";
  if (!KnownHost(host)) {
    return HttpResponse("403 Forbidden", text, "Use the address that polycalld printed.\n");
  }
  if (method != "GET" && method != "HEAD") {
    return HttpResponse("405 Method Not Allowed", text, "This page is only for reading.\n");
  }
  const bool body = method == "GET";
  if (path == "/") {
    return HttpResponse("200 OK", "text/html; charset=utf-8", kPageHtml, body);
  }
  if (path == "/snapshot.json") {
    const std::string snapshot = snapshot_();
    return snapshot.empty() ? HttpResponse("503 Service Unavailable", text, "Busy.\n", body)
                            : HttpResponse("200 OK", "application/json", snapshot, body);
  }
  return HttpResponse("404 Not Found", text, "There is / and /snapshot.json.\n", body);
}

void PageServer::Run() {
  const Visitor::Answer answer = [this](const std::string& method, const std::string& path,
                                        const std::string& host) {
    return Answer(method, path, host);
  };
  std::list<Visitor> visitors;
  while (!ending_) {
    std::vector<pollfd> polled = {{wake_.get(), POLLIN, 0}};
    const bool room = visitors.size() < kMostVisitors;
    if (room) {
      polled.push_back({listener_.get(), POLLIN, 0});
    }
    for (const Visitor& visitor : visitors) {
      polled.push_back({visitor.fd(), visitor.events(), 0});
    }
    // Those who take too long are looked for once a second.
    if (poll(polled.data(), polled.size(), visitors.empty() ? -1 : 1000) < 0 && errno != EINTR) {
      return;
    }
    size_t index = room ? 2 : 1;
    const auto now = Visitor::Clock::now();
    for (auto it = visitors.begin(); it != visitors.end(); ++index) {
      const bool keep = (polled[index].revents == 0 || it->OnReady()) && now < it->deadline();
      it = keep ? std::next(it) : visitors.erase(it);
    }
    if (room && polled[1].revents != 0) {
      UniqueFd socket(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (socket.get() >= 0) {
        visitors.emplace_back(std::move(socket), answer);
      } else if (errno == EMFILE || errno == ENFILE) {
        poll(nullptr, 0, 100);  // the connection stays ready: not in a hot loop
      }
    }
  }
}

}  // namespace polycall::scheduler
