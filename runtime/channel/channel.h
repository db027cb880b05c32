// Channel: the caller's handle on a target. It connects when there is something to call, connects
// again with back-off, retries what may be retried, and moves to a better way while calls are under
// way. polycall_channel holds one.
//
//   channel.cc      making calls
//   connecting.cc   waiting for a connection, calls that wait, dialing
//   addresses.cc    what the target stands for, and which of its connections are in use
//   maintaining.cc  in the background: reconnecting, looking for a better way, letting go of old ones
#ifndef POLYCALL_CHANNEL_CHANNEL_H_
#define POLYCALL_CHANNEL_CHANNEL_H_

#include <condition_variable>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/reactor.h"
#include "call/call.h"
#include "channel/backoff.h"
#include "channel/balancer.h"
#include "channel/scheduler_link.h"
#include "negotiation/background.h"
#include "negotiation/connector.h"
#include "negotiation/resolver.h"
#include "transport/transport.h"

namespace polycall::channel {

// What a channel is made of; copied from the ABI's options.
struct Options {
  negotiation::Target target;  // of one end; empty if `resolver`
  bool resolver = false;       // the text names one
  std::string target_text;
  transport::Limits limits;
  int64_t connect_timeout_ns = 5 * base::kSecond;
  int64_t initial_backoff_ns = 50 * base::kMillisecond;
  int64_t max_backoff_ns = 10 * base::kSecond;
  uint32_t max_attempts = 3;
  call::InterceptorChain interceptors{nullptr, 0};
  std::vector<std::string> transports;
  const polycall_thread_hook* hook = nullptr;
  std::string user_agent;
  transport::TlsOptions tls;
  polycall_balancing balancing = POLYCALL_BALANCING_DEFAULT;
  int64_t rewire_interval_ns = 5 * base::kSecond;  // negative: never
  int64_t hedging_delay_ns = 0;                    // 0: never
  // Hosts a module in this process and says under which target; set by the layer that can. NULL: such
  // modules are not to be hosted here. [blocks]
  base::Status (*host_module)(const negotiation::InprocModule& module,
                              std::string* target) = nullptr;
};

// One address of the target, with its connection. The channel's lock guards it.
struct Subchannel {
  explicit Subchannel(negotiation::Address a) : address(std::move(a)) {}
  bool connected() const { return connection && connection->usable(); }
  negotiation::Address address;
  base::Ref<transport::Connection> connection;
  negotiation::Outcome last;  // of the last attempt, without its Dialed
  base::Status last_error;
  uint32_t failures = 0;
  int64_t next_attempt = 0;
  bool dialing = false;
  bool listed = true;   // false: the resolver names it no more; used until another is there
  bool hosted = false;  // a module of this process, preferred to every other
};
using SubchannelRef = std::shared_ptr<Subchannel>;

// The methods that a channel's stubs call. Outlives fork() with the handle, so it has no lock that
// another thread could hold then: a list that only grows. Thread-safe.
class MethodTable {
 public:
  MethodTable() = default;
  ~MethodTable();
  MethodTable(const MethodTable&) = delete;
  MethodTable& operator=(const MethodTable&) = delete;
  const polycall_method* Intern(const char* service, const polycall_method_descriptor& descriptor,
                                const void* channel, bool* added);
  std::vector<const polycall_method*> All();

