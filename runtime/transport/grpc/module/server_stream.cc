#include "transport/grpc/module/server_stream.h"

#include <utility>

namespace polycall::transport {

ServerStream::~ServerStream() {
  grpc_slice_unref(text_);
  if (out_ != nullptr) grpc_byte_buffer_destroy(out_);
}

void ServerStream::Open(GrpcStreamEvents* events) {
  events_ = events;
  Ref();  // whatever OnOpen does
  grpc_op op = Op(GRPC_OP_RECV_CLOSE_ON_SERVER);
  op.data.recv_close_on_server.cancelled = &cancelled_;
  StartBatch(&op, 1, &closed_);
  events_->OnOpen();
  Unref();
}

void ServerStream::Write(const GrpcBytes& message, bool more, bool) {
  grpc_byte_buffer* buffer = ToBuffer(message);
  std::lock_guard lock(mutex_);
  if (broken_ || finish_wanted_) {
    grpc_byte_buffer_destroy(buffer);
    return;
  }
  queue_.push_back({buffer, message.bytes.size(), more, false});
  if (!writing_) SendNextLocked();
}

void ServerStream::SendInitialMetadata(const GrpcEntries& entries) {
  std::lock_guard lock(mutex_);
  if (initial_sent_ || initial_wanted_ || finish_wanted_) return;
  initial_.Add(entries);
  initial_wanted_ = true;
  if (!writing_) SendNextLocked();
}

void ServerStream::Finish(const GrpcStatus& status, const GrpcEntries& trailing,
                          const GrpcBytes* response) {
  grpc_byte_buffer* buffer = response != nullptr ? ToBuffer(*response) : nullptr;
  std::lock_guard lock(mutex_);
  if (buffer != nullptr) queue_.push_back({buffer, response->bytes.size(), true, false});
  trailing_.Add(trailing);
  if (!status.details.empty()) trailing_.Add("grpc-status-details-bin", status.details);
  code_ = static_cast<grpc_status_code>(status.code);
  text_ = Copy(status.message);
  finish_wanted_ = true;
  if (!writing_) SendNextLocked();
}

// One batch: the next message with what belongs before it, and the status if nothing comes between.
void ServerStream::SendNextLocked() {
  grpc_op ops[3];
  size_t count = 0;
  if (!initial_sent_) {
    ops[count] = Op(GRPC_OP_SEND_INITIAL_METADATA);
    ops[count].data.send_initial_metadata.count = initial_.size();
    ops[count++].data.send_initial_metadata.metadata = initial_.data();
    initial_sent_ = true;
    initial_wanted_ = false;
  }
  if (!queue_.empty()) {
    const Queued next = queue_.front();
    queue_.pop_front();
    out_ = next.buffer;
    out_size_ = next.size;
    ops[count] = Op(GRPC_OP_SEND_MESSAGE);
    ops[count].data.send_message.send_message = out_;
    if (next.more || !queue_.empty()) ops[count].flags = GRPC_WRITE_BUFFER_HINT;
    ++count;
  }
  if (finish_wanted_ && queue_.empty()) {
    finish_wanted_ = false;
    broken_ = true;  // nothing goes behind it
    ops[count] = Op(GRPC_OP_SEND_STATUS_FROM_SERVER);
    ops[count].data.send_status_from_server.trailing_metadata_count = trailing_.size();
    ops[count].data.send_status_from_server.trailing_metadata = trailing_.data();
    ops[count].data.send_status_from_server.status = code_;
    ops[count++].data.send_status_from_server.status_details = &text_;
  }
  if (count == 0) return;
  writing_ = true;
  StartBatch(ops, count, &sent_);
}

void ServerStream::OnSent(bool ok) {
  size_t size = 0;
  bool message;
  {
    std::lock_guard lock(mutex_);
    message = out_ != nullptr;
    if (message) {
      size = out_size_;
      grpc_byte_buffer_destroy(std::exchange(out_, nullptr));
    }
    writing_ = false;
    if (!ok) {
      // The caller is gone. A status is sent all the same: it ends the call at this side.
      DropQueueLocked();
    }
    if (!queue_.empty() || finish_wanted_ || initial_wanted_) SendNextLocked();
  }
  if (message) events_->OnWritten(size);
}

void ServerStream::OnClosed(bool) {
  if (cancelled_ != 0) events_->OnCancelled();
}

}  // namespace polycall::transport
