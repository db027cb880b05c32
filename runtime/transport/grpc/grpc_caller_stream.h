// GrpcCallerStream: one attempt of a call over a GrpcConnection.
#ifndef POLYCALL_TRANSPORT_GRPC_GRPC_CALLER_STREAM_H_
#define POLYCALL_TRANSPORT_GRPC_GRPC_CALLER_STREAM_H_

#include "base/mutex.h"
#include "base/ref.h"
#include "call/call.h"
#include "transport/grpc/grpc_connection.h"
#include "transport/grpc/grpc_module.h"

namespace polycall::transport {

// Thread-safe. References: the connection's while the call is under way, and the module's stream's.
class GrpcCallerStream final : public base::RefCounted<GrpcCallerStream>, public GrpcStreamEvents {
 public:
  GrpcCallerStream(base::Ref<GrpcConnection> connection, call::Call& call, uint64_t read_ahead);

  // Begins. `this` is known to the connection already.
  void Start(const GrpcStart& start);
  void Write(const GrpcBytes& message, bool more, bool end);
  void HalfClose();
  // The call is not this stream's any more.
  void Abandon();
  void Took(uint64_t bytes);
  call::Call& call() { return *call_; }

  void OnOpen() override {}
  void OnInitialMetadata(const GrpcEntries& metadata) override;
  void OnMessage(const GrpcMessage& message) override;
  void OnReadEnd(const GrpcStatus& error) override;
  void OnWritten(size_t size) override;
  void OnEnd(const GrpcStatus& status, const GrpcEntries& trailing, bool sent) override;
  void OnCancelled() override {}
  void Drop() override { Release(); }
  void Destroy() { delete this; }

 private:
  ~GrpcCallerStream();
  // NULL: the call is somebody else's now.
  base::Ref<call::Call> Mine();

  const base::Ref<GrpcConnection> connection_;
  const base::Ref<call::Call> call_;
  const bool streams_;         // responses are a stream
  const uint64_t read_ahead_;  // bytes that may lie in the call untaken before reading stops
  // Held while the module's stream is called, which calls nobody back in that: so it cannot go away
  // under us.
  base::Mutex mutex_;
  GrpcStream* stream_ GUARDED_BY(mutex_) = nullptr;  // NULL: it has ended
  bool abandoned_ GUARDED_BY(mutex_) = false;
  bool reading_ GUARDED_BY(mutex_) = false;
  uint64_t untaken_ GUARDED_BY(mutex_) = 0;
  base::Status bad_message_ GUARDED_BY(mutex_);
  call::OwnedMessage response_ GUARDED_BY(mutex_);
  bool has_response_ GUARDED_BY(mutex_) = false;
};

}  // namespace polycall::transport

#endif  // POLYCALL_TRANSPORT_GRPC_GRPC_CALLER_STREAM_H_
