#include "transport/stream/socket.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <memory>
#include <utility>

#include "base/clock.h"

namespace polycall::transport {
namespace {

using base::ErrnoText;

constexpr int kBacklog = 4096;

base::Status Failed(std::string_view what, int error) {
  return base::Unavailable(ErrnoText(what, error));
}

// An unconnected descriptor that closes itself unless released.
class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() {
    if (fd_ >= 0) close(fd_);
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  int get() const { return fd_; }
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

// Finishes a connect that is under way.
base::Status FinishConnect(int fd, const sockaddr* address, socklen_t size, std::string_view name,
                           int64_t deadline) {
  for (;;) {
    if (connect(fd, address, size) == 0) return {};
    if (errno == EINTR) continue;
    if (errno == EAGAIN) {
      // A unix listener whose backlog is full: there is nothing to poll for.
      if (base::NowNs() >= deadline) {
        return base::Unavailable("cannot connect to " + std::string(name) +
                                 ": its backlog is full and the time to connect is over");
      }
      usleep(1000);
      continue;
    }
    if (errno != EINPROGRESS) return Failed("cannot connect to " + std::string(name), errno);
    break;
  }
  if (!PollUntil(fd, POLLOUT, deadline)) {
    return base::Unavailable("cannot connect to " + std::string(name) +
                             ": no answer within the time to connect");
  }
  int error = 0;
  socklen_t error_size = sizeof(error);
  getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &error_size);
  if (error != 0) return Failed("cannot connect to " + std::string(name), error);
  return {};
}

void FillUnix(std::string_view path, sockaddr_un* address) {
  memset(address, 0, sizeof(*address));
  address->sun_family = AF_UNIX;
  memcpy(address->sun_path, path.data(), path.size());
}

struct FreeAddrInfo {
  void operator()(addrinfo* info) const { freeaddrinfo(info); }
};

base::Status Resolve(std::string_view host_port, bool passive,
                     std::unique_ptr<addrinfo, FreeAddrInfo>* out) {
  std::string host, port;
  if (base::Status parsed = ParseHostPort(host_port, &host, &port); !parsed.ok()) return parsed;
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | (passive ? AI_PASSIVE : 0);
  addrinfo* found = nullptr;
  const int error =
      getaddrinfo(host.empty() ? nullptr : host.c_str(), port.c_str(), &hints, &found);
  if (error != 0) {
    return base::Unavailable("cannot resolve \"" + host + "\": " + gai_strerror(error));
  }
  out->reset(found);
  return {};
}

std::string FormatAddress(const sockaddr_storage& address, socklen_t size) {
  char host[NI_MAXHOST], port[NI_MAXSERV];
  if (getnameinfo(reinterpret_cast<const sockaddr*>(&address), size, host, sizeof(host), port,
                  sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "unknown";
  }
  const bool v6 = address.ss_family == AF_INET6;
  return (v6 ? "[" + std::string(host) + "]" : std::string(host)) + ":" + port;
}

void SetNoDelay(int fd) {
  const int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

}  // namespace

bool PollUntil(int fd, short events, int64_t deadline) {
  for (;;) {
    pollfd entry = {fd, events, 0};
    int64_t timeout = -1;
    if (deadline != base::kNever) {
      timeout = (base::TimeLeft(deadline) + base::kMillisecond - 1) / base::kMillisecond;
    }
    const int ready = poll(&entry, 1, static_cast<int>(std::min<int64_t>(timeout, 3600 * 1000)));
    if (ready > 0) return true;
    if (ready == 0 && deadline != base::kNever && base::NowNs() >= deadline) return false;
    if (ready < 0 && errno != EINTR) return true;  // let the operation itself report it
  }
}

base::Status ParseHostPort(std::string_view text, std::string* host, std::string* port) {
  const auto bad = [&](const char* why) {
    return base::InvalidArgument("\"" + std::string(text) + "\" is no host:port: " + why);
  };
  size_t colon;
  if (!text.empty() && text[0] == '[') {
    const size_t bracket = text.find(']');
    if (bracket == std::string_view::npos) return bad("a '[' without a ']'");
    *host = text.substr(1, bracket - 1);
    colon = bracket + 1;
    if (colon >= text.size() || text[colon] != ':') return bad("no :port after the ']'");
  } else {
    colon = text.rfind(':');
    if (colon == std::string_view::npos) return bad("there is no :port");
    *host = text.substr(0, colon);
    if (host->find(':') != std::string::npos) return bad("write an IPv6 address as [address]:port");
  }
  *port = text.substr(colon + 1);
  if (port->empty() || port->size() > 5 ||
      !std::all_of(port->begin(), port->end(), [](char c) { return c >= '0' && c <= '9'; }) ||
      std::stoi(*port) > 65535) {
    return bad("the port is to be a number from 0 to 65535");
  }
  return {};
}

base::Status CheckUnixPath(std::string_view path) {
  if (path.empty()) return base::InvalidArgument("a unix target needs a path: unix:/run/name.sock");
  if (path.size() >= sizeof(sockaddr_un{}.sun_path)) {
    return base::InvalidArgument("the socket path \"" + std::string(path) + "\" has " +
                                 std::to_string(path.size()) +
                                 " bytes; the system allows 107. Use a shorter one");
  }
  return {};
}

base::Status ConnectUnix(std::string_view path, int64_t deadline, int* fd) {
  if (base::Status checked = CheckUnixPath(path); !checked.ok()) return checked;
  Fd made(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (made.get() < 0) return Failed("cannot make a socket", errno);
  sockaddr_un address;
  FillUnix(path, &address);
  base::Status connected = FinishConnect(made.get(), reinterpret_cast<sockaddr*>(&address),
                                         sizeof(address), "unix:" + std::string(path), deadline);
  if (connected.ok()) *fd = made.Release();
  return connected;
}

base::Status ConnectTcp(std::string_view host_port, int64_t deadline, int* fd, std::string* peer,
                        std::string_view scheme) {
  std::unique_ptr<addrinfo, FreeAddrInfo> found;
  if (base::Status resolved = Resolve(host_port, false, &found); !resolved.ok()) return resolved;
  base::Status last;
  for (addrinfo* info = found.get(); info != nullptr; info = info->ai_next) {
    Fd made(socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (made.get() < 0) {
      last = Failed("cannot make a socket", errno);
      continue;
    }
    SetNoDelay(made.get());
    last = FinishConnect(made.get(), info->ai_addr, info->ai_addrlen,
                         std::string(scheme) + "://" + std::string(host_port), deadline);
    if (last.ok()) {
      *peer = PeerHostPort(made.get());
      *fd = made.Release();
      return last;
    }
  }
  return last;
}

base::Status ListenUnix(std::string_view path, int* fd) {
  if (base::Status checked = CheckUnixPath(path); !checked.ok()) return checked;
  Fd made(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (made.get() < 0) return Failed("cannot make a socket", errno);
  sockaddr_un address;
  FillUnix(path, &address);
  const std::string name(path);
  for (int attempt = 0;; ++attempt) {
    const int bound = bind(made.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address));
    const int error = errno;
    if (bound == 0) break;
    if (error != EADDRINUSE || attempt > 0) {
      return Failed("cannot listen on unix:" + name, error);
    }
    struct stat info;
    if (lstat(name.c_str(), &info) != 0) continue;
    if (!S_ISSOCK(info.st_mode)) {
      return base::Status(POLYCALL_ALREADY_EXISTS,
                          "cannot listen on unix:" + name +
                              ": the path exists and is no socket; remove it or use another path");
    }
    int other = -1;
    if (ConnectUnix(path, base::DeadlineAfter(100 * base::kMillisecond), &other).ok()) {
      close(other);
      return base::Status(POLYCALL_ALREADY_EXISTS,
                          "cannot listen on unix:" + name + ": somebody listens there already");
    }
    unlink(name.c_str());  // left behind by a process that is gone
  }
  // Nobody can connect before listen, so the file is never open to others.
  if (chmod(name.c_str(), 0600) != 0) return Failed("cannot restrict unix:" + name, errno);
  if (listen(made.get(), kBacklog) != 0) return Failed("cannot listen on unix:" + name, errno);
  *fd = made.Release();
  return {};
}

base::Status ListenTcp(std::string_view host_port, int* fd, std::string* address,
                       std::string_view scheme) {
  std::unique_ptr<addrinfo, FreeAddrInfo> found;
  if (base::Status resolved = Resolve(host_port, true, &found); !resolved.ok()) return resolved;
  const std::string name = std::string(scheme) + "://" + std::string(host_port);
  base::Status last;
  for (addrinfo* info = found.get(); info != nullptr; info = info->ai_next) {
    Fd made(socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (made.get() < 0) {
      last = Failed("cannot make a socket", errno);
      continue;
    }
    const int one = 1;
    setsockopt(made.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (bind(made.get(), info->ai_addr, info->ai_addrlen) != 0 ||
        listen(made.get(), kBacklog) != 0) {
      last = errno == EADDRINUSE
                 ? base::Status(POLYCALL_ALREADY_EXISTS,
                                "cannot listen on " + name + ": somebody listens there already")
                 : Failed("cannot listen on " + name, errno);
      continue;
    }
    sockaddr_storage bound = {};
    socklen_t size = sizeof(bound);
    getsockname(made.get(), reinterpret_cast<sockaddr*>(&bound), &size);
    *address = FormatAddress(bound, size);
    *fd = made.Release();
    return {};
  }
  return last;
}

base::Status AdoptListener(int fd, const char** transport, std::string* address) {
  const std::string name = "fd:" + std::to_string(fd);
  int value = 0;
  socklen_t size = sizeof(value);
  if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &size) != 0) {
    return base::InvalidArgument(ErrnoText(name + " is no socket that this process has", errno));
  }
  if (value != SOCK_STREAM || getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &size) != 0 ||
      value == 0) {
    return base::InvalidArgument(name + " is no stream socket that listens");
  }
  sockaddr_storage bound = {};
  size = sizeof(bound);
  getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size);
  if (bound.ss_family == AF_UNIX) {
    const auto* path = reinterpret_cast<const sockaddr_un*>(&bound)->sun_path;
    *transport = "unix";
    *address = std::string(path, strnlen(path, size - offsetof(sockaddr_un, sun_path)));
  } else if (bound.ss_family == AF_INET || bound.ss_family == AF_INET6) {
    *transport = "tcp";
    *address = FormatAddress(bound, size);
  } else {
    return base::InvalidArgument(name + " is neither a unix nor a TCP socket");
  }
  if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) != 0 ||
      fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
    return Failed("cannot set up " + name, errno);
  }
  return {};
}

std::string PeerHostPort(int fd) {
  sockaddr_storage address = {};
  socklen_t size = sizeof(address);
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return "unknown";
  return FormatAddress(address, size);
}

std::string PeerCredentials(int fd) {
  ucred credentials = {};
  socklen_t size = sizeof(credentials);
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return "";
  return ",pid=" + std::to_string(credentials.pid) + ",uid=" + std::to_string(credentials.uid);
}

std::shared_ptr<const call::Identity> PeerIdentity(int fd) {
  ucred credentials = {};
  socklen_t size = sizeof(credentials);
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return nullptr;
  return std::make_shared<const call::Identity>(
      "", std::vector<std::string>{"UID:" + std::to_string(credentials.uid)});
}

}  // namespace polycall::transport
