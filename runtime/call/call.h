// Call: the state machine of one RPC, seen from the caller or from the handler. polycall_call is
// this.
//
//            Start            Send*           HalfClose
//   caller: created ------> started ------> half-closed ----+
//                                                           +--> ended (status, trailing metadata)
//   handler:       dispatched ---- Send* ---- Finish -------+
//
// The link (the connection as a call sees it) reports what the peer does through the On... functions;
// the user acts through the others. Neither side's lock is held while the other is called, and user
// code runs under no lock at all.
#ifndef POLYCALL_CALL_CALL_H_
#define POLYCALL_CALL_CALL_H_

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/fork.h"
#include "base/mutex.h"
#include "base/reactor.h"
#include "base/ref.h"
#include "base/status.h"
#include "base/thread_hook.h"
#include "base/waiter.h"
#include "call/interceptor.h"
#include "call/link.h"
#include "call/message.h"
#include "call/metadata.h"
#include "call/method.h"

namespace polycall::call {

// What a message costs of the credit at the receiver: its bytes and a header; a passed object counts
// as much as a message of medium size.
inline constexpr uint64_t kObjectCost = 4096;
inline uint64_t MessageCost(const polycall_message& message) {
  return IsTyped(message) ? kObjectCost : message.size + 16;
}

// What a channel or server does for its calls. Thread-safe.
class CallOwner {
 public:
  // A caller's call that no handler saw has ended with `status`: true if the owner will start it
  // again (through Call::Attach), false to let it end.
  virtual bool Retry(Call& call, const base::Status& status, bool not_started) = 0;
  // The call will not touch its owner again.
  virtual void CallDone(Call& call, int32_t code) = 0;
  // Blocks in the caller's thread until a call that has no link yet has one, was ended, or
  // `deadline` came; false then.
  virtual bool WaitAttached(Call& call, base::Waiter& waiter, int64_t deadline) = 0;

 protected:
  ~CallOwner() = default;
};

class Call;

// Where the maker of a blocking unary call wants its handle, so that other threads can cancel it; NULL:
// nowhere.
inline polycall_call** HandlePlace(const polycall_unary& unary) {
  return unary.struct_size >= sizeof(unary) ? unary.call : nullptr;
}

// A unary call that runs as a function call in the caller's frame (inproc): where its outcome goes.
// Lives on the caller's stack.
struct InlineResult {
  polycall_unary* unary;
  const void* thread;  // ThreadToken() of the caller
  uint64_t began = 0;  // ticks, if this one is measured
  std::atomic<bool> done{false};
  base::Waiter waiter{};
  // What other threads can cancel the call with, referenced; NULL: nothing.
  Call* handle = nullptr;
  bool taken_back = false;
  bool in_place = false;  // FinishInPlace was all that was done; the frame is to count it

  // The caller's frame only: from now on nobody reaches the handler's call by the handle, whose
  // reference to it is ours. False: somebody has cancelled the call, or is about to.
  bool TakeBack();
};

// A unary handler on the thread that read its request. As long as it asks for nothing but its answer,
// the call needs no lock and its references are counted here. Lives on that thread's stack.
class PlainRun {
 public:
  // `more_behind`: other requests that were read wait for this one.
  PlainRun(Call* call, bool more_behind)
      : more_behind(more_behind), call_(call), before_(t_current) {
    t_current = this;
  }
  ~PlainRun() { t_current = before_; }
  PlainRun(const PlainRun&) = delete;
  PlainRun& operator=(const PlainRun&) = delete;
  // The one that this thread is in for `call`, or NULL.
  static PlainRun* Of(const Call* call) {
    return t_current != nullptr && t_current->call_ == call ? t_current : nullptr;
  }

  const bool more_behind;
  base::Reactor::Yielded yielded;  // what became of the leadership before the handler
  bool finished = false;
  bool others_waited = false;  // while a handler ran that took long
  int32_t code = POLYCALL_OK;
  uint64_t ticks = 0;     // from the handler's begin to its answer, which is still to be sent
  bool in_table = false;  // the connection forgot the call, and gave its reference to us

