// The contract of a transport: a mechanism that carries calls between a channel and a server.
//
// To add one:
//   1. a folder runtime/transport/<name>/ with a class that implements Transport, its Listener, its
//      Dialed and its Connection;
//   2. one line in builtin_transports.cc;
//   3. one line in tests/transport_conformance/: the suite that every transport passes;
//   4. the scheme in call targets: docs/adding/transport.md.
#ifndef POLYCALL_TRANSPORT_TRANSPORT_H_
#define POLYCALL_TRANSPORT_TRANSPORT_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/reactor.h"
#include "base/ref.h"
#include "base/status.h"
#include "call/call.h"
#include "call/link.h"
#include "call/method.h"
#include "transport/server_report.h"

namespace polycall::transport {

// Limits with their defaults filled in.
struct Limits {
  uint64_t max_message_size = 16u << 20;
  uint32_t max_metadata_size = 16 * 1024;
  uint32_t max_calls = 4096;
  uint32_t max_connections = 16384;
  uint32_t call_window = 256 * 1024;
  uint32_t connection_window = 16u << 20;
  uint32_t max_pending_calls = 16384;
  int64_t handshake_timeout_ns = 5 * base::kSecond;
  int64_t idle_timeout_ns = 0;
  int64_t keepalive_interval_ns = 30 * base::kSecond;
  int64_t keepalive_timeout_ns = 20 * base::kSecond;

  // Zeros become the defaults above.
  static Limits FromAbi(const polycall_limits& limits);
};

// Certificates and keys; see polycall_tls_options.
struct TlsOptions {
  bool given = false;
  std::string ca_file;
  std::string certificate_file;
  std::string key_file;
  std::string server_name;
  uint32_t flags = 0;

  // NULL: not given.
  static TlsOptions FromAbi(const polycall_tls_options* options);
};

// What the handshake agreed, as a connection needs it. "receive": what we take, "send": the peer.
struct Agreed {
  Limits receive;
  uint64_t max_send_message_size = 16u << 20;
  uint32_t max_send_metadata_size = 16 * 1024;
  uint32_t max_calls = 4096;
  uint32_t send_call_window = 256 * 1024;
  uint32_t send_connection_window = 16u << 20;
  bool shm = false;  // a unix connection may move to shared memory
};

// Who is at the other end of a connection that came in.
struct PeerInfo {
  std::string address;    // as polycall_call_peer gives it
  const char* transport;  // static
  bool same_process = false;
  std::shared_ptr<const call::Identity> identity = nullptr;  // NULL: nobody vouches for it
};

class Connection;

// A server, as its transports see it. Thread-safe; outlives its connections.
class Acceptor {
 public:
  virtual const Limits& limits() const = 0;
  virtual const TlsOptions& tls() const = 0;
  // Whether the server's options let `transport` ("shm", "grpc", "http", ..) be spoken.
  virtual bool Allows(std::string_view transport) const = 0;
  virtual base::Reactor& reactor() = 0;
  // False: there are max_connections already; close at once.
  virtual bool AdmitConnection() = 0;
  virtual void ConnectionClosed() = 0;
  virtual void ProtocolError(const PeerInfo& peer, std::string_view what) = 0;
  // Answers a HELLO body with an ACCEPT body, or refuses.
  virtual base::Status Handshake(std::string_view hello, const PeerInfo& peer, Agreed* agreed,
                                 std::string* accept) = 0;
  // NULL: no such method.
  virtual call::ServerMethod* FindMethod(uint16_t number) = 0;
  virtual call::ServerMethod* FindMethod(std::string_view path) = 0;
  // A handler's call of this server: the one reference is the user's.
  virtual call::Call* NewCall(call::ServerMethod* method) = 0;
  // A call in the caller's frame: runs the handler, measures and counts nothing.
  virtual void DispatchInline(call::Call* call, const polycall_message* request) = 0;
  virtual const call::InterceptorChain& interceptors() const = 0;
  virtual const polycall_thread_hook* thread_hook() const = 0;
  virtual bool copies_requests() const = 0;
  // Runs the handler of `call` (made by NewCall, with link, deadline and metadata set), or refuses
  // it. `request` is borrowed; NULL for kinds whose caller streams. Returns when the handler has.
  virtual void Dispatch(call::Call* call, const polycall_message* request) = 0;
  // The handler of `call` (made by NewCall, with a borrowed link, with link and deadline set, known to its connection)
  // in a PlainRun. Takes a reference. `more_behind`: other requests that were read wait for this one.
  virtual void DispatchPlain(call::Call* call, const polycall_message* request,
                             bool more_behind) = 0;
  // Whether the handler of a call of `method` that brings nothing but its request may run so.
  virtual bool TakesPlain(const call::ServerMethod& method) const = 0;
  // All that there is to show. Takes its time: not on the path of a call.
  virtual void Report(ServerReport* report) = 0;
  // Of the service's .proto file and its imports; empty: unknown.
  virtual std::string_view FileDescriptorSet(std::string_view service) const = 0;
  // What `module` keeps for this server: from `make` at the first question, ended when the server is.
  virtual std::shared_ptr<void> ModuleState(const char* module,
                                            const std::function<std::shared_ptr<void>()>& make) = 0;
  // No handler may run for a new call any more.
  virtual bool draining() const = 0;
  // Handlers run on threads that were lent (run_worker), and on no others.
  virtual bool donated_only() const { return false; }

