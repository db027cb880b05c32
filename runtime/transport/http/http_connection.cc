// The bytes and the end of an HttpConnection. Its calls are in http_calls.cc.
#include "transport/http/http_connection.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "base/log.h"

namespace polycall::transport::http {
namespace {

constexpr int kReadsPerRound = 16;
// So much of a body must come in each handshake_timeout.
constexpr uint64_t kBodyPace = 64 * 1024;
// For a keep-alive connection that nobody uses, if the server's options have no idle_timeout.
constexpr int64_t kIdle = 75 * base::kSecond;
// For the peer to read the last answer while it still sends: closing at once would reset the connection.
constexpr int64_t kLinger = 2 * base::kSecond;

constexpr char kTooSlow[] =
    "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

}  // namespace

HttpConnection::HttpConnection(Handover connection, std::shared_ptr<Face> face)
    : stream_(std::move(connection.stream)),
      peer_(std::move(connection.peer)),
      acceptor_(connection.acceptor),
      home_(connection.home),
      face_(std::move(face)),
      session_(face_->NewSession()),
      request_deadline_(connection.deadline) {}

bool HttpConnection::Open() {
  last_activity_ = base::NowNs();
  timer_.context = this;
  timer_.fire = [](base::Timer* timer) {
    static_cast<HttpConnection*>(timer->context)->TimedOut();
  };
  ArmTimer(request_deadline_);
  Retain();  // the reactor's
  base::MutexLock lock(mutex_);
  interest_ = EPOLLIN | EPOLLRDHUP;
  if (stream_->Register(acceptor_->reactor(), this, interest_)) return true;
  Release();
  closed_ = true;
  if (timer_armed_ && acceptor_->reactor().Cancel(&timer_)) Release();
  return false;
}

void HttpConnection::ArmTimer(int64_t deadline) {
  request_deadline_ = deadline;
  base::MutexLock lock(mutex_);
  if (timer_armed_ || closed_ || deadline == base::kNever) return;
  timer_armed_ = true;
  Retain();  // the timer's
  acceptor_->reactor().Schedule(&timer_, deadline);
}

void HttpConnection::TimedOut() {
  const int64_t deadline = request_deadline_;
  const bool over = deadline != base::kNever && base::NowNs() >= deadline;
  {
    base::MutexLock lock(mutex_);
    if (!closed_ && !over && deadline != base::kNever) {
      acceptor_->reactor().Schedule(&timer_, deadline);
      return;
    }
    timer_armed_ = false;
    if (over && !closed_ && !lingering_ && out_.empty()) {
      [[maybe_unused]] const ssize_t sent = stream_->WriteOne(kTooSlow, sizeof(kTooSlow) - 1);
    }
  }
  if (over) Close(base::DeadlineExceeded("the peer did not send its request in time"));
  Release();
}

void HttpConnection::OnReady(uint32_t events) {
  auto self = base::Ref<HttpConnection>::Share(this);
  events = events != 0 ? stream_->Translate(events) : EPOLLIN;
  bool work = false;
  bool gone = false;
  bool over = false;
  {
    base::MutexLock lock(mutex_);
    if (closed_) return;
    const bool was_blocked = !out_.empty();
    if ((events & EPOLLOUT) != 0 || (was_blocked && (events & (EPOLLHUP | EPOLLERR)) != 0)) {
      FlushLocked();
    }
    if (owned_) {
      // Nobody can keep the reactor from telling of a broken connection again and again.
      over = (events & (EPOLLHUP | EPOLLERR)) != 0;
      gone = !over && (events & EPOLLRDHUP) != 0;
      if (gone) peer_gone_ = true;
      Watch();
    } else if (out_.empty() && (was_blocked || (events & ~EPOLLOUT) != 0)) {
      work = owned_ = true;
    } else if ((events & (EPOLLHUP | EPOLLERR)) != 0) {
      over = true;
    } else {
      if ((events & EPOLLRDHUP) != 0) peer_gone_ = true;
      Watch();
    }
  }
  if (gone) CancelCall(POLYCALL_CANCELLED);
  if (over) Close(base::Unavailable("the peer is gone"));
  if (!work) return;
  base::UserScope scope;  // JSON and handlers take their time; what follows belongs to the owner
  Work(true);
}

// What the reactor is to tell of. A peer that does not read its answers sends us nothing new.
void HttpConnection::Watch() {
  uint32_t wanted = peer_gone_ ? 0 : static_cast<uint32_t>(EPOLLRDHUP);
  if (!out_.empty()) {
    wanted |= EPOLLOUT;
  } else if (!owned_) {
    wanted |= EPOLLIN;
  }
  if (wanted == interest_ || closed_) return;
  interest_ = wanted;
  stream_->Watch(acceptor_->reactor(), this, wanted);
}

bool HttpConnection::ReadMore() {
  char bytes[16 * 1024];
  ssize_t got;
  do {
    got = stream_->Read(bytes, sizeof(bytes));
  } while (got < 0 && errno == EINTR);
  if (got > 0) {
    last_activity_ = base::NowNs();
    if (!lingering_.load()) in_.append(bytes, static_cast<size_t>(got));
    return true;
  }
  if (got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK)) ended_ = true;
  return false;
}

