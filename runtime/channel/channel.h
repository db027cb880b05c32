// Channel: the caller's handle on a target. It connects when there is something to call, connects
// again with back-off, retries what may be retried. polycall_channel holds one.
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
#include "negotiation/connector.h"
#include "transport/transport.h"

namespace polycall::channel {

// What a channel is made of; copied from the ABI's options.
struct Options {
  negotiation::Target target;
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
};

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
                      public transport::PlainOwner {
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
  void CallDone(call::Call& call, bool ok) override;
  bool WaitAttached(call::Call& call, base::Waiter& waiter, int64_t deadline) override;

  // PlainOwner
  void TakeOver(const transport::PlainUnary& call, const polycall_message& request,
                const base::Status& status, bool not_started) override;
  void PlainDone() override { CountEnd(); }
  const polycall_thread_hook* thread_hook() const override { return options_.hook; }

  // Observer
  void OnDraining(transport::Connection* connection) override;
  void OnClosed(transport::Connection* connection, const base::Status& why) override;

 private:
  struct Pending {
    base::Ref<call::Call> call;
    int64_t not_before;  // back-off of a retry
    bool blocking;       // its own thread attaches it (WaitAttached)
  };

  call::Call* NewCall(const polycall_method& method, const polycall_call_options* options,
                      const polycall_message_type* accepts, base::Status* error);
  int64_t DeadlineOf(const polycall_method& method, const polycall_call_options& options);
  void AttachOrQueue(call::Call& call, int64_t not_before);
  void AttachNow(call::Call& call, base::Ref<transport::Connection> connection);
  bool TakePending(call::Call& call);
  base::Ref<transport::Connection> Current();
  base::Status Connect(bool wait_for_ready, int64_t deadline, call::Call* call,
                       base::Ref<transport::Connection>* out);
  base::Status ConnectOnce(base::Ref<transport::Connection>* out);
  void ConnectElsewhere();
  void ServePending();
  void SchedulePending(int64_t when);
  int64_t Backoff(uint32_t attempt);
  void Retire(base::Ref<transport::Connection> connection) REQUIRES(mutex_);
  bool CallInline(polycall_unary* unary);
  bool CallDirect(polycall_unary* unary);
  bool StartPlain(const polycall_unary& unary, polycall_unary_fn done, void* arg);
  bool IsPlain(const polycall_unary& unary, const polycall_call_options& options);
  void CountEnd();
  void UnaryByCall(polycall_unary* unary);

  const Options options_;
  MethodTable* const methods_;

  // The connection for function calls. It is read without a lock or a count, so the inproc connections
  // that this channel has had (one for each server that listened under the name) live as long as it.
  std::atomic<transport::Connection*> inline_{nullptr};

  base::Mutex mutex_;
  std::condition_variable_any changed_;
  base::Ref<transport::Connection> current_ GUARDED_BY(mutex_);
  std::vector<base::Ref<transport::Connection>> others_ GUARDED_BY(mutex_);  // draining
  std::vector<base::Ref<transport::Connection>> retired_ GUARDED_BY(mutex_);
  bool connecting_ GUARDED_BY(mutex_) = false;
  bool closing_ GUARDED_BY(mutex_) = false;
  bool serving_pending_ GUARDED_BY(mutex_) = false;
  uint32_t failures_ GUARDED_BY(mutex_) = 0;
  int64_t next_attempt_ GUARDED_BY(mutex_) = 0;
  base::Status last_error_ GUARDED_BY(mutex_);
  negotiation::Outcome last_ GUARDED_BY(mutex_);  // without its Dialed
  std::deque<Pending> pending_ GUARDED_BY(mutex_);
  base::Timer pending_timer_;
  bool timer_set_ GUARDED_BY(mutex_) = false;
  base::Task pending_task_;
  base::Task connect_task_;
  std::atomic<uint64_t> live_{0};
  uint64_t random_ GUARDED_BY(mutex_);
};

}  // namespace polycall::channel

#endif  // POLYCALL_CHANNEL_CHANNEL_H_
