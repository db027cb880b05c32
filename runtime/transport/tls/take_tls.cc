#include "transport/tls/take_tls.h"

#include <sys/epoll.h>

#include <cerrno>
#include <optional>
#include <string>
#include <utility>

#include "base/log.h"
#include "base/mutex.h"
#include "base/ref.h"
#include "call/frame.h"
#include "transport/stream/server_connection.h"
#include "transport/tls/contexts.h"
#include "transport/tls/tls_stream.h"

namespace polycall::transport::tls {
namespace {

constexpr char kTlsOnly[] = "this port takes nothing but TLS; name the target tls://host:port";

// What a peer that does not speak TLS is told, in its own protocol.
std::string Farewell(Protocol protocol) {
  if (protocol == Protocol::kHttp1) {
    const std::string text = std::string(kTlsOnly) + "\n";
    return "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: " +
           std::to_string(text.size()) + "\r\nConnection: close\r\n\r\n" + text;
  }
  if (protocol != Protocol::kNative) return "";
  std::string sections;
  call::AppendSection(&sections, kTlsOnly);
  call::AppendSection(&sections, {});
  call::FrameHeader header;
  header.type = call::FrameType::kStatus;
  header.flags = call::kFlagText | call::kFlagNotStarted;
  header.argument = POLYCALL_UNAVAILABLE;
  header.body_size = static_cast<uint32_t>(sections.size());
  uint8_t head[call::kFrameHeaderSize];
  call::WriteFrameHeader(header, head);
  return std::string(reinterpret_cast<const char*>(head), sizeof(head)) + sections;
}

// A connection in its TLS handshake. Thread-safe; OnReady by the leader only.
class Greeter final : public base::RefCounted<Greeter>, public base::Source, public Accepted {
 public:
  explicit Greeter(Handover connection)
      : connection_(std::move(connection)), reactor_(connection_.acceptor->reactor()) {
    timer_.context = this;
    timer_.fire = [](base::Timer* timer) {
      auto* self = static_cast<Greeter*>(timer->context);
      self->Close(base::DeadlineExceeded("the TLS handshake took longer than handshake_timeout"));
      self->Release();
    };
  }
  void Destroy() { delete this; }

  void Open() {
    bool failed;
    {
      const base::MutexLock lock(mutex_);
      if (closed_) return;
      Retain();  // the timer's
      reactor_.Schedule(&timer_, connection_.deadline);
      Retain();  // the reactor's
      failed = !connection_.stream->Register(reactor_, this, EPOLLIN);
    }
    if (!failed) return;
    Close(base::Unavailable("the system has no room to watch the connection"));
    Release();
  }

  const char* spoken() const override { return "tls"; }
  void Drain() override {}  // its peer waits for an answer, and hears of it with that
  void Sweep(int64_t) override {}
  void Hold() override { Retain(); }
  void LetGo() override { Release(); }
  void ReleaseSource() override { Release(); }

  void Close(const base::Status& why) override {
    std::optional<Handover> ended = Take();
    if (!ended) return;
    ended->home->Forget(this);
    Refuse(std::move(*ended), why.message(), "");
  }

  void OnReady(uint32_t) override {
    const auto self = base::Ref<Greeter>::Share(this);
    Step step;
    base::Status failure;
    {
      const base::MutexLock lock(mutex_);
      if (closed_) return;
      if (session_ == nullptr && !Begin(&failure)) {
        if (failure.ok()) return;  // too little has come to tell
        step = Step::kFailed;
      } else {
        step = session_->Handshake();
        if (step == Step::kFailed) failure = session_->failure();
      }
      if (step == Step::kRead || step == Step::kWrite) {
        const uint32_t events = step == Step::kRead ? EPOLLIN : EPOLLOUT;
        if (std::exchange(watched_, events) != events) {
          connection_.stream->Watch(reactor_, this, events);
        }
        return;
      }
    }
    if (step == Step::kDone) return Become();
    std::optional<Handover> ended = Take();
    if (!ended) return;
    ended->home->Forget(this);
    Refuse(std::move(*ended), failure.message(), farewell_);
  }

