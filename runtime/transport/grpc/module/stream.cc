#include "transport/grpc/module/stream.h"

#include <grpc/support/log.h>

#include <utility>

namespace polycall::transport {

Stream::~Stream() {
  for (Queued& entry : queue_) grpc_byte_buffer_destroy(entry.buffer);
  grpc_call_unref(call_);
  if (events_ != nullptr) events_->Drop();
}

void Stream::StartBatch(const grpc_op* ops, size_t count, Tag* tag) {
  Ref();
  // Any other answer is a mistake of ours.
  const grpc_call_error error = grpc_call_start_batch(call_, ops, count, tag, nullptr);
  GPR_ASSERT(error == GRPC_CALL_OK);
}

void Stream::Read() {
  std::lock_guard lock(mutex_);
  read_wanted_ = true;
  if (!reading_ && !read_over_ && MayReadLocked()) StartReadLocked();
}

void Stream::StartReadLocked() {
  reading_ = true;
  read_wanted_ = false;
  grpc_op op = Op(GRPC_OP_RECV_MESSAGE);
  op.data.recv_message.recv_message = &incoming_;
  StartBatch(&op, 1, &read_);
}

// Until the events returned this read is under way, and the next does not begin: messages come one
// after the other, on whatever threads.
void Stream::OnRead(bool) {
  grpc_byte_buffer* buffer = std::exchange(incoming_, nullptr);
  bool over = true;
  if (buffer == nullptr) {
    // That the caller is gone is known here already, while the batch that tells of it may come later.
    if (grpc_call_failed_before_recv_message(call_) != 0) OnCut();
    events_->OnReadEnd({});
  } else {
    InMessage message(buffer);
    GrpcStatus error;
    over = !message.Open(max_message_size_, &error);
    if (over) {
      events_->OnReadEnd(error);
    } else {
      events_->OnMessage(message.message());
    }
  }
  {
    std::lock_guard lock(mutex_);
    reading_ = false;
    read_over_ = over;
    if (read_wanted_ && !over && MayReadLocked()) StartReadLocked();
  }
  AfterRead();
}

void Stream::DropQueueLocked() {
  for (Queued& entry : queue_) grpc_byte_buffer_destroy(entry.buffer);
  queue_.clear();
}

}  // namespace polycall::transport
