// The calls of an HttpConnection: one at a time, each from a request to its answer.
#include "base/log.h"
#include "transport/http/http_connection.h"

namespace polycall::transport::http {
namespace {

void AddTo(Headers* headers, const call::Metadata& metadata) {
  for (const auto& entry : metadata.entries) headers->emplace_back(entry.key, entry.value);
}

CallEnd EndOf(const base::Status& status) {
  CallEnd end;
  end.code = status.code();
  end.message = status.message();
  end.details = status.details();
  return end;
}

}  // namespace

// True: it has ended, and its answer is written or waits to be.
bool HttpConnection::StartCall(const CallStart& start) {
  auto* const method =
      const_cast<call::ServerMethod*>(static_cast<const call::ServerMethod*>(start.method));
  auto metadata = std::make_unique<call::Metadata>();
  base::Status bad;
  for (const auto& [key, value] : start.metadata) {
    if (bad.ok()) bad = call::AddMetadata(metadata.get(), key, value);
  }
  if (bad.ok() && acceptor_->draining()) bad = base::Unavailable("the server shuts down");
  if (!bad.ok()) {
    std::string out;
    session_->OnEnd(EndOf(bad), &out);
    Write(std::move(out));
    return true;
  }
  call::Call* const call = acceptor_->NewCall(method);
  call->SetRefs(3);  // the handler's, ours while it is call_, and that of this function
  const auto keep = base::Ref<call::Call>::Adopt(call);
  call->set_link(base::Ref<call::Link>::Share(this));
  if (!metadata->entries.empty()) call->set_request_metadata(std::move(metadata));
  if (start.timeout_ns > 0) call->set_deadline(base::DeadlineAfter(start.timeout_ns));
  call->PresetHalfClosed();
  bool closed;
  {
    base::MutexLock lock(mutex_);
    closed = closed_;
    if (!closed) {
      call_ = call;
      dispatching_ = true;
      call_ended_ = false;
      initial_.clear();
    }
  }
  if (closed) {
    call->Release();
    call->Finish(base::Status(POLYCALL_CANCELLED, "the caller is gone"), nullptr);
    return false;
  }
  polycall_message request = call::ViewMessage(start.request, nullptr);
  if (request.data == nullptr) request.data = "";
  acceptor_->Dispatch(call, &request);
  base::MutexLock lock(mutex_);
  dispatching_ = false;
  return call_ended_;
}

base::Status HttpConnection::Send(call::Call&, const polycall_message&, bool, bool, uint64_t*) {
  return base::FailedPrecondition("a call over HTTP/1.1 has one answer");
}

void HttpConnection::SendInitialMetadata(call::Call& call, const call::Metadata& metadata) {
  base::MutexLock lock(mutex_);
  if (call_ == &call) AddTo(&initial_, metadata);
}

void HttpConnection::Finish(call::Call& call, const base::Status& final_status,
                            const call::Metadata* trailing, const polycall_message* response,
                            bool) {
  Headers initial, trailers;
  bool draining;
  {
    base::MutexLock lock(mutex_);
    if (call_ != &call) return;  // the peer is gone, and our reference with it
    call_ = nullptr;
    initial.swap(initial_);
    draining = draining_;
  }
  call::Encoded encoded;
  base::Status status = final_status;
  if (status.ok()) status = encoded.Encode(response);
  if (trailing != nullptr) AddTo(&trailers, *trailing);
  CallEnd end = EndOf(status);
  if (status.ok()) end.response = encoded.bytes();
  end.initial = &initial;
  end.trailing = &trailers;
  if (draining) session_->Drain();
  std::string out;
  session_->OnEnd(end, &out);
  static_cast<const call::ServerMethod&>(call.spec()).metrics.Sent(end.response.size());
  call.Release();
  Write(std::move(out));
  last_activity_ = base::NowNs();
  {
    base::MutexLock lock(mutex_);
    if (session_->closing()) last_reply_ = true;
    if (dispatching_) {
      call_ended_ = true;  // StartCall's caller goes on
      return;
    }
  }
  Resume();
}

// Goes on with what was read already, but not on the user's thread.
void HttpConnection::Resume() {
  if (in_.empty() && !stream_->HasBuffered()) return Disown();
  Retain();
  task_.context = this;
  task_.run = [](base::Task* task) {
    auto* self = static_cast<HttpConnection*>(task->context);
    self->Work(true);
    self->Release();
  };
  acceptor_->reactor().Execute(&task_);
}

void HttpConnection::CancelCall(int32_t code) {
  base::Ref<call::Call> call;
  {
    base::MutexLock lock(mutex_);
    call = base::Ref<call::Call>::Share(call_);
  }
  if (call) call->OnCancelled(code);
}

}  // namespace polycall::transport::http
