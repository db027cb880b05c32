#include "transport/inproc/inproc_connection.h"

#include <utility>

namespace polycall::transport {
namespace {

// Two clock readings cost a call of 100 ns too much: one in so many is measured.
constexpr uint32_t kUnmeasured = 63;
thread_local uint32_t t_inline_calls = 0;

std::unique_ptr<call::Metadata> Copy(const call::Metadata* metadata) {
  return metadata != nullptr ? std::make_unique<call::Metadata>(*metadata) : nullptr;
}

base::Status TooLarge(const char* what, const polycall_message& message, uint64_t most) {
  if (call::IsTyped(message) || message.size <= most) return {};
  return base::ResourceExhausted(std::string(what) + " of " + std::to_string(message.size) +
                                 " bytes is larger than max_message_size of " +
                                 std::to_string(most));
}

}  // namespace

// ---- the handler's end

void InprocServerLink::Join(call::Call& caller, call::Call& handler) {
  base::MutexLock lock(mutex_);
  caller.peer = &handler;
  handler.peer = &caller;
  handler.Retain();
  caller.Retain();
  handlers_.insert(&handler);
}

void InprocServerLink::Part(call::Call& call) {
  call::Call* other;
  {
    base::MutexLock lock(mutex_);
    other = std::exchange(call.peer, nullptr);
    if (other == nullptr) return;
    other->peer = nullptr;
    handlers_.erase(&call);
    handlers_.erase(other);
  }
  other->Release();
  call.Release();
}

void InprocServerLink::CancelCalls(const base::Status& why) {
  std::vector<std::pair<base::Ref<call::Call>, base::Ref<call::Call>>> pairs;
  {
    base::MutexLock lock(mutex_);
    for (call::Call* handler : handlers_) {
      pairs.emplace_back(base::Ref<call::Call>::Share(handler),
                         base::Ref<call::Call>::Share(handler->peer));
    }
  }
  for (auto& [handler, caller] : pairs) {
    Part(*handler);
    caller->OnStatus(why, nullptr, nullptr, false);
    handler->OnCancelled(POLYCALL_CANCELLED);
  }
}

void InprocHub::Register(InprocServerLink* link) {
  base::MutexLock lock(mutex_);
  links_.insert(link);
}

void InprocHub::Unregister(InprocServerLink* link) {
  base::MutexLock lock(mutex_);
  links_.erase(link);
}

void InprocHub::CancelCalls() {
  std::vector<base::Ref<call::Link>> links;
  {
    base::MutexLock lock(mutex_);
    for (InprocServerLink* link : links_) {
      // One whose last reference is just going is past having calls.
      if (link->TryRetain()) links.push_back(base::Ref<call::Link>::Adopt(link));
    }
  }
  const base::Status why = base::Unavailable("the server at " + address_ + " was shut down");
  for (auto& link : links) static_cast<InprocServerLink*>(link.get())->CancelCalls(why);
}

base::Ref<call::Call> InprocServerLink::Peer(call::Call& call) {
  base::MutexLock lock(mutex_);
  return base::Ref<call::Call>::Share(call.peer);
}

base::Status InprocServerLink::Send(call::Call& call, const polycall_message& message, bool, bool,
                                    uint64_t* cost) {
  base::Ref<call::Call> caller = Peer(call);
  if (!caller) return base::Status(POLYCALL_CANCELLED, "the caller is gone");
  polycall_message kept;
  if (base::Status status = call::KeepMessage(message, caller->accepts(), &kept); !status.ok()) {
    return status;
  }
  if (base::Status status = TooLarge("a message", kept, max_message_size_); !status.ok()) {
    polycall_message_release(&kept);
    return status;
  }
  *cost = call::MessageCost(kept);
  caller->OnMessage(kept);
  return {};
}

void InprocServerLink::SendInitialMetadata(call::Call& call, const call::Metadata& metadata) {
  if (call.inline_result != nullptr) {
    polycall_unary* unary = call.inline_result->unary;
    if (unary->options != nullptr && (unary->options->flags & POLYCALL_CALL_WANT_METADATA) != 0) {
      unary->initial_metadata = new call::Metadata(metadata);
    }
    return;
  }
  if (base::Ref<call::Call> caller = Peer(call)) caller->OnInitialMetadata(Copy(&metadata));
}

namespace {

// The response, into the frame of the caller that waits for it.
base::Status FillResponse(const polycall_message& response, polycall_unary* unary, uint64_t most) {
  if (call::IsTyped(response) && response.object == unary->response_place) {
    // The place was filled: nothing is owned.
    unary->response.object = response.object;
    return {};
  }
  base::Status status = call::KeepMessage(response, unary->response_type, &unary->response);
  if (status.ok()) status = TooLarge("the response", unary->response, most);
  if (!status.ok()) polycall_message_release(&unary->response);
  if (status.ok() && unary->response.data == nullptr && !call::IsTyped(unary->response)) {
    unary->response.data = "";
  }
  return status;
}

}  // namespace

void InprocServerLink::Finish(call::Call& call, const base::Status& status,
                              const call::Metadata* trailing, const polycall_message* response,
                              bool not_started) {
  if (call::InlineResult* result = call.inline_result) {
    const bool same_thread = result->thread == call::ThreadToken();
    polycall_unary* unary = result->unary;
    if (!status.ok()) hub_->CountFailed();
    static_cast<const call::ServerMethod&>(call.spec())
        .metrics.Ended(status.code(), result->began != 0 ? base::Ticks() - result->began : 0);
    if (response != nullptr && status.ok()) {
      const base::Status filled = FillResponse(*response, unary, max_message_size_);
      if (!filled.ok()) filled.ToAbi(&unary->status);
    } else if (!status.ok()) {
      status.ToAbi(&unary->status);
    }
    if (trailing != nullptr && unary->options != nullptr &&
        (unary->options->flags & POLYCALL_CALL_WANT_METADATA) != 0) {
      unary->trailing_metadata = new call::Metadata(*trailing);
    }
    if (same_thread) {
      result->done.store(true, std::memory_order_relaxed);
    } else {
      // The wake is the last touch: after it the caller's frame may be gone.
      result->waiter.Wake();
    }
    return;
  }
  base::Ref<call::Call> caller = Peer(call);
  if (!caller) return;
  base::Status final_status = status;
  polycall_message kept = POLYCALL_MESSAGE_INIT;
  if (response != nullptr) {
    base::Status bad = call::KeepMessage(*response, caller->accepts(), &kept);
    if (bad.ok()) {
      bad = TooLarge("the response", kept, max_message_size_);
      if (!bad.ok()) polycall_message_release(&kept);
    }
    if (bad.ok() && kept.data == nullptr && !call::IsTyped(kept)) kept.data = "";
    if (!bad.ok()) {
      final_status = bad;
      response = nullptr;
    }
  }
  Part(call);
  caller->OnStatus(std::move(final_status), Copy(trailing), response != nullptr ? &kept : nullptr,
                   not_started);
}

void InprocServerLink::ReturnCredit(call::Call& call, uint64_t bytes) {
  if (base::Ref<call::Call> caller = Peer(call)) caller->OnCredit(static_cast<int64_t>(bytes));
}

// ---- the caller's end

InprocConnection::InprocConnection(const base::Ref<InprocHub>& hub, const Agreed& agreed,
                                   Observer* observer)
    : hub_(hub),
      agreed_(agreed),
      observer_(observer),
      server_link_(base::Ref<InprocServerLink>::Adopt(
          new InprocServerLink(hub, agreed.receive.max_message_size))) {
  if (hub_->Enter()) {
    hub_->CountConnection();
    hub_->Leave();
  }
}

void InprocConnection::MapMethod(uint32_t index, uint16_t number) {
  if (index >= kCached || number == 0xFFFF || !hub_->Enter()) return;
  methods_[index].store(hub_->acceptor()->FindMethod(number), std::memory_order_release);
  hub_->Leave();
}

// Inside the hub only.
call::ServerMethod* InprocConnection::Resolve(const polycall_method& method) {
  if (method.index < kCached) {
    if (auto* found = methods_[method.index].load(std::memory_order_acquire)) return found;
  }
  call::ServerMethod* found = hub_->acceptor()->FindMethod(std::string_view(method.path));
  if (found != nullptr && method.index < kCached) {
    methods_[method.index].store(found, std::memory_order_release);
  }
  return found;
}

void InprocConnection::Refuse(call::Call& call, const base::Status& status, bool not_started) {
  call.OnStatus(status, nullptr, nullptr, not_started);
}

void InprocConnection::Start(call::Call& call, const polycall_message* first, bool end) {
  if (!hub_->Enter()) {
    Refuse(call, base::Unavailable("the server at " + hub_->address() + " was shut down"), true);
    return;
  }
  struct LeaveHub {
    InprocHub* hub;
    ~LeaveHub() { hub->Leave(); }
  } leave{hub_.get()};
  Acceptor* acceptor = hub_->acceptor();
  call::ServerMethod* method = Resolve(static_cast<const polycall_method&>(call.spec()));
  if (method == nullptr) {
    Refuse(call, {POLYCALL_UNIMPLEMENTED, "this server has no method " + call.spec().path}, false);
    return;
  }
  if (acceptor->draining()) {
    Refuse(call, base::Unavailable("the server shuts down"), true);
    return;
  }
  const call::Metadata& metadata = call.request_metadata();
  if (call::MetadataSize(metadata) > agreed_.max_send_metadata_size) {
    Refuse(call,
           base::ResourceExhausted("the metadata is larger than the peer's max_metadata_size"),
           false);
    return;
  }
  polycall_message kept = POLYCALL_MESSAGE_INIT;
  if (first != nullptr) {
    const polycall_message_type* accept =
        acceptor->copies_requests() ? nullptr : method->handler.request_type;
    base::Status status = call::KeepMessage(*first, accept, &kept);
    if (status.ok()) {
      status = TooLarge("the request", kept, acceptor->limits().max_message_size);
      if (!status.ok()) polycall_message_release(&kept);
    }
    if (!status.ok()) {
      Refuse(call, status, false);
      return;
    }
    if (kept.data == nullptr && !call::IsTyped(kept)) kept.data = "";
  }
  call::Call* handler = acceptor->NewCall(method);
  auto keep_alive = base::Ref<call::Call>::Share(handler);
  handler->set_link(base::Ref<call::Link>::Share(server_link_.get()));
  handler->set_send_credit(agreed_.receive.call_window);
  handler->set_deadline(call.deadline());
  handler->set_accepts(method->handler.request_type);
  if (!metadata.entries.empty()) handler->set_request_metadata(Copy(&metadata));
  server_link_->Join(call, *handler);
  if (!method->request_first() && first != nullptr) {
    handler->OnMessage(std::exchange(kept, polycall_message POLYCALL_MESSAGE_INIT));
  }
  if (end) handler->OnHalfClose();
  handler->task_request = kept;
  const bool has_request = method->request_first();
  const bool blocking_unary = method->kind == POLYCALL_UNARY && !call.is_async();
  if (blocking_unary || (method->flags & POLYCALL_METHOD_INLINE) != 0) {
    acceptor->Dispatch(handler, has_request ? &handler->task_request : nullptr);
    return;
  }
  // The handler may block or take long; the caller asked not to.
  handler->task.context = handler;
  handler->task.run = [](base::Task* task) {
    auto* self = static_cast<call::Call*>(task->context);
    auto keep = base::Ref<call::Call>::Share(self);
    auto* acceptor = static_cast<Acceptor*>(self->task_owner);
    acceptor->Dispatch(self, self->spec().request_first() ? &self->task_request : nullptr);
  };
  handler->task_owner = acceptor;
  if (!acceptor->reactor().Execute(&handler->task, acceptor->limits().max_pending_calls)) {
    handler->Finish(base::ResourceExhausted("all threads of the server are busy and "
                                            "max_pending_calls wait already"),
                    nullptr);
  }
}

base::Status InprocConnection::Send(call::Call& call, const polycall_message& message, bool end,
                                    bool, uint64_t* cost) {
  base::Ref<call::Call> handler = server_link_->Peer(call);
  if (!handler) return base::Status(POLYCALL_CANCELLED, "the handler is gone");
  polycall_message kept;
  if (base::Status status = call::KeepMessage(message, handler->accepts(), &kept); !status.ok()) {
    return status;
  }
  if (base::Status status = TooLarge("a message", kept, agreed_.max_send_message_size);
      !status.ok()) {
    polycall_message_release(&kept);
    return status;
  }
  *cost = call::MessageCost(kept);
  handler->OnMessage(kept);
  if (end) handler->OnHalfClose();
  return {};
}

void InprocConnection::HalfClose(call::Call& call) {
  if (base::Ref<call::Call> handler = server_link_->Peer(call)) handler->OnHalfClose();
}

void InprocConnection::Cancel(call::Call& call, int32_t code) {
  base::Ref<call::Call> handler = server_link_->Peer(call);
  if (!handler) return;
  server_link_->Part(call);
  handler->OnCancelled(code);
}

void InprocConnection::ReturnCredit(call::Call& call, uint64_t bytes) {
  if (base::Ref<call::Call> handler = server_link_->Peer(call)) {
    handler->OnCredit(static_cast<int64_t>(bytes));
  }
}

bool InprocConnection::WaitFor(base::Waiter& waiter, int64_t deadline) {
  if (waiter.TryTake()) return true;
  base::Reactor::YieldIfLeading();
  return waiter.Wait(deadline);
}

base::Status InprocConnection::Ping(int64_t, int64_t* round_trip_ns) {
  if (hub_->closed()) return base::Unavailable("the server was shut down");
  if (round_trip_ns != nullptr) *round_trip_ns = 0;
  return {};
}

void InprocConnection::Close(const base::Status& why) {
  if (closed_.exchange(true)) return;
  if (hub_->Enter()) {
    hub_->CountConnectionClosed();
    hub_->Leave();
  }
  server_link_->CancelCalls(why);
  observer_->OnClosed(this, why);
}

void InprocConnection::Drain() {
  draining_.store(true, std::memory_order_release);
  if (server_link_->calls() > 0 || closed_.exchange(true)) return;
  if (hub_->Enter()) {
    hub_->CountConnectionClosed();
    hub_->Leave();
  }
  observer_->OnClosed(this, base::Unavailable("the connection was drained"));
}

bool InprocConnection::CallInline(polycall_unary* unary, const polycall_method& method,
                                  int64_t deadline, call::Call* parent) {
  const int lane = base::ThisLane();
  if (!hub_->EnterWithCall(lane)) return false;  // the channel looks for another connection
  Acceptor* acceptor = hub_->acceptor();
  call::ServerMethod* target = Resolve(method);
  polycall_call** const place = call::HandlePlace(*unary);
  if (target == nullptr || acceptor->draining() || target->handler.fn == nullptr ||
      (unary->options != nullptr && unary->options->metadata != nullptr) ||
      (target->handler.asynchronous != 0 &&
       (deadline != base::kNever || parent != nullptr || place != nullptr))) {
    // Rarer things take the general way.
    hub_->LeaveUncalled(lane);
    return false;
  }
  if (deadline == base::kNever && parent == nullptr && place == nullptr &&
      target->handler.asynchronous == 0 && hub_->Passes(unary->request, *target)) {
    RunPlain(unary, *target, lane);
  } else {
    RunInline(unary, method, *target, deadline, parent);
  }
  hub_->LeaveWithCall(lane);
  return true;
}

void InprocConnection::RunPlain(polycall_unary* unary, call::ServerMethod& target, int lane) {
  call::InlineResult result{.unary = unary, .thread = call::ThreadToken()};
  target.metrics.Started(0, lane);
  if ((++t_inline_calls & kUnmeasured) == 0) result.began = base::Ticks();
  call::Call* handler = call::Call::NewInline(&target, hub_->interceptors(), server_link_.get(),
                                              &result, hub_->thread_hook());
  if (unary->response_place != nullptr) {
    handler->set_response_place(unary->response_type, unary->response_place);
  }
  hub_->acceptor()->DispatchInline(handler, &unary->request);
  if (result.in_place) {
    target.metrics.Ended(POLYCALL_OK, result.began != 0 ? base::Ticks() - result.began : 0, lane);
  } else if (!result.done.load(std::memory_order_relaxed)) {
    WaitInline(*handler, result, base::kNever);
  }
  handler->EndInline();
}

void InprocConnection::RunInline(polycall_unary* unary, const polycall_method& method,
                                 call::ServerMethod& target, int64_t deadline, call::Call* parent) {
  Acceptor* const acceptor = hub_->acceptor();
  polycall_call** const place = call::HandlePlace(*unary);
  call::InlineResult result{.unary = unary, .thread = call::ThreadToken()};
  target.metrics.Started(0);
  if ((++t_inline_calls & kUnmeasured) == 0) result.began = base::Ticks();
  call::Call* handler =
      call::Call::New(call::Call::Role::kHandler, &target, nullptr, &acceptor->interceptors());
  handler->SetRefs(place != nullptr ? 3 : 2);  // ours and the handle's, beside the handler's
  handler->set_borrowed_link(server_link_.get());
  handler->inline_result = &result;
  handler->set_deadline(deadline);
  if (parent != nullptr) handler->Inherit(parent);
  handler->set_thread_hook(acceptor->thread_hook());
  if (target.handler.asynchronous == 0 && unary->response_place != nullptr) {
    handler->set_response_place(unary->response_type, unary->response_place);
  }
  const polycall_message* request = &unary->request;
  polycall_message encoded = POLYCALL_MESSAGE_INIT;
  base::Status bad;
  if (call::IsTyped(*request) &&
      (target.handler.request_type == nullptr || acceptor->copies_requests() ||
       target.handler.request_type->identity != request->type->identity)) {
    bad = call::KeepMessage(*request, nullptr, &encoded);
    request = &encoded;
  }
  if (bad.ok()) bad = TooLarge("the request", *request, acceptor->limits().max_message_size);
  if (place != nullptr) {
    result.handle = call::Call::NewHandle(&method, handler);
    __atomic_store_n(place, result.handle->abi(), __ATOMIC_RELEASE);
  }
  if (bad.ok()) {
    acceptor->DispatchInline(handler, request);
  } else {
    handler->Finish(bad, nullptr);
  }
  if (result.in_place) {
    target.metrics.Ended(POLYCALL_OK, result.began != 0 ? base::Ticks() - result.began : 0);
  } else if (!result.done.load(std::memory_order_relaxed)) {
    WaitInline(*handler, result, deadline);
  }
  if (result.handle != nullptr) EndHandle(*handler, result);
  if (deadline != base::kNever && base::NowNs() >= deadline) {
    // It was waited for, but it is too late.
    polycall_status_clear(&unary->status);
    polycall_message_release(&unary->response);
    base::DeadlineExceeded("the deadline of " + method.path + " passed before its handler finished")
        .ToAbi(&unary->status);
  }
  polycall_message_release(&encoded);
  if (parent != nullptr) handler->LeaveParent();
  handler->EndInline();
}

// The call ends as its handler ended it, or cancelled if it was.
void InprocConnection::EndHandle(call::Call& handler, call::InlineResult& result) {
  if (!result.taken_back) {
    if (result.TakeBack()) {
      handler.Release();
    } else {
      handler.set_not_plain();  // who cancels has a reference
      polycall_status_clear(&result.unary->status);
      polycall_message_release(&result.unary->response);
      result.handle->WaitEnd(nullptr).ToAbi(&result.unary->status);
    }
  }
  result.handle->EndHandle();
  result.handle->Release();
}

// The handler returned without finishing: another thread will. It writes to this frame, so it is
// waited for, past the deadline too; but then it knows that it is.
void InprocConnection::WaitInline(call::Call& handler, call::InlineResult& result,
                                  int64_t deadline) {
  base::Reactor::YieldIfLeading();
  if (result.waiter.Wait(deadline)) return;
  handler.set_not_plain();
  handler.OnCancelled(POLYCALL_DEADLINE_EXCEEDED);
  while (!result.waiter.Wait(base::kNever)) {
  }
}

}  // namespace polycall::transport
