// HttpConnection: the handler's end of a connection that speaks HTTP/1.1: bytes in and out, one call at a time.
//
// Requests of one connection are answered one after the other. Whoever works on one owns the connection
// (owned_): the leader that read it, the thread on which its handler finishes, a pool thread that goes on with
// what was read already. While it is owned nobody else reads; the end of the peer is still noticed.
#ifndef POLYCALL_TRANSPORT_HTTP_HTTP_CONNECTION_H_
#define POLYCALL_TRANSPORT_HTTP_HTTP_CONNECTION_H_

#include <memory>
#include <string>

#include "base/mutex.h"
#include "transport/http/http_module.h"
#include "transport/stream/handover.h"

namespace polycall::transport::http {

// Thread-safe.
class HttpConnection final : public call::Link, public base::Source, public Accepted {
 public:
  HttpConnection(Handover connection, std::shared_ptr<Face> face);
  // False: the kernel refuses; the connection is then closed.
  bool Open();

  // Link
  const char* transport() const override { return "http"; }
  std::string peer() const override { return peer_.address; }
  const call::Identity* identity() const override { return peer_.identity.get(); }
  void Start(call::Call&, const polycall_message*, bool) override {}
  base::Status Send(call::Call&, const polycall_message&, bool, bool, uint64_t*) override;
  void Flush() override {}
  void HalfClose(call::Call&) override {}
  void Cancel(call::Call&, int32_t) override {}
  void SendInitialMetadata(call::Call& call, const call::Metadata& metadata) override;
  void Finish(call::Call& call, const base::Status& status, const call::Metadata* trailing,
              const polycall_message* response, bool not_started) override;
  bool HasCredit(call::Call&) override { return true; }
  void ReturnCredit(call::Call&, uint64_t) override {}
  bool WaitFor(base::Waiter& waiter, int64_t deadline) override { return waiter.Wait(deadline); }
  void SetAsync(call::Call&) override {}
  void Destroy() override { delete this; }

  // Source
  void OnReady(uint32_t events) override;
  void ReleaseSource() override { Release(); }

  // Accepted
  const char* spoken() const override { return "http"; }
  void Drain() override;
  void Close(const base::Status& why) override;
  void Sweep(int64_t now) override;
  void Hold() override { Retain(); }
  void LetGo() override { Release(); }

 private:
  ~HttpConnection() = default;
  // The owner's: reads and answers until there is nothing to do, or a call is under way.
  void Work(bool read);
  bool ReadMore();  // false: nothing there now
  bool StartCall(const CallStart& start);
  // The owner's last act.
  void Disown();
  bool AnswerRequests();
  void AwaitRequest();
  void Resume();
  // Sends `bytes` after what waits.
  void Write(std::string bytes);
  void FlushLocked() REQUIRES(mutex_);
  void Watch() REQUIRES(mutex_);
  void ArmTimer(int64_t deadline);
  void TimedOut();
  void CancelCall(int32_t code);

  const std::unique_ptr<ByteStream> stream_;
  const PeerInfo peer_;
  Acceptor* const acceptor_;
  Home* const home_;
  const std::shared_ptr<Face> face_;
  const std::unique_ptr<Session> session_;  // the owner's

  std::string in_;                      // the owner's: read and not taken
  bool ended_ = false;                  // the owner's: the peer sends no more
  uint64_t body_seen_ = 0;              // the owner's
  std::atomic<bool> lingering_{false};  // nothing is answered any more: what comes is dropped
  std::atomic<int64_t>
      request_deadline_;  // when the request must be there; kNever: none is awaited
  base::Timer timer_;
  std::atomic<int64_t> last_activity_{0};

  base::Mutex mutex_;
  bool owned_ GUARDED_BY(mutex_) = false;
  bool closed_ GUARDED_BY(mutex_) = false;
  bool draining_ GUARDED_BY(mutex_) = false;
  bool last_reply_ GUARDED_BY(mutex_) = false;   // after what waits to be sent, the connection ends
  bool dispatching_ GUARDED_BY(mutex_) = false;  // Work is below us on the stack, or about to look
  bool call_ended_ GUARDED_BY(mutex_) = false;
  bool peer_gone_ GUARDED_BY(mutex_) = false;
  bool timer_armed_ GUARDED_BY(mutex_) = false;
  call::Call* call_ GUARDED_BY(mutex_) = nullptr;  // referenced
  uint32_t interest_ GUARDED_BY(mutex_) = 0;
  std::string out_ GUARDED_BY(mutex_);
  size_t sent_ GUARDED_BY(mutex_) = 0;  // of out_
  int64_t blocked_since_ GUARDED_BY(mutex_) = 0;
  Headers initial_ GUARDED_BY(mutex_);
  base::Task task_;
};

}  // namespace polycall::transport::http

#endif  // POLYCALL_TRANSPORT_HTTP_HTTP_CONNECTION_H_
