// inproc: caller and handler in one process. A blocking unary call is a function call; everything
// else passes messages between the two ends' call objects.
#ifndef POLYCALL_TRANSPORT_INPROC_INPROC_CONNECTION_H_
#define POLYCALL_TRANSPORT_INPROC_INPROC_CONNECTION_H_

#include <unistd.h>

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/gate.h"
#include "base/mutex.h"
#include "transport/transport.h"

namespace polycall::transport {

// What the connections of one listener share: the door of its server. Outlives the server, so that a
// caller who comes late is refused and not lost.
class InprocServerLink;

class InprocHub final : public base::RefCounted<InprocHub> {
 public:
  InprocHub(Acceptor* acceptor, std::string address)
      : acceptor_(acceptor),
        address_(std::move(address)),
        interceptors_(acceptor->interceptors().empty() ? nullptr : &acceptor->interceptors()),
        hook_(acceptor->thread_hook()),
        most_(acceptor->limits().max_message_size),
        copies_(acceptor->copies_requests()) {}

  // Goes in for the time of an access to the server. False: the door is closed.
  bool Enter() { return door_.Enter(); }
  // The same for a call that only the hub counts.
  bool EnterWithCall(int lane) { return door_.EnterCounted(lane); }
  void LeaveUncalled(int lane) { door_.LeaveUncounted(lane); }
  void LeaveWithCall(int lane) { door_.Leave(lane); }
  void CountFailed() { failed_.fetch_add(1, std::memory_order_relaxed); }
  uint64_t failed() const { return failed_.load(std::memory_order_relaxed); }
  void Leave() { door_.Leave(); }
  // Shuts the door. The connections count as closed from then on.
  void Close() {
    door_.Close();
    for (uint32_t left = connections_.exchange(0); left > 0; --left) acceptor_->ConnectionClosed();
  }
  // Inside only.
  void CountConnection() {
    acceptor_->AdmitConnection();
    connections_.fetch_add(1);
  }
  void CountConnectionClosed() {
    uint32_t count = connections_.load();
    while (count > 0 && !connections_.compare_exchange_weak(count, count - 1)) {
    }
    if (count > 0) acceptor_->ConnectionClosed();
  }
  bool closed() const { return door_.closed(); }
  uint32_t inside() const { return door_.inside(); }
  uint64_t started() const { return door_.counted(); }

  // Ends the calls that are under way: their callers see UNAVAILABLE.
  void CancelCalls();
  void Register(InprocServerLink* link);
  void Unregister(InprocServerLink* link);

  Acceptor* acceptor() const { return acceptor_; }
  const std::string& address() const { return address_; }

  // What the server was made with. NULL: none.
  const call::InterceptorChain* interceptors() const { return interceptors_; }
  const polycall_thread_hook* thread_hook() const { return hook_; }
  // The handler gets `request` as it is.
  bool Passes(const polycall_message& request, const call::ServerMethod& method) const {
    if (!call::IsTyped(request)) return request.size <= most_;
    return method.handler.request_type != nullptr && !copies_ &&
           method.handler.request_type->identity == request.type->identity;
  }

 private:
  Acceptor* const acceptor_;
  const std::string address_;
  const call::InterceptorChain* const interceptors_;
  const polycall_thread_hook* const hook_;
  const uint64_t most_;  // max_message_size
  const bool copies_;
  base::Gate door_;
  std::atomic<uint64_t> failed_{0};
  std::atomic<uint32_t> connections_{0};
  base::Mutex mutex_;
  std::unordered_set<InprocServerLink*> links_ GUARDED_BY(mutex_);
};

// The handler's end: one per connection. Thread-safe.
class InprocServerLink final : public call::Link {
 public:
  // `max_message_size` is what the caller takes.
  InprocServerLink(base::Ref<InprocHub> hub, uint64_t max_message_size)
      : hub_(std::move(hub)),
        max_message_size_(max_message_size),
        identity_("", {"UID:" + std::to_string(geteuid())}) {
    hub_->Register(this);
  }
  ~InprocServerLink() { hub_->Unregister(this); }
  const char* transport() const override { return "inproc"; }
  std::string peer() const override { return hub_->address(); }
  const call::Identity* identity() const override { return &identity_; }
  void Start(call::Call&, const polycall_message*, bool) override {}
  base::Status Send(call::Call& call, const polycall_message& message, bool end, bool buffered,
                    uint64_t* cost) override;
  void Flush() override {}
  void HalfClose(call::Call&) override {}
  void Cancel(call::Call&, int32_t) override {}
  void SendInitialMetadata(call::Call& call, const call::Metadata& metadata) override;
  void Finish(call::Call& call, const base::Status& status, const call::Metadata* trailing,
              const polycall_message* response, bool not_started) override;
  bool HasCredit(call::Call&) override { return true; }
  void ReturnCredit(call::Call& call, uint64_t bytes) override;
  bool WaitFor(base::Waiter& waiter, int64_t deadline) override { return waiter.Wait(deadline); }
  void SetAsync(call::Call&) override {}
  void Destroy() override { delete this; }

