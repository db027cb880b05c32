// GrpcConnection: the caller's end of an HTTP/2 connection to any gRPC server.
#ifndef POLYCALL_TRANSPORT_GRPC_GRPC_CONNECTION_H_
#define POLYCALL_TRANSPORT_GRPC_GRPC_CONNECTION_H_

#include <memory>
#include <string>
#include <unordered_map>

#include "base/mutex.h"
#include "transport/grpc/grpc_module.h"
#include "transport/transport.h"

namespace polycall::transport {

class GrpcCallerStream;

// Thread-safe.
class GrpcConnection final : public Connection, public base::Source {
 public:
  // `watch_fd` is a second descriptor of the channel's socket, which tells when the peer closes it.
  GrpcConnection(std::unique_ptr<GrpcChannel> channel, int watch_fd, const char* transport,
                 std::string peer, bool is_polycall, const Agreed& agreed, Observer* observer);
  // After the constructor, once.
  void Open();

  // Link
  const char* transport() const override { return transport_; }
  std::string peer() const override { return peer_; }
  void Start(call::Call& call, const polycall_message* first, bool end) override;
  base::Status Send(call::Call& call, const polycall_message& message, bool end, bool buffered,
                    uint64_t* cost) override;
  void Flush() override {}
  void HalfClose(call::Call& call) override;
  void Cancel(call::Call& call, int32_t code) override;
  void SendInitialMetadata(call::Call&, const call::Metadata&) override {}
  void Finish(call::Call&, const base::Status&, const call::Metadata*, const polycall_message*,
              bool) override {}
  bool HasCredit(call::Call&) override { return true; }
  void ReturnCredit(call::Call& call, uint64_t bytes) override;
  bool WaitFor(base::Waiter& waiter, int64_t deadline) override;
  void SetAsync(call::Call&) override {}
  void Destroy() override { delete this; }

  // Connection
  void MapMethod(uint32_t, uint16_t) override {}
  uint32_t in_flight() override { return in_flight_.load(std::memory_order_relaxed); }
  bool usable() const override { return usable_.load(std::memory_order_acquire); }
  int64_t call_credit() const override;
  base::Status Ping(int64_t deadline, int64_t* round_trip_ns) override;
  void Close(const base::Status& why) override;
  void ForgetObserver() override;
  void Drain() override;
  bool CallInline(polycall_unary* unary, const polycall_method& method, int64_t deadline,
                  call::Call* parent) override;

  // Source: the peer has closed its side.
  void OnReady(uint32_t events) override;
  void ReleaseSource() override { Release(); }

 private:
  friend class GrpcCallerStream;
  class InlineEvents;

  ~GrpcConnection();
  // Whether a call that ended so was never seen by a handler; this connection then takes no more.
  bool WasNotStarted(const GrpcStatus& status, const GrpcEntries& trailing, bool sent);
  base::Ref<GrpcCallerStream> Find(call::Call& call);
  base::Ref<GrpcCallerStream> Take(call::Call& call);
  // No new calls: the peer goes away, or is gone.
  void StopUsing();
  void CloseIfDrained();
  void Leave();  // of an inline call

  const std::unique_ptr<GrpcChannel> channel_;
  const int watch_fd_;
  const char* const transport_;
  const std::string peer_;
  const bool is_polycall_;
  const Agreed agreed_;
  base::Mutex observer_mutex_;  // held while the observer is told: it may go once OnClosed returned
  Observer* observer_ GUARDED_BY(observer_mutex_);
  std::atomic<bool> usable_{true};
  std::atomic<uint32_t> in_flight_{0};
  std::atomic<bool> told_{false};  // the observer knows that it drains

  base::Mutex mutex_;
  bool closed_ GUARDED_BY(mutex_) = false;
  bool drain_ GUARDED_BY(mutex_) = false;
  bool registered_ GUARDED_BY(mutex_) = false;
  uint32_t inline_ GUARDED_BY(mutex_) = 0;  // inline calls under way
  base::Status why_closed_ GUARDED_BY(mutex_);
  std::unordered_map<call::Call*, base::Ref<GrpcCallerStream>> live_ GUARDED_BY(mutex_);
};

}  // namespace polycall::transport

#endif  // POLYCALL_TRANSPORT_GRPC_GRPC_CONNECTION_H_
