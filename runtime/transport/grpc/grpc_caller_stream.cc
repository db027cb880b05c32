#include "transport/grpc/grpc_caller_stream.h"

#include <algorithm>
#include <utility>

#include "transport/grpc/grpc_text.h"

namespace polycall::transport {

GrpcCallerStream::GrpcCallerStream(base::Ref<GrpcConnection> connection, call::Call& call,
                                   uint64_t read_ahead)
    : connection_(std::move(connection)),
      call_(base::Ref<call::Call>::Share(&call)),
      streams_(call.spec().handler_streams()),
      read_ahead_(read_ahead) {}

GrpcCallerStream::~GrpcCallerStream() = default;

void GrpcCallerStream::Start(const GrpcStart& start) {
  Retain();  // the module's
  base::MutexLock lock(mutex_);
  stream_ = connection_->channel_->Start(start, this);
  if (!start.unary) {
    reading_ = true;
    stream_->Read();
  }
  if (abandoned_) stream_->Cancel();
}

void GrpcCallerStream::Write(const GrpcBytes& message, bool more, bool end) {
  base::MutexLock lock(mutex_);
  if (stream_ != nullptr) {
    stream_->Write(message, more, end);
  } else if (message.owner != nullptr) {
    message.release(message.owner);
  }
}

void GrpcCallerStream::HalfClose() {
  base::MutexLock lock(mutex_);
  if (stream_ != nullptr) stream_->HalfClose();
}

base::Ref<call::Call> GrpcCallerStream::Mine() {
  base::MutexLock lock(mutex_);
  return abandoned_ ? nullptr : call_;
}

void GrpcCallerStream::Abandon() {
  base::MutexLock lock(mutex_);
  if (abandoned_) return;
  abandoned_ = true;
  if (stream_ != nullptr) stream_->Cancel();
}

void GrpcCallerStream::Took(uint64_t bytes) {
  base::MutexLock lock(mutex_);
  untaken_ -= std::min(untaken_, bytes);
  if (!reading_ && streams_ && stream_ != nullptr && untaken_ <= read_ahead_) {
    reading_ = true;
    stream_->Read();
  }
}

void GrpcCallerStream::OnInitialMetadata(const GrpcEntries& metadata) {
  if (base::Ref<call::Call> call = Mine()) call->OnInitialMetadata(FromEntries(metadata));
}

void GrpcCallerStream::OnMessage(const GrpcMessage& message) {
  polycall_message owned = Gather(message);
  if (!streams_) {
    base::MutexLock lock(mutex_);
    response_ = call::OwnedMessage(owned);
    has_response_ = true;
    // Nothing may follow but the status, which the module finds by looking for a message.
    if (stream_ != nullptr && reading_) stream_->Read();
    return;
  }
  {
    base::MutexLock lock(mutex_);
    reading_ = false;
    untaken_ += call::MessageCost(owned);
  }
  if (base::Ref<call::Call> call = Mine()) {
    call->OnMessage(owned);
  } else {
    polycall_message_release(&owned);
  }
  Took(0);
}

void GrpcCallerStream::OnReadEnd(const GrpcStatus& error) {
  if (error.code == 0) return;
  base::MutexLock lock(mutex_);
  bad_message_ = base::Status(error.code, error.message);
  if (stream_ != nullptr) stream_->Cancel();
}

void GrpcCallerStream::OnWritten(size_t size) {
  if (base::Ref<call::Call> call = Mine()) call->OnCredit(static_cast<int64_t>(size) + 16);
}

void GrpcCallerStream::OnEnd(const GrpcStatus& end, const GrpcEntries& trailing, bool sent) {
  base::Status status;
  if (end.code != 0) status = base::Status(end.code, end.message, end.details);
  call::OwnedMessage response;
  bool has_response;
  bool abandoned;
  {
    base::MutexLock lock(mutex_);
    std::exchange(stream_, nullptr)->Drop();
    if (!bad_message_.ok()) status = bad_message_;
    response = std::move(response_);
    has_response = has_response_ && status.ok();
    abandoned = abandoned_;
  }
  const bool not_started = !abandoned && connection_->WasNotStarted(end, trailing, sent);
  if (not_started && status.code() == POLYCALL_CANCELLED) {
    status = base::Unavailable("the server shuts down");
  }
  base::Ref<GrpcConnection> connection = connection_;
  if (!abandoned && connection->Take(*call_)) {
    if (EntriesSize(trailing) > connection->agreed_.receive.max_metadata_size) {
      status = base::ResourceExhausted("the trailing metadata is larger than max_metadata_size");
      has_response = false;
    }
    polycall_message message = response.Detach();
    if (!has_response) polycall_message_release(&message);
    call_->OnStatus(std::move(status), FromEntries(trailing), has_response ? &message : nullptr,
                    not_started);
  }
  connection->CloseIfDrained();
}

}  // namespace polycall::transport
