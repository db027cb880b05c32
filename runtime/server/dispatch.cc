// Running handlers: pushed to the user's function, or pulled by the user's threads.
#include <algorithm>
#include <cstdlib>

#include "base/log.h"
#include "server/access.h"
#include "server/server.h"

namespace polycall::server {
namespace {

// About 1 ms. A handler that takes longer is long whether others waited or not; one that does not keeps
// the first request that comes meanwhile waiting for so long at most.
constexpr uint64_t kVeryLongTicks = 3'000'000;

// The runtime's own services answer however busy the others are.
bool IsOwn(const call::MethodSpec& method) {
  return method.service.starts_with("grpc.") || method.service.starts_with("polycall.v1.");
}

}  // namespace

void Server::ReadAdmission() {
  const char* text = getenv("POLYCALL_ADMISSION");
  if (text == nullptr) return;
  AdmissionOptions options;
  if (base::Status status = AdmissionOptions::Parse(text, &options); !status.ok()) {
    base::Log(POLYCALL_LOG_ERROR, "POLYCALL_ADMISSION: " + std::string(status.message()));
    return;
  }
  call_time_ns_ = options.call_time_ns;
  if (options.running == 0) return;
  admission_ = std::make_unique<Admission>(
      options, &reactor_,
      [](void* context, call::Call* call, polycall_message request) {
        auto* const server = static_cast<Server*>(context);
        if (call->IsCancelled()) {
          call->Finish({POLYCALL_CANCELLED, "cancelled while it waited for its turn"}, nullptr);
        } else {
          const int kind = call->spec().kind;
          const bool streams = kind == POLYCALL_CLIENT_STREAMING || kind == POLYCALL_BIDI_STREAMING;
          server->DispatchAdmitted(call, streams ? nullptr : &request);
        }
        polycall_message_release(&request);
      },
      this);
}

call::Call* Server::NewCall(call::ServerMethod* method) {
  started_.fetch_add(1, std::memory_order_relaxed);
  method->metrics.Started(0);
  call::Call* call = call::Call::New(call::Call::Role::kHandler, method, this, &interceptors_);
  call->set_reactor(&reactor_);
  call->set_thread_hook(hook_);
  call->set_accepts(method->handler.request_type);
  call->began = 0;
  return call;
}

void Server::CallDone(call::Call& call, int32_t code) {
  Measure(call, code, call.began != 0 ? base::Ticks() - call.began : 0);
  if (admission_ != nullptr && call.queued) admission_->Leave();
  CountDone(code);
}

void Server::Measure(const call::Call& call, int32_t code, uint64_t ticks) {
  const auto& method = static_cast<const call::ServerMethod&>(call.spec());
  method.metrics.Ended(code, ticks);
  if (method.kind == POLYCALL_UNARY && !method.built_in && slow_.Wants(ticks, call.began + ticks)) {
    slow_.Add(call, code, ticks);
  }
}

void Server::CountDone(int32_t code) {
  if (code != POLYCALL_OK) failed_.fetch_add(1, std::memory_order_relaxed);
  if (!draining()) {
    ended_.fetch_add(1, std::memory_order_release);  // the last that is touched, as below
    return;
  }
  // Once the last call is counted, who frees the server need not wait for this thread.
  base::MutexLock lock(mutex_);
  ended_.fetch_add(1, std::memory_order_release);
  changed_.notify_all();
}

void Server::DispatchInline(call::Call* call, const polycall_message* request) {
  const auto& method = static_cast<const call::ServerMethod&>(call->spec());
  if (method.allowed != nullptr) {
    if (base::Status status = CheckAccess(*call, method); !status.ok()) {
      call->Finish(status, nullptr);
      return;
    }
  }
  base::ApplyThreadHook(hook_);
  if (!interceptors_.empty()) {
    base::Status status = interceptors_.Started(call->abi(), call->mutable_request_metadata(),
                                                call->interceptor_states());
    if (!status.ok()) {
      call->Finish(status, nullptr);
      return;
    }
    call->InterceptMessage(*request, false);
  }
  call::Call* before = call::Call::SetCurrent(call);
  method.handler.fn(method.handler.arg, call->abi(), request);
  call::Call::SetCurrent(before);
}

void Server::Dispatch(call::Call* call, const polycall_message* request) {
  const auto& called = static_cast<const call::ServerMethod&>(call->spec());
  if (called.allowed != nullptr) {
    if (base::Status status = CheckAccess(*call, called); !status.ok()) {
      call->Finish(status, nullptr);
      return;
    }
  }
  if ((call_time_ns_ > 0 || admission_ != nullptr) && !IsOwn(call->spec())) [[unlikely]] {
    if (call_time_ns_ > 0) {
      call->set_deadline(std::min(call->deadline(), base::DeadlineAfter(call_time_ns_)));
    }
    if (admission_ != nullptr && !admission_->Enter(call, request)) return;
  }
  DispatchAdmitted(call, request);
}

void Server::DispatchAdmitted(call::Call* call, const polycall_message* request) {
  auto& method =
      const_cast<call::ServerMethod&>(static_cast<const call::ServerMethod&>(call->spec()));
  call->began = base::Ticks();
  if (request != nullptr && !call::IsTyped(*request)) method.metrics.Received(request->size);
  if (!interceptors_.empty()) {
    base::UserScope scope;
    base::ApplyThreadHook(hook_);
    base::Status status = interceptors_.Started(call->abi(), call->mutable_request_metadata(),
                                                call->interceptor_states());
    if (!status.ok()) {
      call->Finish(status, nullptr);
      return;
    }
    if (request != nullptr) call->InterceptMessage(*request, false);
  }
  if (method.handler.fn == nullptr) {
    Enqueue(call, method, request);
  } else {
    Invoke(call, method, request);
  }
}

bool Server::TakesPlain(const call::ServerMethod& method) const {
  return method.kind == POLYCALL_UNARY && method.handler.fn != nullptr && interceptors_.empty() &&
         method.allowed == nullptr &&
         ((call_time_ns_ == 0 && admission_ == nullptr) || IsOwn(method));
}

void Server::DispatchPlain(call::Call* call, const polycall_message* request, bool more_behind) {
  auto& method =
      const_cast<call::ServerMethod&>(static_cast<const call::ServerMethod&>(call->spec()));
  method.metrics.Received(request->size);
  call::PlainRun run(call, more_behind);
  const uint64_t took = RunHandler(call, method, request, &run);
  if (run.finished) {
    Measure(*call, run.code, took);
    CountDone(run.code);
    call->EndPlain(run.in_table ? 3 : 2);
    return;
  }
  // It goes on, or something unusual was done. The connection lives as long as it, from now on.
  call->OwnLink();
  if (call->deadline() != base::kNever && !call->finished()) call->ArmDeadline();
  call->Release();
}

void Server::Invoke(call::Call* call, call::ServerMethod& method, const polycall_message* request) {
  // A handler may finish, and end the call, before it returns.
  base::Ref<call::Call> keep;
  if (call->deadline() != base::kNever) keep = base::Ref<call::Call>::Share(call);
  RunHandler(call, method, request, nullptr);
  if (keep && !call->finished()) call->ArmDeadline();
}

uint64_t Server::RunHandler(call::Call* call, call::ServerMethod& method,
                            const polycall_message* request, call::PlainRun* run) {
  const bool is_inline = (method.flags & POLYCALL_METHOD_INLINE) != 0;
  const uint32_t average = method.average_ticks.load(std::memory_order_relaxed);
  if (!is_inline &&
      (average > call::kLongTicks || (method.flags & POLYCALL_METHOD_BLOCKING) != 0)) {
    const base::Reactor::Yielded yielded = base::Reactor::YieldIfLeading();
    if (run != nullptr) run->yielded = yielded;
  }
  call::Call* before = call::Call::SetCurrent(call);
  const uint64_t begin = base::Ticks();
  if (call->began == 0) call->began = begin;
  {
    base::ApplyThreadHook(hook_);
    base::UserScope scope;
    method.handler.fn(method.handler.arg, call->abi(), request);
  }
  call::Call::SetCurrent(before);
  const bool known = run != nullptr && run->finished;
  const uint64_t took = known ? run->ticks : base::Ticks() - begin;
  // Nobody is to make room for a handler behind which nobody waits: the hand-off would cost its only
  // caller more than the handler does.
  const bool counts = !known || run->others_waited || took > kVeryLongTicks;
  const uint64_t bounded = counts ? std::min<uint64_t>(took, UINT32_MAX) : 0;
  method.average_ticks.store(static_cast<uint32_t>(average - average / 8 + bounded / 8),
                             std::memory_order_relaxed);
  return took;
}

void Server::Enqueue(call::Call* call, call::ServerMethod& method,
                     const polycall_message* request) {
  Pulled entry{call, POLYCALL_MESSAGE_INIT, method.handler.arg};
  if (request != nullptr) {
    if (base::Status kept =
            call::KeepMessage(*request, method.handler.request_type, &entry.request);
        !kept.ok()) {
      call->Finish(kept, nullptr);
      return;
    }
  }
  call->ArmDeadline();
  bool full;
  {
    base::MutexLock lock(mutex_);
    full = pulled_.size() >= limits_.max_pending_calls || state_ == kStopped;
    if (!full) {
      pulled_.push_back(entry);
      changed_.notify_one();
    }
  }
  if (full) {
    polycall_message_release(&entry.request);
    call->Finish(base::ResourceExhausted("max_pending_calls wait for a thread already"), nullptr);
  }
}

base::Status Server::NextCall(int64_t deadline, polycall_call** call, polycall_message* request,
                              void** arg) {
  if (forked()) return base::FailedPrecondition("this server belongs to the parent process");
  mutex_.Lock();
  while (pulled_.empty() && state_ != kStopped) {
    const int64_t left = base::TimeLeft(deadline);
    if (left == 0) break;
    changed_.wait_for(mutex_, std::chrono::nanoseconds(std::min(left, base::kSecond)));
  }
  if (pulled_.empty()) {
    const bool stopped = state_ == kStopped;
    mutex_.Unlock();
    return stopped ? base::Status(POLYCALL_CANCELLED, "the server was shut down")
                   : base::DeadlineExceeded("no call came in the time given");
  }
  const Pulled entry = pulled_.front();
  pulled_.pop_front();
  mutex_.Unlock();
  *call = entry.call->abi();
  *request = entry.request;
  if (arg != nullptr) *arg = entry.arg;
  return {};
}

}  // namespace polycall::server
