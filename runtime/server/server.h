// Server: services, listeners, and the running of handlers. polycall_server is this.
#ifndef POLYCALL_SERVER_SERVER_H_
#define POLYCALL_SERVER_SERVER_H_

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/fork.h"
#include "base/mutex.h"
#include "base/reactor.h"
#include "call/call.h"
#include "negotiation/handshake.h"
#include "server/admission.h"
#include "server/health.h"
#include "server/metrics.h"
#include "server/reflection.h"
#include "transport/transport.h"

namespace polycall::server {

// One service as it was added.
struct Service {
  std::string name;
  uint64_t fingerprint = 0;
  std::string file_descriptor_set;
  std::vector<std::string> allowed;  // identities; empty: as allowed_ of the server
  std::vector<std::unique_ptr<call::ServerMethod>> methods;
  void* arg = nullptr;
  void (*free_arg)(void* arg) = nullptr;
};

// Thread-safe.
class Server final : public transport::Acceptor, public call::CallOwner {
 public:
  explicit Server(const polycall_server_options& options);
  ~Server();

  base::Status AddService(const polycall_service_descriptor& descriptor,
                          const polycall_handler* handlers, size_t handler_stride, void* arg,
                          void (*free_arg)(void* arg));
  base::Status Listen(std::string_view target, std::string* address);
  base::Status Start();
  base::Status Allow(std::string_view service, const char* const* identities, size_t count);
  void Shutdown(int64_t grace_ns);
  bool Wait(int64_t deadline);
  base::Status RunWorker(int64_t deadline);
  base::Status NextCall(int64_t deadline, polycall_call** call, polycall_message* request,
                        void** arg);
  void GetStats(polycall_server_stats* stats);
  Health& health() { return health_; }
  void MarkBuiltIn(const std::string& service);
  Reflection& reflection() { return reflection_; }
  const std::map<std::string, Service>& services() const { return services_; }
  bool forked() const { return generation_ != base::ForkGeneration(); }

  // Acceptor
  const transport::Limits& limits() const override { return limits_; }
  const transport::TlsOptions& tls() const override { return tls_; }
  bool Allows(std::string_view transport) const override;
  base::Reactor& reactor() override { return reactor_; }
  bool AdmitConnection() override;
  void ConnectionClosed() override { connections_.fetch_sub(1); }
  void ProtocolError(const transport::PeerInfo& peer, std::string_view what) override;
  base::Status Handshake(std::string_view hello, const transport::PeerInfo& peer,
                         transport::Agreed* agreed, std::string* accept) override;
  call::ServerMethod* FindMethod(uint16_t number) override;
  call::ServerMethod* FindMethod(std::string_view path) override;
  call::Call* NewCall(call::ServerMethod* method) override;
  void Dispatch(call::Call* call, const polycall_message* request) override;
  void DispatchPlain(call::Call* call, const polycall_message* request, bool more_behind) override;
  bool TakesPlain(const call::ServerMethod& method) const override;
  void DispatchInline(call::Call* call, const polycall_message* request) override;
  const call::InterceptorChain& interceptors() const override { return interceptors_; }
  const polycall_thread_hook* thread_hook() const override { return hook_; }
  bool copies_requests() const override { return (flags_ & POLYCALL_SERVER_COPY_REQUESTS) != 0; }
  bool donated_only() const override { return (flags_ & POLYCALL_SERVER_DONATED_ONLY) != 0; }
  void Report(transport::ServerReport* report) override;
  std::string_view FileDescriptorSet(std::string_view service) const override;
  std::shared_ptr<void> ModuleState(const char* module,
                                    const std::function<std::shared_ptr<void>()>& make) override;
  bool draining() const override { return state_.load(std::memory_order_acquire) > kServing; }

  // CallOwner
  bool Retry(call::Call&, const base::Status&, bool) override { return false; }
  void CallDone(call::Call& call, int32_t code) override;
  bool WaitAttached(call::Call&, base::Waiter& waiter, int64_t deadline) override {
    return waiter.Wait(deadline);
  }

 private:
  enum State { kNew, kServing, kDraining, kStopped };
  struct Pulled {
    call::Call* call;  // the user's reference
    polycall_message request;
    void* arg;
  };

  // `run`: NULL where there is none. Returns the handler's ticks.
  uint64_t RunHandler(call::Call* call, call::ServerMethod& method, const polycall_message* request,
                      call::PlainRun* run);
  void Invoke(call::Call* call, call::ServerMethod& method, const polycall_message* request);
  void Enqueue(call::Call* call, call::ServerMethod& method, const polycall_message* request);
  void ReadAdmission();
  void DispatchAdmitted(call::Call* call, const polycall_message* request);
  void RegisterLive(call::Call* call);
  void CancelLive();
  bool WaitUntilIdle(int64_t deadline);
  void Measure(const call::Call& call, int32_t code, uint64_t ticks);
  void CountDone(int32_t code);

  const transport::Limits limits_;
  const transport::TlsOptions tls_;
  const std::vector<std::string> transports_;  // those that may be spoken; empty: all
  const uint32_t flags_;
  const polycall_thread_hook* const hook_;
  const std::string name_;
  const uint32_t generation_;
  call::InterceptorChain interceptors_;
  Health health_;
  SlowCalls slow_;
  TickLength tick_length_;
  Reflection reflection_;

  std::map<std::string, Service> services_;  // fixed from Start on
  std::vector<std::string> allowed_;         // for services without a list; empty: everybody
  std::vector<call::ServerMethod*> by_number_;
  std::unordered_map<std::string_view, call::ServerMethod*> by_path_;
  std::vector<negotiation::ServiceInfo> table_;

  std::atomic<int> state_{kNew};
  base::Reactor reactor_;

  base::Mutex mutex_;
  std::vector<std::unique_ptr<transport::Listener>> listeners_ GUARDED_BY(mutex_);
  std::deque<Pulled> pulled_ GUARDED_BY(mutex_);
  std::condition_variable_any changed_;
  base::Mutex modules_mutex_;
  std::map<std::string, std::shared_ptr<void>> modules_ GUARDED_BY(modules_mutex_);

  // Set by polycalld for its instances; neither counts for the runtime's own services.
  int64_t call_time_ns_ = 0;
  std::unique_ptr<Admission> admission_;  // none: every call runs at once

  uint64_t in_flight() const {
    const uint64_t ended = ended_.load(std::memory_order_acquire);  // first: never too few
    return started_.load(std::memory_order_relaxed) - ended;
  }

  alignas(64) std::atomic<uint64_t> started_{0};
  std::atomic<uint64_t> ended_{0};
  std::atomic<uint64_t> failed_{0};
  alignas(64) std::atomic<uint64_t> connections_{0};
  std::atomic<uint64_t> accepted_{0};
  std::atomic<uint64_t> protocol_errors_{0};
};

}  // namespace polycall::server

#endif  // POLYCALL_SERVER_SERVER_H_
