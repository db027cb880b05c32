#include "transport/grpc/module/server.h"

#include <grpc/grpc_posix.h>
#include <grpc/grpc_security.h>
#include <grpc/support/log.h>

#include <array>
#include <mutex>

#include "transport/grpc/module/channel_args.h"
#include "transport/grpc/module/server_stream.h"

namespace polycall::transport {
namespace {

// How many calls may come in before a thread has looked at the first. More wait inside gRPC.
constexpr size_t kAccepting = 8;

// For all servers of the process; never ended.
Poller& ServerPoller() {
  static auto* poller = new Poller;
  return *poller;
}

class Server final : public GrpcServer {
 public:
  Server(const GrpcLimits& limits, GrpcServerEvents* events)
      : queue_(ServerPoller().queue()),
        max_message_size_(limits.max_message_size),
        events_(events) {
    ChannelArgs args(limits);
    args.Set(GRPC_ARG_MAX_CONCURRENT_STREAMS, limits.max_calls);
    // Callers of any kind ask as often as they like whether we live.
    args.Set(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    args.Set(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 0);
    if (limits.idle_timeout_ns > 0) {
      args.Set(GRPC_ARG_MAX_CONNECTION_IDLE_MS, ChannelArgs::Milliseconds(limits.idle_timeout_ns));
    }
    server_ = grpc_server_create(args.get(), nullptr);
    grpc_server_register_completion_queue(server_, queue_, nullptr);
    grpc_server_start(server_);
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // The connection may end, and this with it, as soon as it begins.
  void Open(int fd) {
    for (Accept& accept : accepts_) accept.Ask(this);
    grpc_server_credentials* credentials = grpc_insecure_server_credentials_create();
    grpc_server_add_channel_from_fd(server_, fd, credentials);
    grpc_server_credentials_release(credentials);
  }

  void Drain() override {
    {
      std::lock_guard lock(mutex_);
      if (draining_) return;
      draining_ = true;
    }
    grpc_server_shutdown_and_notify(server_, queue_, &shutdown_);
  }

  void Close() override {
    Drain();
    grpc_server_cancel_all_calls(server_);
  }

  void Drop() override {
    if (refs_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

 private:
  // One call that is asked for.
  struct Accept final : Tag {
    Server* server = nullptr;
    grpc_call* call = nullptr;
    grpc_call_details details;
    grpc_metadata_array metadata;

    void Ask(Server* of) {
      server = of;
      {
        std::lock_guard lock(server->mutex_);
        if (server->draining_) return;
        ++server->pending_;
      }
      grpc_call_details_init(&details);
      grpc_metadata_array_init(&metadata);
      const grpc_call_error error = grpc_server_request_call(
          server->server_, &call, &details, &metadata, server->queue_, server->queue_, this);
      GPR_ASSERT(error == GRPC_CALL_OK);
    }
    void Run(bool ok) override {
      if (!ok) {  // the server shuts down
        Free();
        server->Done();
        return;
      }
      auto* stream = new ServerStream(call, server->max_message_size_);
      GrpcStreamEvents* events = server->events_->OnCall(
          stream, View(details.method), TimeLeft(details.deadline), FromArray(metadata, nullptr));
      Free();
      Server* of = server;
      Ask(of);  // the handler may take long
      stream->Open(events);
      of->Done();
    }
    void Free() {
      grpc_call_details_destroy(&details);
      grpc_metadata_array_destroy(&metadata);
    }
  };

  struct Shutdown final : Tag {
    Server* const server;
    explicit Shutdown(Server* of) : server(of) {}
    void Run(bool) override { server->Done(); }
  };

  ~Server() { grpc_server_destroy(server_); }

  // One thing less that is under way.
  void Done() {
    {
      std::lock_guard lock(mutex_);
      if (--pending_ > 0) return;
    }
    events_->OnGone();
    Drop();
  }

  grpc_completion_queue* const queue_;
  const uint64_t max_message_size_;
  GrpcServerEvents* const events_;
  grpc_server* server_;
  std::array<Accept, kAccepting> accepts_;
  Shutdown shutdown_{this};
  std::mutex mutex_;
  size_t pending_ = 1;        // guarded by mutex_: the first is the shutdown's
  bool draining_ = false;     // guarded by mutex_
  std::atomic<int> refs_{2};  // the holder's, and that of what is under way
};

}  // namespace

GrpcServer* NewConnectionServer(int fd, const GrpcLimits& limits, GrpcServerEvents* events) {
  auto* server = new Server(limits, events);
  server->Open(fd);
  return server;
}

}  // namespace polycall::transport