 private:
  std::atomic<const polycall_method*> newest_{nullptr};
};

// Thread-safe.
class Channel final : public call::CallOwner,
                      public transport::Connection::Observer,
                      public transport::PlainOwner,
                      public negotiation::Resolver::Listener {
 public:
  Channel(const Options& options, MethodTable* methods);
  ~Channel();  // Closes first; waits for calls and callbacks.

  void Unary(polycall_unary* unary);
  void UnaryAsync(const polycall_unary& unary, polycall_unary_fn done, void* arg,
                  polycall_call** out);
  call::Call* Start(const polycall_method& method, const polycall_call_options* options);

  polycall_channel_state state();
  base::Status WaitReady(int64_t deadline);
  const char* transport();
  std::string Explain();
  base::Status Ping(int64_t deadline, int64_t* round_trip_ns);
  void MapMethod(const polycall_method& method);

  // CallOwner
  bool Retry(call::Call& call, const base::Status& status, bool not_started) override;
  void CallDone(call::Call& call, int32_t code) override;
  bool WaitAttached(call::Call& call, base::Waiter& waiter, int64_t deadline) override;

  // PlainOwner
  void TakeOver(const transport::PlainUnary& call, const polycall_message& request,
                const base::Status& status, bool not_started) override;
  void PlainDone() override { CountEnd(); }
  const polycall_thread_hook* thread_hook() const override { return options_.hook; }

  // Connection::Observer
  void OnDraining(transport::Connection* connection) override;
  void OnClosed(transport::Connection* connection, const base::Status& why) override;

  // Resolver::Listener
  void OnResolution(negotiation::Resolution resolution) override;
  void OnResolveError(const base::Status& status) override;

 private:
  friend class HedgeLink;
  struct Pending {
    base::Ref<call::Call> call;
    int64_t not_before;  // back-off of a retry
    bool blocking;       // its own thread attaches it (WaitAttached)
  };
  // A connection that takes no new calls.
  struct Leaving {
    base::Ref<transport::Connection> connection;
    int64_t drain_at;  // kNever: it drains already, and tells when it is closed
  };
  struct Errand;

  // A call under way, and one more that was begun: live_ counts both.
  static constexpr uint32_t kMostMoves = 16;
  static constexpr uint64_t kLive = 1;
  static constexpr uint64_t kBegun = uint64_t{1} << 32;
  static uint64_t LiveOf(uint64_t count) { return count & (kBegun - 1); }
  void CountBegin() { live_.fetch_add(kBegun + kLive, std::memory_order_relaxed); }
  void CountEnd();

  // channel.cc
  call::Call* NewCall(const polycall_method& method, const polycall_call_options* options,
                      const polycall_message_type* accepts, base::Status* error);
  int64_t DeadlineOf(const polycall_method& method, const polycall_call_options& options);
  bool CallInline(polycall_unary* unary);
  bool CallDirect(polycall_unary* unary);
  bool StartPlain(const polycall_unary& unary, polycall_unary_fn done, void* arg);
  bool IsPlain(const polycall_unary& unary, const polycall_call_options& options);
  bool IsHedged(uint32_t method_flags, uint32_t call_flags) const;
  void UnaryByCall(polycall_unary* unary);
  void AttachOrQueue(call::Call& call, int64_t not_before);
  void AttachNow(call::Call& call, base::Ref<transport::Connection> connection);
  bool TakePending(call::Call& call);

  // connecting.cc
  base::Ref<transport::Connection> Current();
  base::Status Connect(bool wait_for_ready, int64_t deadline, call::Call* call,
                       base::Ref<transport::Connection>* out);
  base::Status Dial(const SubchannelRef& sub, base::Ref<transport::Connection>* out);
  void DialElsewhere(const SubchannelRef& sub) REQUIRES(mutex_);
  negotiation::Outcome Negotiate(const SubchannelRef& sub,
                                 base::Ref<transport::Connection>* connection);
  void MapMethods(const negotiation::Accept& accept, transport::Connection& connection);
  void ServePending();
  void SchedulePending(int64_t when);
  int64_t WaitAfter(uint32_t failures);

  // addresses.cc
  base::Ref<transport::Connection> PickLocked(const transport::Connection* other_than = nullptr)
      REQUIRES(mutex_);
  SubchannelRef Dialable(int64_t now, int64_t* next) REQUIRES(mutex_);
  bool AnyDialing() REQUIRES(mutex_);
  bool HasConnection() REQUIRES(mutex_);
  void Rebuild() REQUIRES(mutex_);
  void Leave(base::Ref<transport::Connection> connection, bool drains) REQUIRES(mutex_);
  SubchannelRef Forget(transport::Connection* connection) REQUIRES(mutex_);
  bool Install(const SubchannelRef& sub, const base::Ref<transport::Connection>& connection,
               negotiation::Outcome* outcome);
  std::vector<negotiation::Wiring> Wirings() REQUIRES(mutex_);
  std::string ResolverJson() REQUIRES(mutex_);
  const negotiation::Outcome* Explained() REQUIRES(mutex_);
  std::vector<int64_t> Costs();

  // maintaining.cc
  int64_t Maintain();
  bool ConnectedBefore(const Subchannel& sub) REQUIRES(mutex_);
  void Probe(const SubchannelRef& sub);
  void HostModule(const negotiation::InprocModule& module);
  bool MayBecomeBetter(const Subchannel& sub) REQUIRES(mutex_);
  bool Wanted(const Subchannel& sub, int64_t now, int64_t* next) REQUIRES(mutex_);
  void Send(Errand* errand) REQUIRES(mutex_);

  const Options options_;
  MethodTable* const methods_;

  // The connection for function calls. It is read without a lock or a count, so the inproc connections
  // that this channel has had (one for each server that listened under the name) live as long as it.
  std::atomic<transport::Connection*> inline_{nullptr};
  std::atomic<int64_t> call_time_ns_{0};  // the resolver's bound for calls without a deadline

  base::Mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<SubchannelRef> subs_ GUARDED_BY(mutex_);  // best first
  Candidates ready_ GUARDED_BY(mutex_);                 // what takes calls, in the order of subs_
  std::unique_ptr<Balancer> balancer_ GUARDED_BY(mutex_);
  std::vector<Leaving> leaving_ GUARDED_BY(mutex_);
  std::vector<base::Ref<transport::Connection>> retired_ GUARDED_BY(mutex_);
  bool closing_ GUARDED_BY(mutex_) = false;
  bool serving_pending_ GUARDED_BY(mutex_) = false;
  uint32_t errands_ GUARDED_BY(mutex_) = 0;  // work of this channel's on pool threads
  base::Status last_error_ GUARDED_BY(mutex_);
  std::deque<Pending> pending_ GUARDED_BY(mutex_);
  base::Timer pending_timer_;
  bool timer_set_ GUARDED_BY(mutex_) = false;
  base::Task pending_task_;
  std::atomic<uint64_t> live_{0};
  Backoff backoff_ GUARDED_BY(mutex_);

  bool resolving_ GUARDED_BY(mutex_) = false;  // the resolver was started
  bool resolved_ GUARDED_BY(mutex_) = false;   // it has told something
  base::Status resolve_error_ GUARDED_BY(mutex_);
  negotiation::Resolution resolution_ GUARDED_BY(mutex_);
  bool hosting_ GUARDED_BY(mutex_) = false;
  negotiation::InprocModule hosted_module_ GUARDED_BY(mutex_);  // tried last
  std::vector<negotiation::Wiring> reported_ GUARDED_BY(mutex_);
  uint64_t begun_at_probe_ GUARDED_BY(mutex_) = 0;
  int64_t next_probe_ GUARDED_BY(mutex_) = 0;
  uint64_t rewired_ GUARDED_BY(mutex_) = 0;

  std::unique_ptr<SchedulerLink> scheduler_;  // of polycall:/// only
  std::unique_ptr<negotiation::Resolver> resolver_;
  negotiation::Background maintenance_;
};

}  // namespace polycall::channel

#endif  // POLYCALL_CHANNEL_CHANNEL_H_