 private:
  static constinit thread_local PlainRun* t_current;
  Call* const call_;
  PlainRun* const before_;
};

// An address that tells threads apart.
inline const void* ThreadToken() {
  static thread_local char token;
  return &token;
}

class Call final : public base::RefCounted<Call> {
 public:
  enum class Role : uint8_t { kCaller, kHandler };

  // From this thread's cache of ended calls. One reference. The owner may be NULL.
  static Call* New(Role role, const MethodSpec* spec, CallOwner* owner,
                   const InterceptorChain* interceptors);
  void Destroy();  // for RefCounted
  // A handler's call in the caller's frame, without anything but its link. Two references, one of them
  // the handler's.
  static Call* NewInline(const MethodSpec* spec, const InterceptorChain* interceptors, Link* link,
                         InlineResult* result, const polycall_thread_hook* hook);

  static Call* From(polycall_call* call) { return reinterpret_cast<Call*>(call); }
  static const Call* From(const polycall_call* call) { return reinterpret_cast<const Call*>(call); }
  polycall_call* abi() { return reinterpret_cast<polycall_call*>(this); }

  // ---- what everybody may ask
  Role role() const { return role_; }
  const MethodSpec& spec() const { return *spec_; }
  int64_t deadline() const { return deadline_; }
  Link* link() const { return link_ptr_.load(std::memory_order_acquire); }
  const polycall_message_type* accepts() const { return accepts_; }
  bool is_async() const { return async_.load(std::memory_order_acquire); }
  // Made by the process that this one was forked from: to be left alone.
  bool forked() const { return generation_ != base::ForkGeneration(); }
  bool ended() const { return ended_.load(std::memory_order_acquire); }
  const Metadata& request_metadata() const {
    return request_metadata_ ? *request_metadata_ : EmptyMetadata();
  }

  // ---- set-up, before other threads know the call
  void set_deadline(int64_t deadline) { deadline_ = deadline; }
  void set_accepts(const polycall_message_type* type) { accepts_ = type; }
  void set_reactor(base::Reactor* reactor) { reactor_ = reactor; }
  void set_thread_hook(const polycall_thread_hook* hook) { hook_ = hook; }
  void set_request_metadata(std::unique_ptr<Metadata> metadata) {
    request_metadata_ = std::move(metadata);
  }
  Metadata* mutable_request_metadata() {
    if (!request_metadata_) request_metadata_ = std::make_unique<Metadata>();
    return request_metadata_.get();
  }
  void set_call_flags(uint32_t flags) { call_flags_ = flags; }
  uint32_t call_flags() const { return call_flags_; }
  void set_attempts(uint32_t attempts) { attempts_ = attempts; }
  uint32_t attempts() const { return attempts_; }
  // Makes this call end when `parent` is cancelled. Bounds the deadline by the parent's.
  void Inherit(Call* parent);
  void LeaveParent();
  // Arms the deadline: at its time the call ends (caller) or is cancelled (handler).
  void ArmDeadline();

  // The link's own words about this call; the link's lock guards them.
  uint32_t wire_id = 0;
  uint32_t wire_unreturned = 0;  // consumed bytes for which no credit was sent yet
  Call* peer = nullptr;          // inproc: the other end, referenced
  Call* next_blocked = nullptr;
  bool wire_blocked = false;
  bool wire_async = false;
  bool queued = false;  // the owner's: it has waited for a connection
  uint8_t moves = 0;    // the owner's: connections it met that had just been left
  uint64_t began = 0;   // handler: ticks when it was dispatched
  bool shared = false;  // other threads got a handle of this blocking call, to cancel it

