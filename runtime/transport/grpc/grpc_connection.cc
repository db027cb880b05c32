#include "transport/grpc/grpc_connection.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/fork.h"
#include "transport/grpc/grpc_caller_stream.h"
#include "transport/grpc/grpc_text.h"

namespace polycall::transport {
namespace {

// What every gRPC server answers, if only with UNIMPLEMENTED. HTTP/2's own ping would do, but servers
// take a few of those in five minutes for an attack, and proxies answer them themselves.
constexpr char kPing[] = "/grpc.health.v1.Health/Check";

// Waits for a unary call's end on another thread.
class PingEvents final : public base::RefCounted<PingEvents>, public GrpcStreamEvents {
 public:
  void OnOpen() override {}
  void OnInitialMetadata(const GrpcEntries&) override {}
  void OnMessage(const GrpcMessage&) override {}
  void OnReadEnd(const GrpcStatus&) override {}
  void OnWritten(size_t) override {}
  void OnCancelled() override {}
  void OnEnd(const GrpcStatus& status, const GrpcEntries&, bool) override {
    if (status.code == POLYCALL_UNAVAILABLE) failure_ = base::Unavailable(status.message);
    waiter_.Wake();
  }
  void Drop() override { Release(); }
  void Destroy() { delete this; }
  bool Wait(int64_t deadline) { return waiter_.Wait(deadline); }
  const base::Status& failure() const { return failure_; }  // after Wait

 private:
  base::Waiter waiter_;
  base::Status failure_;
};

base::Status TooLarge(const char* what, size_t size, uint64_t most) {
  return base::ResourceExhausted(std::string(what) + " of " + std::to_string(size) +
                                 " bytes is larger than the peer's max_message_size of " +
                                 std::to_string(most));
}

}  // namespace

// What a blocking call's caller gets.
class GrpcConnection::InlineEvents final : public GrpcUnaryEvents {
 public:
  explicit InlineEvents(GrpcConnection* connection) : connection(connection) {}
  void OnMessage(const GrpcMessage& message) override {
    response = call::OwnedMessage(Gather(message));
    has_response = true;
  }
  void OnEnd(const GrpcStatus& end, const GrpcEntries& trailing, bool sent) override {
    if (end.code == 0) return;
    status = base::Status(end.code, end.message, end.details);
    not_started = connection->WasNotStarted(end, trailing, sent);
  }