 private:
  ~Greeter() = default;

  // Makes the session once it is clear that the peer speaks TLS. False: not, or (OK) not yet.
  bool Begin(base::Status* failure) REQUIRES(mutex_) {
    char first[kFirstBytes];
    const ssize_t got = connection_.stream->Peek(first, sizeof(first));
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return false;
    if (got <= 0) {
      *failure = base::Unavailable("the peer closed the connection before the TLS handshake");
      return false;
    }
    const Protocol protocol = ProtocolOf({first, static_cast<size_t>(got)});
    if (protocol == Protocol::kMore && first[0] != 0x16) {
      // What is there stays there: without the edge it would wake us for ever.
      constexpr uint32_t kEdge = EPOLLIN | EPOLLET;
      if (std::exchange(watched_, kEdge) != kEdge) {
        connection_.stream->Watch(reactor_, this, kEdge);
      }
      return false;
    }
    if (first[0] != 0x16) {
      farewell_ = Farewell(protocol);
      *failure = base::Unavailable("the peer does not speak TLS, and this port takes nothing else");
      return false;
    }
    std::shared_ptr<Context> context;
    *failure = ContextOf(connection_.acceptor->tls(), true, &context);
    if (failure->ok()) {
      *failure = context->Accept(connection_.stream->fd(), connection_.peer.address, &session_);
    }
    return failure->ok();
  }

  // What there is, for who ends this. Nothing: somebody did.
  std::optional<Handover> Take() {
    std::optional<Handover> taken;
    {
      const base::MutexLock lock(mutex_);
      if (std::exchange(closed_, true)) return taken;
      connection_.stream->Unregister(reactor_, this);
      taken = std::move(connection_);
    }
    if (reactor_.Cancel(&timer_)) Release();
    return taken;
  }

  // The handshake is done: another takes the place of this.
  void Become() {
    std::optional<Handover> taken = Take();
    if (!taken) return;
    Handover next = std::move(*taken);
    Home* const home = next.home;
    next.peer.transport = "tls";
    if (next.peer.address.starts_with("tcp://")) next.peer.address.replace(0, 3, "tls");
    next.peer.identity = session_->identity();
    const std::string protocol(session_->protocol());
    next.stream = std::make_unique<TlsStream>(std::move(next.stream), std::move(session_));
    if (protocol == "h2") {
      HandOver(Protocol::kHttp2, std::move(next));
    } else if (protocol == "http/1.1") {
      HandOver(Protocol::kHttp1, std::move(next));
    } else {
      Acceptor* const acceptor = next.acceptor;
      auto connection = base::Ref<ServerConnection>::Adopt(
          new ServerConnection(std::move(next.stream), std::move(next.peer), acceptor, home));
      if (!home->Enrol(connection.get())) {
        acceptor->ConnectionClosed();
      } else if (!connection->Open()) {
        home->Forget(connection.get());
        acceptor->ConnectionClosed();
      }
    }
    home->Forget(this);
  }

  base::Mutex mutex_;
  Handover connection_ GUARDED_BY(mutex_);
  base::Reactor& reactor_;
  bool closed_ GUARDED_BY(mutex_) = false;
  std::unique_ptr<Session> session_;  // the leader's
  std::string farewell_;              // the leader's
  uint32_t watched_ GUARDED_BY(mutex_) = EPOLLIN;
  base::Timer timer_;
};

}  // namespace

void TakeTls(Handover connection) {
  if (!connection.acceptor->Allows("tls")) {
    return Refuse(std::move(connection), "the server's option transports does not allow \"tls\"",
                  "");
  }
  Home* const home = connection.home;
  const auto greeter = base::Ref<Greeter>::Adopt(new Greeter(std::move(connection)));
  if (!home->Enrol(greeter.get())) {
    greeter->Close(base::Unavailable("the server shuts down"));
    return;
  }
  greeter->Open();
}

}  // namespace polycall::transport::tls