  // ---- caller
  // Gives the call its connection and what it may send at first. Starts it, and whatever waited.
  void Attach(base::Ref<Link> link, int64_t send_credit);
  // A blocking call's request, which outlives the call's use of it.
  void BorrowRequest(const polycall_message& request) {
    kept_request_ = request;
    has_kept_request_ = borrowed_request_ = true;
  }
  bool borrows_request() const { return borrowed_request_; }
  // The caller's end of a call that runs in the caller's frame: it can be cancelled, and no more. Takes
  // a reference to the handler's end, until the frame takes it back or somebody cancels.
  static Call* NewHandle(const MethodSpec* spec, Call* handler);
  // The call returned: cancelling does nothing any more.
  void EndHandle();
  // Ends it from this side: the status is what the caller sees, the peer is told.
  void EndLocally(const base::Status& status);
  void HalfClose();
  const Metadata& WaitInitialMetadata();
  base::Status WaitEnd(const Metadata** trailing);
  void WaitEndAsync(polycall_ended_fn ended, void* arg);
  // Unary calls by callback: `done` runs at the end, with the response.
  using UnaryDone = void (*)(Call& call, void* arg, const base::Status& status,
                             polycall_message* response);
  void SetUnaryDone(UnaryDone done, void* arg);
  // Blocking unary: after WaitEnd, the response (the caller's to release).
  polycall_message TakeResponse();
  std::unique_ptr<Metadata> TakeInitialMetadata();
  std::unique_ptr<Metadata> TakeTrailingMetadata();
  // What the request was, for a retry. NULL when there is none.
  const polycall_message* kept_request() const {
    return has_kept_request_ ? &kept_request_ : nullptr;
  }
  // Starts (or, before Attach, keeps) a call whose request is known from the first.
  base::Status StartWithRequest(const polycall_message& request);

  // ---- both
  base::Status Send(const polycall_message& message, uint32_t flags);
  void SendAsync(const polycall_message& message, uint32_t flags, polycall_done_fn done, void* arg);
  bool Receive(polycall_message* out);
  void ReceiveAsync(polycall_receive_fn received, void* arg);
  void CancelByUser(int32_t code, std::string_view message);

  // ---- handler
  void set_send_credit(int64_t credit) { send_credit_ = credit; }
  void set_link(base::Ref<Link> link);
  void set_borrowed_link(Link* link);  // it outlives the call, or OwnLink comes
  void OwnLink();
  base::Status SendInitialMetadata(const Metadata& metadata);
  base::Status SetTrailingMetadata(const Metadata& metadata);
  // Ends the call. Takes the handler's reference.
  void Finish(base::Status status, const polycall_message* response);
  // The same with OK, where that is next to nothing: the answer stands where the caller wants it. False:
  // it is not so, and nothing was done.
  bool FinishInPlace(const polycall_message& response);
  // Also notices the deadline itself, and then tells who asked to be told (OnCancel).
  bool IsCancelled();
  void OnCancel(void (*cancelled)(void* arg), void* arg);
  void set_not_plain() { plain_.store(false, std::memory_order_relaxed); }
  bool plain() const { return plain_.load(std::memory_order_relaxed); }
  bool finished() const { return finished_.load(std::memory_order_acquire); }
  std::vector<void*>* interceptor_states() { return &interceptor_states_; }
  void InterceptMessage(const polycall_message& message, bool sent);
  // A message of the caller's stream, as the handler takes it. Not as it arrives: over inproc that is on
  // the caller's thread, and may be before the interceptors of the server have begun with the call.
  void InterceptReceived(const polycall_message& message) {
    if (role_ == Role::kHandler) InterceptMessage(message, false);
  }
  // CallInline's end of a call that was finished in its frame: back to the cache, cheaply.
  void EndInline();
  // The end of a PlainRun that finished the call: gives `refs` references back.
  void EndPlain(uint32_t refs);
  void SetRefs(uint32_t refs) {
    refs_.store(refs, std::memory_order_relaxed);
  }  // before it is known
  // The request was all that the caller sends.
  void PresetHalfClosed() NO_THREAD_SAFETY_ANALYSIS { remote_closed_ = true; }
  void mark_dispatched() { dispatched_ = true; }
  bool dispatched() const { return dispatched_; }
  // Offers the caller's place for the response (inproc).
  void set_response_place(const polycall_message_type* type, void* place) {
    place_type_ = type;
    place_ = place;
  }
  void* response_place(const polycall_message_type* type) const {
    return place_ != nullptr && place_type_->identity == type->identity ? place_ : nullptr;
  }

