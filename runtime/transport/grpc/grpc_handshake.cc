#include "transport/grpc/grpc_handshake.h"

#include <utility>

#include "transport/grpc/grpc_text.h"

namespace polycall::transport {
namespace {

// One thread at a time: the events of a stream follow each other, but for OnCancelled.
class Handshake final : public base::RefCounted<Handshake>, public GrpcStreamEvents {
 public:
  Handshake(GrpcStream* stream, base::Ref<GrpcServerConnection> connection)
      : stream_(stream), connection_(std::move(connection)) {}
  void Destroy() { delete this; }

  void OnOpen() override { stream_->Read(); }
  void OnInitialMetadata(const GrpcEntries&) override {}
  void OnMessage(const GrpcMessage& message) override {
    call::OwnedMessage hello(Gather(message));
    Agreed agreed;
    std::string accept;
    const base::Status status = connection_->acceptor()->Handshake(
        call::BytesOf(*hello), connection_->peer(), &agreed, &accept);
    const GrpcBytes answer{accept};
    Finish(status, status.ok() ? &answer : nullptr);
  }
  void OnReadEnd(const GrpcStatus& error) override {
    Finish(base::InvalidArgument(error.code != 0 ? error.message : "a handshake without HELLO"),
           nullptr);
  }
  void OnWritten(size_t) override {}
  void OnEnd(const GrpcStatus&, const GrpcEntries&, bool) override {}
  void OnCancelled() override {}
  void Drop() override {
    connection_->CallGone();
    Release();
  }

 private:
  void Finish(const base::Status& status, const GrpcBytes* answer) {
    GrpcEntries trailing;
    if (!status.ok()) trailing.push_back({kGrpcRefused, "1"});
    if (stream_ == nullptr) return;
    stream_->Finish({status.code(), status.message(), {}}, trailing, answer);
    std::exchange(stream_, nullptr)->Drop();
  }

  GrpcStream* stream_;
  const base::Ref<GrpcServerConnection> connection_;
};

}  // namespace

GrpcStreamEvents* NewGrpcHandshake(GrpcStream* stream, base::Ref<GrpcServerConnection> connection) {
  return new Handshake(stream, std::move(connection));
}

}  // namespace polycall::transport