void HttpConnection::Work(bool read) {
  for (int round = 0;; ++round) {
    if (lingering_) in_.clear();
    if (!AnswerRequests()) return;
    bool stop;
    {
      base::MutexLock lock(mutex_);
      if (closed_) return;
      stop = !lingering_ && (last_reply_ || !out_.empty());
    }
    if (stop || !read || (round >= kReadsPerRound && !stream_->HasBuffered()) || !ReadMore()) break;
  }
  Disown();
}

// False: a call is under way, and whoever ends it goes on; or the connection is closed.
bool HttpConnection::AnswerRequests() {
  while (!in_.empty()) {
    bool draining;
    {
      base::MutexLock lock(mutex_);
      if (closed_) return false;
      if (last_reply_) {
        in_.clear();
        return true;
      }
      if (!out_.empty()) return true;  // first the peer reads what it has asked for
      draining = draining_;
    }
    if (draining) session_->Drain();
    size_t taken = 0;
    std::string out;
    CallStart start;
    const Step step = session_->Take(in_, &taken, &out, &start);
    in_.erase(0, taken);
    AwaitRequest();
    if (step == Step::kReply) {
      Write(std::move(out));
    } else if (step == Step::kCall && !StartCall(start)) {
      return false;
    }
    base::MutexLock lock(mutex_);
    if (session_->closing()) last_reply_ = true;
    if (step == Step::kMore) return true;
  }
  return true;
}

// Bounds the time for what is left of a request.
void HttpConnection::AwaitRequest() {
  const int64_t timeout = acceptor_->limits().handshake_timeout_ns;
  if (!session_->in_request()) {
    body_seen_ = 0;
    request_deadline_ = base::kNever;
    return;
  }
  const uint64_t body = session_->body_received();
  if (request_deadline_ == base::kNever || body - body_seen_ >= kBodyPace) {
    body_seen_ = body;
    ArmTimer(base::DeadlineAfter(timeout));
  }
}

void HttpConnection::Disown() {
  bool over = false;
  bool linger = false;
  {
    base::MutexLock lock(mutex_);
    if (closed_) return;
    if (out_.empty()) {
      over = ended_ || (last_reply_ && peer_gone_);
      linger = last_reply_ && !over && !lingering_;
    }
    if (linger) lingering_ = true;
    owned_ = false;
    if (!over) Watch();
  }
  if (over) return Close(base::Unavailable("the peer closed the connection"));
  if (!linger) return;
  shutdown(stream_->fd(), SHUT_WR);
  ArmTimer(base::DeadlineAfter(kLinger));
}

void HttpConnection::Write(std::string bytes) {
  base::MutexLock lock(mutex_);
  if (closed_ || bytes.empty()) return;
  if (out_.empty()) {
    out_ = std::move(bytes);
  } else {
    out_ += bytes;
  }
  FlushLocked();
  if (!out_.empty()) Watch();
}

void HttpConnection::FlushLocked() {
  while (sent_ < out_.size()) {
    const ssize_t sent = stream_->WriteOne(out_.data() + sent_, out_.size() - sent_);
    if (sent > 0) {
      sent_ += static_cast<size_t>(sent);
      if (blocked_since_ != 0) blocked_since_ = base::NowNs();
      continue;
    }
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      if (blocked_since_ == 0) blocked_since_ = base::NowNs();
      return;
    }
    break;  // broken: whoever reads notices
  }
  out_.clear();
  sent_ = 0;
  blocked_since_ = 0;
}

void HttpConnection::Drain() {
  {
    base::MutexLock lock(mutex_);
    draining_ = true;
    if (owned_ || closed_) return;  // the owner's next answer says so
    owned_ = true;
  }
  session_->Drain();
  if (!session_->in_request() && in_.empty()) {
    bool idle;
    {
      base::MutexLock lock(mutex_);
      idle = out_.empty() && !last_reply_;
      last_reply_ = true;
    }
    if (idle) return Close(base::Unavailable("the server shuts down"));
  }
  Disown();
}

void HttpConnection::Close(const base::Status& why) {
  call::Call* call;
  bool armed;
  {
    base::MutexLock lock(mutex_);
    if (closed_) return;
    closed_ = true;
    call = std::exchange(call_, nullptr);
    armed = timer_armed_;
  }
  POLYCALL_LOG(POLYCALL_LOG_DEBUG,
               "HTTP connection from " + peer_.address + " ends: " + std::string(why.message()));
  base::Reactor& reactor = acceptor_->reactor();
  if (armed && reactor.Cancel(&timer_)) Release();
  if (call != nullptr) {
    call->OnCancelled(POLYCALL_CANCELLED);
    call->Release();
  }
  home_->Forget(this);
  stream_->Unregister(reactor, this);  // drops the reactor's reference, later
  stream_->Shutdown();
  acceptor_->ConnectionClosed();
}

void HttpConnection::Sweep(int64_t now) {
  const Limits& limits = acceptor_->limits();
  const int64_t idle = limits.idle_timeout_ns > 0 ? limits.idle_timeout_ns : kIdle;
  bool stuck, unused;
  {
    base::MutexLock lock(mutex_);
    stuck = blocked_since_ != 0 && now - blocked_since_ > limits.keepalive_timeout_ns;
    unused = !owned_ && out_.empty() && now - last_activity_ > idle;
  }
  if (stuck) {
    Close(base::DeadlineExceeded("the peer does not read its answer"));
  } else if (unused) {
    Close(base::Unavailable("idle"));
  }
}

}  // namespace polycall::transport::http