  // ---- the link's reports. `message` is owned by the call from then on.
  void OnInitialMetadata(std::unique_ptr<Metadata> metadata);
  // `charged`: it cost credit, which is returned when the message was taken or dropped.
  void OnMessage(polycall_message owned, bool charged = true);
  void OnHalfClose();  // handler
  void OnStatus(base::Status status, std::unique_ptr<Metadata> trailing, polycall_message* response,
                bool not_started);  // caller
  void OnCancelled(int32_t code);   // handler
  void OnCredit(int64_t bytes);
  void OnConnectionCredit();

  // The call whose handler runs on this thread.
  static Call* Current() { return t_current; }
  static Call* SetCurrent(Call* call) { return std::exchange(t_current, call); }

  // The user's references count apart: they share one of the runtime's, and when they are gone a
  // call that has not ended is given up.
  void RetainUser() {
    set_not_plain();
    user_refs_.fetch_add(1, std::memory_order_relaxed);
  }
  void ReleaseUser();

  base::Task task;  // for whoever moves this call to a pool thread
  void* task_owner = nullptr;
  polycall_message task_request = POLYCALL_MESSAGE_INIT;  // owned, goes with the task
  InlineResult* inline_result = nullptr;                  // the handler runs in the caller's frame

 private:
  friend class base::RefCounted<Call>;
  friend struct InlineResult;
  friend class CallPool;
  static constinit thread_local Call* t_current;
  Call() = default;
  ~Call() = default;
  void Reset();

  struct Children;
  void CancelChildren(int32_t code);
  void EndWithParent(int32_t code);
  bool End(base::Status status, std::unique_ptr<Metadata> trailing) EXCLUDES(mutex_);
  bool MaySendLocked(base::Status* error) REQUIRES(mutex_);
  base::Status EndedStatusLocked() REQUIRES(mutex_);
  base::Status SendNow(const polycall_message& message, uint32_t flags);
  void FinishPlain(PlainRun* run, const base::Status& status, const polycall_message* response);
  void LogFinishedTwice() const;
  void Drain();  // runs the callbacks that are due
  void DrainHere();
  void ReturnCredit(uint64_t bytes);
  void PostDrain();
  void NoteAsync();
  void DisarmDeadline();
  static void DeadlineFired(base::Timer* timer);

  std::atomic<uint32_t> user_refs_{1};
  Role role_ = Role::kCaller;
  const MethodSpec* spec_ = nullptr;
  CallOwner* owner_ = nullptr;
  const InterceptorChain* interceptors_ = nullptr;
  const polycall_message_type* accepts_ = nullptr;
  const polycall_thread_hook* hook_ = nullptr;
  base::Reactor* reactor_ = nullptr;  // NULL: the process's
  int64_t deadline_ = base::kNever;
  uint32_t call_flags_ = 0;
  uint32_t generation_ = 0;
  uint32_t attempts_ = 0;
  bool dispatched_ = false;
  const polycall_message_type* place_type_ = nullptr;
  void* place_ = nullptr;
  std::atomic<Link*> link_ptr_{nullptr};
  std::unique_ptr<Metadata> request_metadata_;
  std::vector<void*> interceptor_states_;

