// GrpcServerCall: a gRPC client's call, as the link of a handler's call.
#ifndef POLYCALL_TRANSPORT_GRPC_GRPC_SERVER_CALL_H_
#define POLYCALL_TRANSPORT_GRPC_GRPC_SERVER_CALL_H_

#include <memory>
#include <string>

#include "base/mutex.h"
#include "call/link.h"
#include "transport/grpc/grpc_server_connection.h"
#include "transport/transport.h"

namespace polycall::transport {

// Thread-safe. References: the handler's call's, and the module's stream's.
class GrpcServerCall final : public call::Link, public GrpcStreamEvents {
 public:
  GrpcServerCall(GrpcStream* stream, base::Ref<GrpcServerConnection> connection,
                 std::string_view path, int64_t timeout_ns, const GrpcEntries& metadata);

  // Link
  const char* transport() const override { return "grpc"; }
  std::string peer() const override { return connection_->peer().address; }
  const call::Identity* identity() const override { return connection_->peer().identity.get(); }
  void Start(call::Call&, const polycall_message*, bool) override {}
  base::Status Send(call::Call& call, const polycall_message& message, bool end, bool buffered,
                    uint64_t* cost) override;
  void Flush() override {}
  void HalfClose(call::Call&) override {}
  void Cancel(call::Call&, int32_t) override {}
  void SendInitialMetadata(call::Call& call, const call::Metadata& metadata) override;
  void Finish(call::Call& call, const base::Status& status, const call::Metadata* trailing,
              const polycall_message* response, bool not_started) override;
  bool HasCredit(call::Call&) override { return true; }
  void ReturnCredit(call::Call& call, uint64_t bytes) override;
  bool WaitFor(base::Waiter& waiter, int64_t deadline) override { return waiter.Wait(deadline); }
  void SetAsync(call::Call&) override {}
  void Destroy() override { delete this; }

  // GrpcStreamEvents
  void OnOpen() override;
  void OnInitialMetadata(const GrpcEntries&) override {}
  void OnMessage(const GrpcMessage& message) override;
  void OnReadEnd(const GrpcStatus& error) override;
  void OnWritten(size_t size) override;
  void OnEnd(const GrpcStatus&, const GrpcEntries&, bool) override {}
  void OnCancelled() override;
  void Drop() override {
    connection_->CallGone();
    Release();
  }

 private:
  ~GrpcServerCall();
  // The handler's call: made, and known from here on. NULL: the server takes no more, and the stream
  // was ended.
  call::Call* MakeCall();
  void Run(call::Call* call, const polycall_message* request);
  base::Ref<call::Call> Current();
  // Ends the stream with a status that no handler gave.
  void End(const base::Status& status, bool not_started);
  void FinishStream(const GrpcStatus& status, GrpcEntries trailing, const GrpcBytes* response);

  const base::Ref<GrpcServerConnection> connection_;
  Acceptor* const acceptor_;
  call::ServerMethod* method_ = nullptr;  // NULL: refused
  const int64_t deadline_;
  const uint64_t read_ahead_;
  std::unique_ptr<call::Metadata> metadata_;  // until the call is made
  base::Status refusal_;

  // Held while the module's stream is called, which calls nobody back in that.
  base::Mutex mutex_;
  GrpcStream* stream_ GUARDED_BY(mutex_);          // NULL: finished
  call::Call* call_ GUARDED_BY(mutex_) = nullptr;  // referenced until it is finished
  bool cancelled_ GUARDED_BY(mutex_) = false;
  bool reading_ GUARDED_BY(mutex_) = false;
  uint64_t untaken_ GUARDED_BY(mutex_) = 0;
};

}  // namespace polycall::transport

#endif  // POLYCALL_TRANSPORT_GRPC_GRPC_SERVER_CALL_H_