  // Joins and parts the two ends of a call; Peer is the other end, if they are joined.
  void Join(call::Call& caller, call::Call& handler);
  void Part(call::Call& call);
  base::Ref<call::Call> Peer(call::Call& call);
  void CancelCalls(const base::Status& why);
  uint32_t calls() {
    base::MutexLock lock(mutex_);
    return static_cast<uint32_t>(handlers_.size());
  }

 private:
  const base::Ref<InprocHub> hub_;
  const uint64_t max_message_size_;
  const call::Identity identity_;
  base::Mutex mutex_;  // guards Call::peer of the calls of this connection
  std::unordered_set<call::Call*> handlers_ GUARDED_BY(mutex_);  // joined
};

// The caller's end. Thread-safe.
class InprocConnection final : public Connection {
 public:
  InprocConnection(const base::Ref<InprocHub>& hub, const Agreed& agreed, Observer* observer);

  const char* transport() const override { return "inproc"; }
  std::string peer() const override { return hub_->address(); }
  void Start(call::Call& call, const polycall_message* first, bool end) override;
  base::Status Send(call::Call& call, const polycall_message& message, bool end, bool buffered,
                    uint64_t* cost) override;
  void Flush() override {}
  void HalfClose(call::Call& call) override;
  void Cancel(call::Call& call, int32_t code) override;
  void SendInitialMetadata(call::Call&, const call::Metadata&) override {}
  void Finish(call::Call&, const base::Status&, const call::Metadata*, const polycall_message*,
              bool) override {}
  bool HasCredit(call::Call&) override { return true; }
  void ReturnCredit(call::Call& call, uint64_t bytes) override;
  bool WaitFor(base::Waiter& waiter, int64_t deadline) override;
  void SetAsync(call::Call&) override {}
  void Destroy() override { delete this; }

  void MapMethod(uint32_t index, uint16_t number) override;
  bool usable() const override {
    return !draining_.load(std::memory_order_acquire) && !hub_->closed();
  }
  uint32_t in_flight() override { return server_link_->calls(); }
  int64_t call_credit() const override { return agreed_.send_call_window; }
  base::Status Ping(int64_t deadline, int64_t* round_trip_ns) override;
  void Close(const base::Status& why) override;
  // Closes if no call is under way; else it is to be asked again. Calls that are just starting run.
  void Drain() override;
  bool CallInline(polycall_unary* unary, const polycall_method& method, int64_t deadline,
                  call::Call* parent) override;

 private:
  static constexpr uint32_t kCached = 128;
  call::ServerMethod* Resolve(const polycall_method& method);
  void Refuse(call::Call& call, const base::Status& status, bool not_started);
  // The rest of CallInline: of a call that is nothing but a request and its answer, and of others.
  void RunPlain(polycall_unary* unary, call::ServerMethod& target, int lane);
  void RunInline(polycall_unary* unary, const polycall_method& method, call::ServerMethod& target,
                 int64_t deadline, call::Call* parent);
  static void EndHandle(call::Call& handler, call::InlineResult& result);
  void WaitInline(call::Call& handler, call::InlineResult& result, int64_t deadline);

  const base::Ref<InprocHub> hub_;
  const Agreed agreed_;
  Observer* const observer_;
  const base::Ref<InprocServerLink> server_link_;
  std::atomic<bool> draining_{false};
  std::atomic<bool> closed_{false};
  std::array<std::atomic<call::ServerMethod*>, kCached> methods_{};
};

}  // namespace polycall::transport

#endif  // POLYCALL_TRANSPORT_INPROC_INPROC_CONNECTION_H_