 protected:
  ~Acceptor() = default;
};

// A unary call by callback that needs nothing but its messages: no deadline, metadata, parent or
// interceptor. A connection may carry it without a call object.
struct PlainUnary {
  const polycall_method* method;
  uint32_t flags;  // POLYCALL_CALL_...
  polycall_unary_fn done;
  void* arg;
};

// Who makes plain calls. Outlives them.
class PlainOwner {
 public:
  // `call` ended without an answer, in a way that allows to start it again: takes it over, to its
  // end. `request` is borrowed.
  virtual void TakeOver(const PlainUnary& call, const polycall_message& request,
                        const base::Status& status, bool not_started) = 0;
  // A plain call has ended, its callback has run. The last touch of the owner.
  virtual void PlainDone() = 0;
  virtual const polycall_thread_hook* thread_hook() const = 0;

 protected:
  ~PlainOwner() = default;
};

// The caller's end of a live connection.
class Connection : public call::Link {
 public:
  // What the channel wants to hear. Called with no lock held.
  class Observer {
   public:
    // No new calls on this connection: the peer said go-away.
    virtual void OnDraining(Connection* connection) = 0;
    // It is gone; its calls were ended.
    virtual void OnClosed(Connection* connection, const base::Status& why) = 0;

   protected:
    ~Observer() = default;
  };

  // The peer's numbers of the channel's methods, by method index; kNamedMethod: not in its table.
  virtual void MapMethod(uint32_t index, uint16_t number) = 0;
  virtual bool usable() const = 0;
  // Calls under way, for balancing. Takes the connection's own lock if need be.
  virtual uint32_t in_flight() { return 0; }
  // The credit of a new call.
  virtual int64_t call_credit() const = 0;
  virtual base::Status Ping(int64_t deadline, int64_t* round_trip_ns) = 0;
  // Ends the calls under way with `why` and closes. Idempotent.
  virtual void Close(const base::Status& why) = 0;
  // The observer is told nothing more once this returned.
  virtual void ForgetObserver() {}
  // Closes when the last call has ended; no new ones.
  virtual void Drain() = 0;
  // Runs a unary call as a function call on this thread, if this transport can (inproc): true when
  // `unary` is done. `deadline` is absolute.
  virtual bool CallInline([[maybe_unused]] polycall_unary* unary,
                          [[maybe_unused]] const polycall_method& method,
                          [[maybe_unused]] int64_t deadline, [[maybe_unused]] call::Call* parent) {
    return false;
  }
  // Starts a plain call, if this transport can and nothing is unusual: false, and nothing happened,
  // otherwise. `request` is borrowed during the function.
  virtual bool StartPlain([[maybe_unused]] const PlainUnary& call,
                          [[maybe_unused]] const polycall_message& request,
                          [[maybe_unused]] PlainOwner* owner) {
    return false;
  }
};

// A connection whose handshake is done as far as the transport goes: the peer has accepted.
class Dialed {
 public:
  virtual ~Dialed() = default;
  const std::string& accept() const { return accept_; }
  // The transport that the connection moved to within the handshake ("shm"), or NULL; if the peer
  // offered one and it failed, why.
  const char* moved_to() const { return moved_to_; }
  const std::string& not_moved() const { return not_moved_; }
  // The connection; the observer outlives it or is told OnClosed.
  virtual base::Ref<Connection> Open(const Agreed& agreed, Connection::Observer* observer) = 0;

 protected:
  std::string accept_;
  const char* moved_to_ = nullptr;  // static
  std::string not_moved_;
};

class Listener {
 public:
  virtual ~Listener() = default;
  // The target that callers use.
  virtual const std::string& address() const = 0;
  // Accepts no more. Connections live on.
  virtual void StopAccepting() = 0;
  // Sends go-away on every connection; they end with their last call.
  virtual void DrainConnections() = 0;
  // Ends every connection; handlers are told that they are cancelled.
  virtual void CloseConnections() = 0;
  virtual size_t connection_count() = 0;
  // Adds its connections, by what they speak.
  virtual void CountConnections(std::map<std::string_view, uint64_t>* by_transport) {
    (*by_transport)[transport_name()] += connection_count();
  }
  // The transport that its address names. Static storage.
  virtual const char* transport_name() const = 0;
  // Calls that went past the acceptor (CallInline).
  virtual uint64_t calls_started() { return 0; }
  virtual uint64_t calls_failed() { return 0; }
};

// What a dial brings along; borrowed while it runs.
struct DialOptions {
  std::string_view hello;
  int64_t deadline = 0;
  const TlsOptions& tls;  // the channel's, for transports that encrypt
  Limits limits = {};     // the channel's, for transports that set them before the handshake
  bool shm = false;       // the hello offers to move a unix connection to shared memory
};

// A mechanism. Stateless; thread-safe.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual const char* name() const = 0;
  // Checks the part of a target behind the scheme.
  virtual base::Status CheckAddress(std::string_view address) const = 0;
  // Connects and sends the hello. [blocks] until the peer's answer or the deadline.
  virtual base::Status Dial(std::string_view address, const DialOptions& options,
                            std::unique_ptr<Dialed>* out) = 0;
  virtual base::Status Listen(std::string_view address, Acceptor* acceptor,
                              std::unique_ptr<Listener>* out) = 0;
};

// All that there are, best first: the one list (builtin_transports.cc).
const std::vector<Transport*>& BuiltinTransports();
Transport* FindTransport(std::string_view name);

}  // namespace polycall::transport

#endif  // POLYCALL_TRANSPORT_TRANSPORT_H_
