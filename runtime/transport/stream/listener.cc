#include "transport/stream/listener.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/fork.h"
#include "base/log.h"
#include "transport/stream/server_connection.h"
#include "transport/stream/socket.h"
#include "transport/tls/take_tls.h"

namespace polycall::transport {

namespace {
constexpr int kAcceptsPerRound = 64;
}  // namespace

StreamListener::StreamListener(int fd, const char* transport, std::string address,
                               std::string unlink_path, bool inherited, Acceptor* acceptor)
    : fd_(fd),
      transport_(transport),
      address_(std::move(address)),
      unlink_path_(std::move(unlink_path)),
      inherited_(inherited),
      acceptor_(acceptor) {
  base::TrackFd(fd_);
  const Limits& limits = acceptor_->limits();
  sweep_interval_ = std::min(limits.keepalive_interval_ns, limits.keepalive_timeout_ns);
  if (limits.idle_timeout_ns > 0) {
    sweep_interval_ = std::min(sweep_interval_, limits.idle_timeout_ns);
  }
  sweep_interval_ = std::max(sweep_interval_ / 4, 50 * base::kMillisecond);
  sweep_.context = this;
  sweep_.fire = [](base::Timer* timer) {
    auto* self = static_cast<StreamListener*>(timer->context);
    const int64_t now = base::NowNs();
    self->ForEach([now](Accepted* connection) { connection->Sweep(now); });
    self->ScheduleSweep();
  };
}

StreamListener::~StreamListener() {
  {
    base::MutexLock lock(mutex_);
    while (inside_ > 0) left_.wait(mutex_);
  }
  acceptor_->reactor().Cancel(&sweep_);
  base::CloseTracked(fd_);
}

base::Status StreamListener::Open() {
  if (!acceptor_->reactor().Add(this, fd_, EPOLLIN)) {
    return base::Unavailable(base::ErrnoText("cannot listen on " + address_, errno));
  }
  ScheduleSweep();
  return {};
}

void StreamListener::ScheduleSweep() {
  acceptor_->reactor().Schedule(&sweep_, base::DeadlineAfter(sweep_interval_));
}

void StreamListener::OnReady(uint32_t) {
  for (int i = 0; i < kAcceptsPerRound; ++i) {
    const int fd = accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      AcceptOne(fd);
      continue;
    }
    if (errno == EINTR || errno == ECONNABORTED) continue;
    if (errno == EMFILE || errno == ENFILE) {
      // Out of descriptors: without a pause the listener would spin.
      base::Log(POLYCALL_LOG_ERROR,
                base::ErrnoText("cannot accept on " + address_ +
                                    "; raise the limit of open files or lower max_connections",
                                errno));
      usleep(1000);
    }
    return;
  }
}

void StreamListener::AcceptOne(int fd) {
  if (!acceptor_->AdmitConnection()) {
    POLYCALL_LOG(POLYCALL_LOG_WARNING,
                 "refused a connection on " + address_ + ": there are max_connections already");
    close(fd);
    return;
  }
  PeerInfo peer;
  peer.transport = transport_;
  if (strcmp(transport_, "unix") == 0) {
    peer.address = address_ + PeerCredentials(fd);
    peer.identity = PeerIdentity(fd);
  } else {
    const int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    peer.address = "tcp://" + PeerHostPort(fd);
  }
  if (strcmp(transport_, "tls") == 0) {
    return tls::TakeTls({std::make_unique<SocketStream>(fd, false), std::move(peer), acceptor_,
                         this, base::DeadlineAfter(acceptor_->limits().handshake_timeout_ns)});
  }
  auto connection = base::Ref<ServerConnection>::Adopt(new ServerConnection(
      std::make_unique<SocketStream>(fd, false), std::move(peer), acceptor_, this));
  {
    base::MutexLock lock(mutex_);
    // A socket that others accept from too is not refused by our leaving: who was taken from its
    // backlog in that moment is told go-away after the handshake, and comes to one of them.
    if ((accepting_ || inherited_) && !closing_) {
      connection->Retain();
      connections_.insert(connection.get());
    } else {
      connection = nullptr;
    }
  }
  if (!connection) {
    acceptor_->ConnectionClosed();
    return;
  }
  if (!connection->Open()) {
    Forget(connection.get());
    acceptor_->ConnectionClosed();
  }
}

bool StreamListener::Enrol(Accepted* connection) {
  base::MutexLock lock(mutex_);
  if (closing_) return false;
  connection->Hold();
  connections_.insert(connection);
  return true;
}

void StreamListener::Forget(Accepted* connection) {
  {
    base::MutexLock lock(mutex_);
    if (connections_.erase(connection) == 0) return;
  }
  connection->LetGo();
}

void StreamListener::Enter() {
  base::MutexLock lock(mutex_);
  ++inside_;
}

void StreamListener::Leave() {
  base::MutexLock lock(mutex_);
  if (--inside_ == 0) left_.notify_all();
}

template <typename Visit>
void StreamListener::ForEach(const Visit& visit) {
  std::vector<Accepted*> all;
  {
    base::MutexLock lock(mutex_);
    all.assign(connections_.begin(), connections_.end());
    for (Accepted* connection : all) connection->Hold();
  }
  for (Accepted* connection : all) {
    visit(connection);
    connection->LetGo();
  }
}

void StreamListener::StopAccepting() {
  {
    base::MutexLock lock(mutex_);
    if (!accepting_) return;
    accepting_ = false;
  }
  acceptor_->reactor().Remove(this, fd_);
  if (inherited_) return;
  // Before the socket refuses: a successor would replace the file, and lose its own to us.
  if (!unlink_path_.empty()) unlink(unlink_path_.c_str());
  shutdown(fd_, SHUT_RDWR);  // refuses later callers
  // A unix socket keeps those who are in its backlog until it is closed.
  for (int fd; (fd = accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) close(fd);
}

void StreamListener::DrainConnections() {
  ForEach([](Accepted* connection) { connection->Drain(); });
}

void StreamListener::CloseConnections() {
  {
    base::MutexLock lock(mutex_);
    closing_ = true;
  }
  ForEach(
      [](Accepted* connection) { connection->Close(base::Unavailable("the server shuts down")); });
}

size_t StreamListener::connection_count() {
  base::MutexLock lock(mutex_);
  return connections_.size();
}

void StreamListener::CountConnections(std::map<std::string_view, uint64_t>* by_transport) {
  base::MutexLock lock(mutex_);
  for (const Accepted* connection : connections_) ++(*by_transport)[connection->spoken()];
}

}  // namespace polycall::transport
