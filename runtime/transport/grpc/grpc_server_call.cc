#include "transport/grpc/grpc_server_call.h"

#include <algorithm>
#include <utility>

#include "call/call.h"
#include "transport/grpc/grpc_text.h"

namespace polycall::transport {
namespace {

// A handler whose runs take longer leaves the thread that reads (as server/dispatch.cc has it).
constexpr uint32_t kLongTicks = 60000;

}  // namespace

GrpcServerCall::GrpcServerCall(GrpcStream* stream, base::Ref<GrpcServerConnection> connection,
                               std::string_view path, int64_t timeout_ns,
                               const GrpcEntries& metadata)
    : connection_(std::move(connection)),
      acceptor_(connection_->acceptor()),
      deadline_(timeout_ns < 0 ? base::kNever : base::DeadlineAfter(timeout_ns)),
      read_ahead_(std::max<uint64_t>(acceptor_->limits().call_window / 4, 1)),
      stream_(stream) {
  if (!path.empty()) path.remove_prefix(1);
  method_ = acceptor_->FindMethod(path);
  if (method_ == nullptr) {
    refusal_ = {POLYCALL_UNIMPLEMENTED, "this server has no method " + std::string(path)};
  } else if (EntriesSize(metadata) > acceptor_->limits().max_metadata_size) {
    refusal_ =
        base::ResourceExhausted("the metadata is larger than this server's max_metadata_size of " +
                                std::to_string(acceptor_->limits().max_metadata_size));
  } else {
    metadata_ = FromEntries(metadata);
  }
}

GrpcServerCall::~GrpcServerCall() = default;

void GrpcServerCall::OnOpen() {
  if (!refusal_.ok()) return End(refusal_, false);
  if (!method_->request_first()) {
    // The handler begins before the first message is there.
    if (call::Call* call = MakeCall()) {
      auto keep = base::Ref<call::Call>::Share(call);
      {
        base::MutexLock lock(mutex_);
        reading_ = stream_ != nullptr;
        if (reading_) stream_->Read();
      }
      Run(call, nullptr);
    }
    return;
  }
  base::MutexLock lock(mutex_);
  reading_ = true;
  stream_->Read();
}

call::Call* GrpcServerCall::MakeCall() {
  call::Call* call = connection_->NewCall(method_);
  if (call == nullptr) {
    End(base::Unavailable("the server shuts down"), true);
    return nullptr;
  }
  call->set_link(base::Ref<call::Link>::Share(this));
  call->set_send_credit(kGrpcSendCredit);
  call->set_deadline(deadline_);
  if (metadata_) call->set_request_metadata(std::move(metadata_));
  if (method_->request_first()) call->PresetHalfClosed();
  call->Retain();  // ours
  bool cancelled;
  {
    base::MutexLock lock(mutex_);
    call_ = call;
    cancelled = cancelled_;
  }
  if (cancelled) call->OnCancelled(POLYCALL_CANCELLED);
  return call;
}

base::Ref<call::Call> GrpcServerCall::Current() {
  base::MutexLock lock(mutex_);
  return base::Ref<call::Call>::Share(call_);
}

void GrpcServerCall::Run(call::Call* call, const polycall_message* request) {
  const bool is_inline = (method_->flags & POLYCALL_METHOD_INLINE) != 0;
  const bool is_long = (method_->flags & POLYCALL_METHOD_BLOCKING) != 0 ||
                       method_->average_ticks.load(std::memory_order_relaxed) > kLongTicks;
  // Short handlers run on the thread that read the call.
  if (!acceptor_->donated_only() && (is_inline || !is_long)) {
    acceptor_->Dispatch(call, request);
    return;
  }
  if (request != nullptr) {
    if (base::Status kept = call::KeepMessage(*request, nullptr, &call->task_request); !kept.ok()) {
      call->Finish(kept, nullptr);
      return;
    }
    if (call->task_request.data == nullptr) call->task_request.data = "";
  }
  call->task_owner = acceptor_;
  call->task.context = call;
  call->task.run = [](base::Task* task) {
    auto* self = static_cast<call::Call*>(task->context);
    auto keep = base::Ref<call::Call>::Share(self);
    static_cast<Acceptor*>(self->task_owner)
        ->Dispatch(self, self->spec().request_first() ? &self->task_request : nullptr);
  };
  if (!acceptor_->reactor().Execute(&call->task, acceptor_->limits().max_pending_calls)) {
    call->Finish(base::ResourceExhausted("all threads of the server are busy and "
                                         "max_pending_calls wait already"),
                 nullptr);
  }
}

void GrpcServerCall::OnMessage(const GrpcMessage& message) {
  method_->metrics.Received(message.size);
  if (method_->request_first()) {
    {
      base::MutexLock lock(mutex_);
      reading_ = false;
    }
    // In one piece it is lent from where gRPC has it.
    polycall_message request =
        message.count == 1 ? call::ViewMessage(message.pieces[0], nullptr) : Gather(message);
    if (request.data == nullptr) request.data = "";
    if (call::Call* call = MakeCall()) {
      auto keep = base::Ref<call::Call>::Share(call);
      Run(call, &request);
    }
    polycall_message_release(&request);
    return;
  }
  polycall_message owned = Gather(message);
  {
    base::MutexLock lock(mutex_);
    reading_ = false;
    untaken_ += call::MessageCost(owned);
  }
  if (base::Ref<call::Call> call = Current()) {
    call->OnMessage(owned);
  } else {
    polycall_message_release(&owned);
  }
  base::MutexLock lock(mutex_);
  if (!reading_ && stream_ != nullptr && untaken_ <= read_ahead_) {
    reading_ = true;
    stream_->Read();
  }
}

void GrpcServerCall::ReturnCredit(call::Call&, uint64_t bytes) {
  base::MutexLock lock(mutex_);
  untaken_ -= std::min(untaken_, bytes);
  if (!reading_ && stream_ != nullptr && untaken_ <= read_ahead_ && !method_->request_first()) {
    reading_ = true;
    stream_->Read();
  }
}

void GrpcServerCall::OnReadEnd(const GrpcStatus& error) {
  base::Ref<call::Call> call = Current();
  if (error.code != 0) {
    const base::Status status(error.code, error.message);
    if (!call) return End(status, false);
    End(status, false);
    call->OnCancelled(POLYCALL_CANCELLED);
    return;
  }
  if (call) {
    call->OnHalfClose();
  } else {
    End(base::Internal("a call of " + method_->path + " came without its request"), false);
  }
}

void GrpcServerCall::OnWritten(size_t size) {
  if (base::Ref<call::Call> call = Current()) call->OnCredit(static_cast<int64_t>(size) + 16);
}

void GrpcServerCall::OnCancelled() {
  base::Ref<call::Call> call;
  {
    base::MutexLock lock(mutex_);
    cancelled_ = true;
    call = base::Ref<call::Call>::Share(call_);
  }
  if (call) call->OnCancelled(POLYCALL_CANCELLED);
}

base::Status GrpcServerCall::Send(call::Call&, const polycall_message& message, bool, bool buffered,
                                  uint64_t* cost) {
  call::Encoded encoded;
  if (base::Status status = encoded.Encode(&message); !status.ok()) return status;
  *cost = encoded.bytes().size() + 16;
  method_->metrics.Sent(encoded.bytes().size());
  base::MutexLock lock(mutex_);
  if (stream_ == nullptr || cancelled_) {
    return base::Status(POLYCALL_CANCELLED, "the caller is gone");
  }
  stream_->Write(ToBytes(encoded), buffered, false);
  return {};
}

void GrpcServerCall::SendInitialMetadata(call::Call&, const call::Metadata& metadata) {
  base::MutexLock lock(mutex_);
  if (stream_ != nullptr) stream_->SendInitialMetadata(ToEntries(metadata));
}

void GrpcServerCall::FinishStream(const GrpcStatus& status, GrpcEntries trailing,
                                  const GrpcBytes* response) {
  if (status.code == POLYCALL_CANCELLED) trailing.push_back({kGrpcHandled, "1"});
  call::Call* call;
  {
    base::MutexLock lock(mutex_);
    call = std::exchange(call_, nullptr);
    if (GrpcStream* stream = std::exchange(stream_, nullptr)) {
      stream->Finish(status, trailing, response);
      stream->Drop();
    } else if (response != nullptr && response->owner != nullptr) {
      response->release(response->owner);
    }
  }
  if (call != nullptr) call->Release();
}

void GrpcServerCall::End(const base::Status& status, bool not_started) {
  GrpcEntries trailing;
  if (not_started) trailing.push_back({kGrpcNotStarted, "1"});
  FinishStream({status.code(), status.message(), status.details()}, std::move(trailing), nullptr);
}

void GrpcServerCall::Finish(call::Call&, const base::Status& final_status,
                            const call::Metadata* trailing, const polycall_message* response,
                            bool not_started) {
  call::Encoded encoded;
  base::Status changed;
  const base::Status* status = &final_status;
  if (response != nullptr) {
    if (base::Status bad = encoded.Encode(response); !bad.ok()) {
      status = &(changed = std::move(bad));
      response = nullptr;
    }
  }
  GrpcEntries entries;
  if (trailing != nullptr) {
    if (call::MetadataSize(*trailing) > acceptor_->limits().max_metadata_size) {
      changed =
          base::ResourceExhausted("the trailing metadata is larger than max_metadata_size of " +
                                  std::to_string(acceptor_->limits().max_metadata_size));
      status = &changed;
      response = nullptr;
    } else {
      entries = ToEntries(*trailing);
    }
  }
  if (not_started) entries.push_back({kGrpcNotStarted, "1"});
  GrpcBytes bytes;
  if (response != nullptr) {
    bytes = ToBytes(encoded);
    method_->metrics.Sent(encoded.bytes().size());
  }
  FinishStream({status->code(), status->message(), status->details()}, entries,
               response != nullptr ? &bytes : nullptr);
}

}  // namespace polycall::transport