  mutable base::Mutex mutex_;
  base::Ref<Link> link_ GUARDED_BY(mutex_);
  std::vector<base::Ref<Link>> old_links_ GUARDED_BY(mutex_);  // of earlier attempts
  std::atomic<bool> ended_{false};
  std::atomic<bool> finished_{false};   // handler: Finish was called
  std::atomic<bool> cancelled_{false};  // handler
  std::atomic<bool> ending_{false};
  std::atomic<bool> plain_{true};   // nothing was used that a plain inline call does not use
  std::atomic<bool> async_{false};  // caller: some operation was by callback
  bool started_ GUARDED_BY(mutex_) = false;
  bool opened_ GUARDED_BY(mutex_) = false;         // caller: the link took the start
  bool close_wanted_ GUARDED_BY(mutex_) = false;   // half-closed before there was a link
  bool local_closed_ GUARDED_BY(mutex_) = false;   // we sent the half-close
  bool remote_closed_ GUARDED_BY(mutex_) = false;  // the caller did
  bool sent_message_ GUARDED_BY(mutex_) = false;
  bool initial_sent_ GUARDED_BY(mutex_) = false;
  bool connection_blocked_ GUARDED_BY(mutex_) = false;
  int64_t send_credit_ = 0;
  MessageQueue received_ GUARDED_BY(mutex_);
  uint64_t charged_ GUARDED_BY(mutex_) = 0;  // credit of messages that came, not yet returned
  bool discard_ GUARDED_BY(mutex_) = false;  // the caller waits for the end: drop what comes
  base::Status status_ GUARDED_BY(mutex_);
  base::Status forced_ GUARDED_BY(mutex_);  // handler: how it ends whatever finish says
  std::unique_ptr<Metadata> initial_metadata_ GUARDED_BY(mutex_);
  std::unique_ptr<Metadata> trailing_metadata_ GUARDED_BY(mutex_);
  bool has_initial_ GUARDED_BY(mutex_) = false;
  bool had_message_ GUARDED_BY(mutex_) = false;  // one came, taken or not

  bool has_kept_request_ = false;
  bool borrowed_request_ = false;
  polycall_message kept_request_ = POLYCALL_MESSAGE_INIT;
  uint8_t request_place_[128];  // small requests are kept here

  base::Waiter send_waiter_;
  base::Waiter receive_waiter_;

  polycall_receive_fn receive_cb_ GUARDED_BY(mutex_) = nullptr;
  void* receive_arg_ GUARDED_BY(mutex_) = nullptr;
  polycall_done_fn send_cb_ GUARDED_BY(mutex_) = nullptr;
  void* send_arg_ GUARDED_BY(mutex_) = nullptr;
  bool send_done_ GUARDED_BY(mutex_) = false;  // the pending send went out
  int32_t send_code_ GUARDED_BY(mutex_) = 0;
  bool send_pending_ GUARDED_BY(mutex_) = false;  // it waits for credit
  polycall_message pending_message_ GUARDED_BY(mutex_) = POLYCALL_MESSAGE_INIT;
  uint32_t pending_flags_ GUARDED_BY(mutex_) = 0;
  polycall_ended_fn ended_cb_ GUARDED_BY(mutex_) = nullptr;
  void* ended_arg_ GUARDED_BY(mutex_) = nullptr;
  UnaryDone unary_done_ GUARDED_BY(mutex_) = nullptr;
  void* unary_arg_ GUARDED_BY(mutex_) = nullptr;
  void (*cancel_cb_)(void* arg) GUARDED_BY(mutex_) = nullptr;
  void* cancel_arg_ GUARDED_BY(mutex_) = nullptr;
  bool cancel_running_ GUARDED_BY(mutex_) = false;
  std::thread::id cancel_thread_ GUARDED_BY(mutex_);
  bool draining_ GUARDED_BY(mutex_) = false;
  bool drain_posted_ GUARDED_BY(mutex_) = false;
  base::Task drain_task_;

  base::Timer timer_;
  std::atomic<bool> timer_armed_{false};

  std::atomic<Call*> parent_{nullptr};          // referenced
  std::atomic<Call*> inline_handler_{nullptr};  // a handle's: whom to cancel, referenced
  std::vector<Call*> children_ GUARDED_BY(mutex_);
};

inline bool InlineResult::TakeBack() {
  if (handle == nullptr || taken_back) return true;
  taken_back = handle->inline_handler_.exchange(nullptr, std::memory_order_acq_rel) != nullptr;
  return taken_back;
}

// Set while a thread that waits for its own call reads for the whole connection: callbacks of other
// calls then go to the reactor's threads, because they may block.
extern thread_local bool t_defer_callbacks;

}  // namespace polycall::call

#endif  // POLYCALL_CALL_CALL_H_
