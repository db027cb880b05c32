// ServerStream: a call that came in.
#ifndef POLYCALL_TRANSPORT_GRPC_MODULE_SERVER_STREAM_H_
#define POLYCALL_TRANSPORT_GRPC_MODULE_SERVER_STREAM_H_

#include "transport/grpc/module/stream.h"

namespace polycall::transport {

// Thread-safe. What is sent goes in batches, one at a time; the status ends the last.
class ServerStream final : public Stream {
 public:
  using Stream::Stream;
  // Gives it its events. The stream may be gone when this returns.
  void Open(GrpcStreamEvents* events);

  void Write(const GrpcBytes& message, bool more, bool end) override;
  void HalfClose() override {}
  void Cancel() override {}
  void SendInitialMetadata(const GrpcEntries& entries) override;
  void Finish(const GrpcStatus& status, const GrpcEntries& trailing,
              const GrpcBytes* response) override;

 private:
  ~ServerStream() override;
  void OnCut() override { events_->OnCancelled(); }
  void SendNextLocked();
  void OnSent(bool ok);
  void OnClosed(bool ok);

  OutMetadata initial_;
  OutMetadata trailing_;
  grpc_status_code code_ = GRPC_STATUS_OK;
  grpc_slice text_ = grpc_empty_slice();
  grpc_byte_buffer* out_ = nullptr;  // guarded by mutex_: being sent
  size_t out_size_ = 0;              // guarded by mutex_
  bool initial_wanted_ = false;      // guarded by mutex_: it waits to be sent
  bool initial_sent_ = false;        // guarded by mutex_
  bool finish_wanted_ = false;       // guarded by mutex_: a status waits to be sent
  bool broken_ = false;              // guarded by mutex_: nothing can be sent any more
  int cancelled_ = 0;
  Batch<ServerStream> sent_{this, &ServerStream::OnSent};
  Batch<ServerStream> closed_{this, &ServerStream::OnClosed};
};

}  // namespace polycall::transport

#endif  // POLYCALL_TRANSPORT_GRPC_MODULE_SERVER_STREAM_H_
