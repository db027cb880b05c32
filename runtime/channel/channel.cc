// Making calls: unary as a function, by callback, and streams.
#include "channel/channel.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "channel/hedge.h"

namespace polycall::channel {

using call::Call;

MethodTable::~MethodTable() {
  const polycall_method* method = newest_.load();
  while (method != nullptr) {
    const std::unique_ptr<const polycall_method> owned(method);
    method = owned->next;
  }
}

const polycall_method* MethodTable::Intern(const char* service,
                                           const polycall_method_descriptor& descriptor,
                                           const void* channel, bool* added) {
  *added = false;
  auto fresh = std::make_unique<polycall_method>();
  fresh->service = service;
  fresh->method = descriptor.name;
  fresh->path = std::string(service) + "/" + descriptor.name;
  fresh->kind = descriptor.kind;
  fresh->flags = descriptor.flags;
  fresh->default_timeout_ns = descriptor.default_timeout_ns;
  fresh->channel = channel;
  const polycall_method* newest = newest_.load(std::memory_order_acquire);
  do {
    for (const polycall_method* method = newest; method != nullptr; method = method->next) {
      if (method->path == fresh->path && method->kind == fresh->kind) return method;
    }
    fresh->next = newest;
    fresh->index = newest != nullptr ? newest->index + 1 : 0;
  } while (!newest_.compare_exchange_weak(newest, fresh.get(), std::memory_order_acq_rel));
  *added = true;
  return fresh.release();
}

std::vector<const polycall_method*> MethodTable::All() {
  std::vector<const polycall_method*> all;
  for (const polycall_method* method = newest_.load(std::memory_order_acquire); method != nullptr;
       method = method->next) {
    all.push_back(method);
  }
  return all;
}

namespace {

constexpr polycall_call_options kNoOptions = POLYCALL_CALL_OPTIONS_INIT;

Call* ParentOf(const polycall_call_options& options) {
  if (options.parent != nullptr) return Call::From(options.parent);
  return (options.flags & POLYCALL_CALL_DETACHED) != 0 ? nullptr : Call::Current();
}

// The struct that the caller compiled may be shorter than ours.
const polycall_call_options& OptionsOf(const polycall_call_options* options,
                                       polycall_call_options* copy) {
  if (options == nullptr) return kNoOptions;
  if (options->struct_size >= sizeof(*options)) return *options;
  *copy = kNoOptions;
  memcpy(copy, options, options->struct_size);
  return *copy;
}

}  // namespace

int64_t Channel::DeadlineOf(const polycall_method& method, const polycall_call_options& options) {
  const int64_t timeout = options.timeout_ns != 0 ? options.timeout_ns : method.default_timeout_ns;
  if (timeout == 0) {
    const int64_t bound = call_time_ns_.load(std::memory_order_relaxed);
    return bound == 0 ? base::kNever : base::DeadlineAfter(bound);
  }
  return base::DeadlineAfter(std::max<int64_t>(timeout, 0));
}

// A call with everything but its request and connection. `error`: it must end with that at once.
Call* Channel::NewCall(const polycall_method& method, const polycall_call_options* abi_options,
                       const polycall_message_type* accepts, base::Status* error) {
  polycall_call_options copy;
  const polycall_call_options& options = OptionsOf(abi_options, &copy);
  Call* call = Call::New(Call::Role::kCaller, &method, this, &options_.interceptors);
  CountBegin();
  call->set_call_flags(options.flags);
  call->set_thread_hook(options_.hook);
  call->set_accepts(accepts != nullptr ? accepts : options.response_type);
  call->set_deadline(DeadlineOf(method, options));
  if (options.metadata != nullptr && !options.metadata->entries.empty()) {
    call->set_request_metadata(std::make_unique<call::Metadata>(*options.metadata));
  }
  if (Call* parent = ParentOf(options)) call->Inherit(parent);
  if (!options_.interceptors.empty()) {
    *error = options_.interceptors.Started(call->abi(), call->mutable_request_metadata(),
                                           call->interceptor_states());
  }
  if (error->ok() && options.timeout_ns < 0) {
    *error = base::DeadlineExceeded("the deadline had passed before the call was made");
  }
  return call;
}

// A unary call over inproc, without a call object of the caller's.
bool Channel::CallInline(polycall_unary* unary) {
  if (inline_.load(std::memory_order_relaxed) == nullptr || !options_.interceptors.empty()) {
    return false;
  }
  Call* parent;
  int64_t deadline = base::kNever;
  if (unary->options == nullptr) {
    parent = Call::Current();
    if ((unary->method->default_timeout_ns | call_time_ns_.load(std::memory_order_relaxed)) != 0) {
      deadline = DeadlineOf(*unary->method, kNoOptions);
    }
  } else {
    polycall_call_options copy;
    const polycall_call_options& options = OptionsOf(unary->options, &copy);
    if (options.timeout_ns < 0) return false;
    parent = ParentOf(options);
    deadline = DeadlineOf(*unary->method, options);
  }
  if (parent != nullptr) {
    if (parent->IsCancelled()) return false;
    deadline = std::min(deadline, parent->deadline());
  }
  transport::Connection* connection = inline_.load(std::memory_order_acquire);
  return connection != nullptr && connection->CallInline(unary, *unary->method, deadline, parent);
}

// The call needs nothing but its messages.
bool Channel::IsPlain(const polycall_unary& unary, const polycall_call_options& options) {
  constexpr uint32_t kPlain =
      POLYCALL_CALL_WAIT_FOR_READY | POLYCALL_CALL_DETACHED | POLYCALL_CALL_NO_RETRY;
  return options_.interceptors.empty() && ParentOf(options) == nullptr &&
         (options.timeout_ns | unary.method->default_timeout_ns |
          call_time_ns_.load(std::memory_order_relaxed)) == 0 &&
         options.metadata == nullptr && (options.flags & ~kPlain) == 0 &&
         !IsHedged(unary.method->flags, options.flags);
}

// A plain unary call without a call object of the caller's.
bool Channel::CallDirect(polycall_unary* unary) {
  polycall_call_options copy;
  if (!IsPlain(*unary, OptionsOf(unary->options, &copy))) return false;
  CountBegin();
  bool done = false;
  if (const base::Ref<transport::Connection> connection = Current()) {
    done = connection->CallInline(unary, *unary->method, base::kNever, nullptr);
  }
  live_.fetch_sub(kLive, std::memory_order_release);
  return done;
}

// The same by callback.
bool Channel::StartPlain(const polycall_unary& unary, polycall_unary_fn done, void* arg) {
  polycall_call_options copy;
  const polycall_call_options& options = OptionsOf(unary.options, &copy);
  if (!IsPlain(unary, options)) return false;
  const base::Ref<transport::Connection> connection = Current();
  if (!connection) return false;
  CountBegin();
  if (connection->StartPlain({unary.method, options.flags, done, arg}, unary.request, this)) {
    return true;
  }
  CountEnd();
  return false;
}

namespace {

// What a unary call by callback carries to its end.
struct UnaryContext {
  polycall_unary_fn done;
  void* arg;
  bool want_metadata;
};

void UnaryEnded(Call& call, void* arg, const base::Status& status, polycall_message* response) {
  const std::unique_ptr<UnaryContext> context(static_cast<UnaryContext*>(arg));
  polycall_unary unary = POLYCALL_UNARY_INIT;
  unary.method = static_cast<const polycall_method*>(&call.spec());
  status.ToAbi(&unary.status);
  if (status.ok())
    unary.response = std::exchange(*response, polycall_message POLYCALL_MESSAGE_INIT);
  if (context->want_metadata) {
    unary.initial_metadata = call.TakeInitialMetadata().release();
    unary.trailing_metadata = call.TakeTrailingMetadata().release();
  }
  context->done(context->arg, &unary);
  polycall_status_clear(&unary.status);
  polycall_message_release(&unary.response);
  polycall_metadata_free(unary.initial_metadata);
  polycall_metadata_free(unary.trailing_metadata);
}

}  // namespace

void Channel::TakeOver(const transport::PlainUnary& plain, const polycall_message& request,
                       const base::Status& status, bool not_started) {
  polycall_call_options options = POLYCALL_CALL_OPTIONS_INIT;
  options.flags = plain.flags | POLYCALL_CALL_DETACHED;
  base::Status error;
  auto call = base::Ref<Call>::Adopt(NewCall(*plain.method, &options, nullptr, &error));
  call->SetUnaryDone(&UnaryEnded, new UnaryContext{plain.done, plain.arg, false});
  if (call->StartWithRequest(request).ok() && Retry(*call, status, not_started)) return;
  call->EndLocally(status);
}

void Channel::Unary(polycall_unary* unary) {
  unary->status = POLYCALL_STATUS_INIT;
  unary->response = POLYCALL_MESSAGE_INIT;
  unary->initial_metadata = unary->trailing_metadata = nullptr;
  if (CallInline(unary)) return;
  if (options_.target.transport == "inproc" && inline_.load(std::memory_order_relaxed) == nullptr) {
    // Cheap enough to do before the call is looked at; what fails is found again below.
    base::Ref<transport::Connection> connection;
    if (Connect(false, base::kNever, nullptr, &connection).ok() && CallInline(unary)) return;
  }
  if (call::HandlePlace(*unary) != nullptr || !CallDirect(unary)) UnaryByCall(unary);
}

// The general way: a call object, which can wait, be retried, intercepted and cancelled.
void Channel::UnaryByCall(polycall_unary* unary) {
  base::Status error;
  auto call =
      base::Ref<Call>::Adopt(NewCall(*unary->method, unary->options, unary->response_type, &error));
  if (!error.ok()) call->EndLocally(error);
  call->InterceptMessage(unary->request, true);
  call->BorrowRequest(unary->request);
  if (polycall_call** place = call::HandlePlace(*unary)) {
    call->shared = true;
    call->Retain();  // the user's
    __atomic_store_n(place, call->abi(), __ATOMIC_RELEASE);
  }
  if (!call->ended()) {
    if (base::Ref<transport::Connection> connection = Current()) {
      AttachNow(*call, std::move(connection));
    }
  }
  const base::Status status = call->WaitEnd(nullptr);
  status.ToAbi(&unary->status);
  if (status.ok()) {
    unary->response = call->TakeResponse();
  }
  if (unary->options != nullptr && (unary->options->flags & POLYCALL_CALL_WANT_METADATA) != 0) {
    unary->initial_metadata = call->TakeInitialMetadata().release();
    unary->trailing_metadata = call->TakeTrailingMetadata().release();
  }
}

void Channel::UnaryAsync(const polycall_unary& unary, polycall_unary_fn done, void* arg,
                         polycall_call** out) {
  if (out == nullptr && StartPlain(unary, done, arg)) return;
  base::Status error;
  auto call =
      base::Ref<Call>::Adopt(NewCall(*unary.method, unary.options, unary.response_type, &error));
  const bool want_metadata =
      unary.options != nullptr && (unary.options->flags & POLYCALL_CALL_WANT_METADATA) != 0;
  call->SetUnaryDone(&UnaryEnded, new UnaryContext{done, arg, want_metadata});
  if (out != nullptr) {
    call->Retain();
    *out = call->abi();
  }
  if (error.ok()) {
    call->InterceptMessage(unary.request, true);
    error = call->StartWithRequest(unary.request);
  }
  if (!error.ok()) {
    call->EndLocally(error);
    return;
  }
  call->ArmDeadline();
  AttachOrQueue(*call, 0);
}

Call* Channel::Start(const polycall_method& method, const polycall_call_options* options) {
  base::Status error;
  Call* call = NewCall(method, options, nullptr, &error);
  if (!error.ok()) {
    call->EndLocally(error);
    return call;
  }
  AttachOrQueue(*call, 0);
  return call;
}

bool Channel::IsHedged(uint32_t method_flags, uint32_t call_flags) const {
  return options_.hedging_delay_ns > 0 && ((method_flags & POLYCALL_METHOD_IDEMPOTENT) != 0 ||
                                           (call_flags & POLYCALL_CALL_IDEMPOTENT) != 0);
}

void Channel::AttachNow(Call& call, base::Ref<transport::Connection> connection) {
  if (call.kept_request() != nullptr && call.spec().kind == POLYCALL_UNARY &&
      IsHedged(call.spec().flags, call.call_flags())) [[unlikely]] {
    const int64_t credit = connection->call_credit();
    call.Attach(base::Ref<call::Link>::Adopt(new HedgeLink(this, std::move(connection))), credit);
    return;
  }
  const int64_t credit = connection->call_credit();
  call.Attach(std::move(connection), credit);
}

void Channel::AttachOrQueue(Call& call, int64_t not_before) {
  if (not_before == 0) {
    if (base::Ref<transport::Connection> connection = Current()) {
      AttachNow(call, std::move(connection));
      return;
    }
  }
  bool full;
  {
    base::MutexLock lock(mutex_);
    full = pending_.size() >= options_.limits.max_pending_calls || closing_;
    if (!full) {
      call.queued = true;
      pending_.push_back({base::Ref<Call>::Share(&call), not_before, false});
    }
  }
  if (full) {
    call.EndLocally(base::ResourceExhausted("max_pending_calls wait for a connection to " +
                                            options_.target_text + " already"));
    return;
  }
  SchedulePending(not_before);
}

bool Channel::TakePending(Call& call) {
  base::MutexLock lock(mutex_);
  for (auto it = pending_.begin(); it != pending_.end(); ++it) {
    if (it->call.get() == &call) {
      pending_.erase(it);
      return true;
    }
  }
  return false;
}

void Channel::CallDone(Call&, int32_t) { CountEnd(); }

// The last call of all counts down under the lock, which is the last that it touches: the destructor waits
// for the count, and may look at it at any time.
void Channel::CountEnd() {
  uint64_t count = live_.load(std::memory_order_relaxed);
  while (LiveOf(count) > kLive) {
    if (live_.compare_exchange_weak(count, count - kLive, std::memory_order_release,
                                    std::memory_order_relaxed)) {
      return;
    }
  }
  base::MutexLock lock(mutex_);
  live_.fetch_sub(kLive, std::memory_order_release);
  if (closing_) changed_.notify_all();
}

bool Channel::Retry(Call& call, const base::Status& status, bool not_started) {
  const bool idempotent = ((call.call_flags() & POLYCALL_CALL_IDEMPOTENT) != 0) ||
                          ((call.spec().flags & POLYCALL_METHOD_IDEMPOTENT) != 0);
  int64_t not_before = 0;
  if (not_started && call.wire_id == 0 && call.moves < kMostMoves) {
    // It met a connection that was just replaced, and never left this process: that was no attempt.
    ++call.moves;
  } else {
    if ((call.call_flags() & POLYCALL_CALL_NO_RETRY) != 0) return false;
    if (!not_started && !(idempotent && status.code() == POLYCALL_UNAVAILABLE)) return false;
    const bool waits = (call.call_flags() & POLYCALL_CALL_WAIT_FOR_READY) != 0;
    const uint32_t attempt = call.attempts() + 1;
    if (attempt >= options_.max_attempts && !(waits && not_started)) return false;
    call.set_attempts(attempt);
    // What never started goes elsewhere at once, the first time.
    const int64_t wait = not_started && attempt == 1 ? 0 : WaitAfter(attempt - 1);
    not_before = wait == 0 ? 0 : base::DeadlineAfter(wait);
  }
  if (not_before >= call.deadline()) return false;
  {
    base::MutexLock lock(mutex_);
    if (closing_) return false;
    pending_.push_back({base::Ref<Call>::Share(&call), not_before, call.borrows_request()});
  }
  // A blocking unary call attaches itself, on the thread whose request it borrows (WaitAttached).
  if (!call.borrows_request()) SchedulePending(not_before);
  return true;
}

}  // namespace polycall::channel