  GrpcConnection* const connection;
  call::OwnedMessage response;
  bool has_response = false;
  base::Status status;
  bool not_started = false;
};

GrpcConnection::GrpcConnection(std::unique_ptr<GrpcChannel> channel, int watch_fd,
                               const char* transport, std::string peer, bool is_polycall,
                               const Agreed& agreed, Observer* observer)
    : channel_(std::move(channel)),
      watch_fd_(watch_fd),
      transport_(transport),
      peer_(std::move(peer)),
      is_polycall_(is_polycall),
      agreed_(agreed),
      observer_(observer) {
  base::TrackFd(watch_fd_);
}

GrpcConnection::~GrpcConnection() { base::CloseTracked(watch_fd_); }

void GrpcConnection::Open() {
  Retain();  // the reactor's
  base::MutexLock lock(mutex_);
  registered_ = base::Reactor::Global().Add(this, watch_fd_, EPOLLRDHUP);
  if (!registered_) Release();
}

void GrpcConnection::OnReady(uint32_t) {
  bool idle;
  {
    base::MutexLock lock(mutex_);
    if (!registered_) return;
    registered_ = false;
    base::Reactor::Global().Remove(this, watch_fd_);
    idle = live_.empty() && inline_ == 0;
    drain_ = true;
  }
  StopUsing();
  // Calls under way end with what gRPC still reads, or finds broken.
  if (idle) Close(base::Unavailable("the peer " + peer_ + " closed the connection"));
}

void GrpcConnection::StopUsing() {
  usable_ = false;
  {
    base::MutexLock lock(mutex_);
    drain_ = true;
    if (closed_) return;
  }
  if (told_.exchange(true)) return;
  base::MutexLock lock(observer_mutex_);
  if (observer_ != nullptr) observer_->OnDraining(this);
}

bool GrpcConnection::WasNotStarted(const GrpcStatus& status, const GrpcEntries& trailing,
                                   bool sent) {
  const bool not_started =
      !sent || HasEntry(trailing, kGrpcNotStarted) ||
      // A call that reached a draining server behind its GOAWAY, as gRPC's server ends it. Those that
      // PolyCall's server knows of say so.
      (is_polycall_ && status.code == POLYCALL_CANCELLED && status.message == "CANCELLED" &&
       !HasEntry(trailing, kGrpcHandled));
  if (not_started) StopUsing();
  return not_started;
}

int64_t GrpcConnection::call_credit() const { return kGrpcSendCredit; }

base::Ref<GrpcCallerStream> GrpcConnection::Find(call::Call& call) {
  base::MutexLock lock(mutex_);
  const auto found = live_.find(&call);
  return found != live_.end() ? found->second : nullptr;
}

base::Ref<GrpcCallerStream> GrpcConnection::Take(call::Call& call) {
  base::MutexLock lock(mutex_);
  const auto found = live_.find(&call);
  if (found == live_.end()) return nullptr;
  base::Ref<GrpcCallerStream> stream = std::move(found->second);
  live_.erase(found);
  in_flight_.fetch_sub(1, std::memory_order_relaxed);
  return stream;
}

void GrpcConnection::Start(call::Call& call, const polycall_message* first, bool end) {
  const auto fail = [&call](const base::Status& status, bool not_started = false) {
    call.OnStatus(status, nullptr, nullptr, not_started);
  };
  const call::Metadata& metadata = call.request_metadata();
  if (call::MetadataSize(metadata) > agreed_.max_send_metadata_size) {
    return fail(
        base::ResourceExhausted("the metadata is larger than the peer's max_metadata_size of " +
                                std::to_string(agreed_.max_send_metadata_size)));
  }
  call::Encoded encoded;
  GrpcStart start;
  GrpcBytes bytes;
  if (first != nullptr) {
    if (base::Status bad = encoded.Encode(first); !bad.ok()) return fail(bad);
    if (encoded.bytes().size() > agreed_.max_send_message_size) {
      return fail(TooLarge("the request", encoded.bytes().size(), agreed_.max_send_message_size));
    }
  }
  const std::string path = "/" + call.spec().path;
  start.path = path;
  if (call.deadline() != base::kNever) start.timeout_ns = base::TimeLeft(call.deadline());
  start.metadata = ToEntries(metadata);
  start.end = end;
  start.unary = call.spec().kind == POLYCALL_UNARY;
  auto stream = base::Ref<GrpcCallerStream>::Adopt(
      new GrpcCallerStream(base::Ref<GrpcConnection>::Share(this), call,
                           std::max<uint64_t>(agreed_.receive.call_window / 4, 1)));
  {
    base::MutexLock lock(mutex_);
    if (closed_) {
      stream = nullptr;
    } else {
      live_.insert_or_assign(&call, stream);
      in_flight_.fetch_add(1, std::memory_order_relaxed);
    }
  }
  if (!stream) return fail(base::Unavailable("the connection to " + peer_ + " is closed"), true);
  if (first != nullptr) {
    bytes = ToBytes(encoded);
    start.first = &bytes;
  }
  stream->Start(start);
}

base::Status GrpcConnection::Send(call::Call& call, const polycall_message& message, bool end,
                                  bool buffered, uint64_t* cost) {
  call::Encoded encoded;
  if (base::Status status = encoded.Encode(&message); !status.ok()) return status;
  const size_t size = encoded.bytes().size();
  if (size > agreed_.max_send_message_size) {
    return TooLarge("a message", size, agreed_.max_send_message_size);
  }
  base::Ref<GrpcCallerStream> stream = Find(call);
  if (!stream) return base::Status(POLYCALL_CANCELLED, "the call has ended");
  *cost = size + 16;
  stream->Write(ToBytes(encoded), buffered, end);
  return {};
}

void GrpcConnection::HalfClose(call::Call& call) {
  if (base::Ref<GrpcCallerStream> stream = Find(call)) stream->HalfClose();
}

void GrpcConnection::Cancel(call::Call& call, int32_t) {
  if (base::Ref<GrpcCallerStream> stream = Take(call)) stream->Abandon();
  CloseIfDrained();
}

void GrpcConnection::ReturnCredit(call::Call& call, uint64_t bytes) {
  if (base::Ref<GrpcCallerStream> stream = Find(call)) stream->Took(bytes);
}

bool GrpcConnection::WaitFor(base::Waiter& waiter, int64_t deadline) {
  if (waiter.TryTake()) return true;
  base::Reactor::YieldIfLeading();
  return waiter.Wait(deadline);
}

base::Status GrpcConnection::Ping(int64_t deadline, int64_t* round_trip_ns) {
  if (!usable()) return base::Unavailable("the connection to " + peer_ + " is closed");
  auto events = base::Ref<PingEvents>::Adopt(new PingEvents);
  GrpcStart start;
  start.path = kPing;
  start.timeout_ns = base::TimeLeft(deadline);
  const GrpcBytes empty;
  start.first = &empty;
  start.end = start.unary = true;
  const int64_t begin = base::NowNs();
  events->Retain();  // the stream's
  GrpcStream* stream = channel_->Start(start, events.get());
  base::Reactor::YieldIfLeading();
  const bool answered = events->Wait(deadline);
  const int64_t took = base::NowNs() - begin;
  if (!answered) stream->Cancel();
  stream->Drop();
  if (!answered) return base::DeadlineExceeded("no answer to the ping of " + peer_ + " in time");
  if (round_trip_ns != nullptr) *round_trip_ns = took;
  return events->failure();
}

void GrpcConnection::Close(const base::Status& why) {
  std::unordered_map<call::Call*, base::Ref<GrpcCallerStream>> live;
  {
    base::MutexLock lock(mutex_);
    if (closed_) return;
    closed_ = true;
    usable_ = false;
    why_closed_ = why;
    live.swap(live_);
    if (registered_) {
      registered_ = false;
      base::Reactor::Global().Remove(this, watch_fd_);
    }
  }
  // Ends whatever gRPC still has on it, blocking calls too.
  shutdown(watch_fd_, SHUT_RDWR);
  for (auto& [call, stream] : live) {
    stream->Abandon();
    call->OnStatus(why, nullptr, nullptr, false);
  }
  base::MutexLock lock(observer_mutex_);
  if (observer_ != nullptr) std::exchange(observer_, nullptr)->OnClosed(this, why);
}

void GrpcConnection::ForgetObserver() {
  base::MutexLock lock(observer_mutex_);
  observer_ = nullptr;
}

void GrpcConnection::Drain() {
  {
    base::MutexLock lock(mutex_);
    drain_ = true;
    usable_ = false;
  }
  CloseIfDrained();
}

void GrpcConnection::CloseIfDrained() {
  {
    base::MutexLock lock(mutex_);
    if (!drain_ || closed_ || !live_.empty() || inline_ > 0) return;
  }
  Close(base::Unavailable("the connection to " + peer_ + " was drained"));
}

void GrpcConnection::Leave() {
  {
    base::MutexLock lock(mutex_);
    --inline_;
    in_flight_.fetch_sub(1, std::memory_order_relaxed);
  }
  CloseIfDrained();
}

bool GrpcConnection::CallInline(polycall_unary* unary, const polycall_method& method,
                                int64_t deadline, call::Call* parent) {
  if (deadline != base::kNever || parent != nullptr || base::Reactor::Leading()) return false;
  InlineEvents events(this);
  {
    call::Encoded encoded;
    if (!encoded.Encode(&unary->request).ok() ||
        encoded.bytes().size() > agreed_.max_send_message_size) {
      return false;  // the general path says what is wrong
    }
    {
      base::MutexLock lock(mutex_);
      if (closed_ || drain_) return false;
      ++inline_;
      in_flight_.fetch_add(1, std::memory_order_relaxed);
    }
    const std::string path = "/" + method.path;
    const GrpcBytes bytes = ToBytes(encoded);
    GrpcStart start;
    start.path = path;
    start.first = &bytes;
    start.end = start.unary = true;
    channel_->Unary(start, &events);
  }
  base::Status closed;
  {
    base::MutexLock lock(mutex_);
    if (closed_) closed = why_closed_;
  }
  Leave();
  if (events.status.ok() && !events.has_response) {
    events.status =
        base::Internal("the peer ended " + method.path + " with OK but without a response");
  }
  if (events.status.ok()) {
    unary->response = events.response.Detach();
    return true;
  }
  if (events.not_started || (events.status.code() == POLYCALL_UNAVAILABLE &&
                             (method.flags & POLYCALL_METHOD_IDEMPOTENT) != 0)) {
    return false;  // may be started again, which is the general path's work
  }
  (closed.ok() ? events.status : closed).ToAbi(&unary->status);
  return true;
}

}  // namespace polycall::transport
