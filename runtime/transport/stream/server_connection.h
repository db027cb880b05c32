// ServerConnection: the handler's end of a socket that speaks the native protocol.
//
// The leading thread of the server's reactor reads, and runs the handlers of what it reads; answers
// of one batch leave together. Any thread may finish calls.
#ifndef POLYCALL_TRANSPORT_STREAM_SERVER_CONNECTION_H_
#define POLYCALL_TRANSPORT_STREAM_SERVER_CONNECTION_H_

#include <sys/epoll.h>

#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/spin_budget.h"
#include "call/blocked_queue.h"
#include "transport/shm/upgrade.h"
#include "transport/stream/byte_stream.h"
#include "transport/stream/frame_reader.h"
#include "transport/stream/frame_writer.h"
#include "transport/stream/handover.h"
#include "transport/transport.h"

namespace polycall::transport {

// Thread-safe; OnReady by the leader only.
class ServerConnection final : public call::Link, public base::Source, public Accepted {
 public:
  ServerConnection(std::unique_ptr<ByteStream> stream, PeerInfo peer, Acceptor* acceptor,
                   Home* home);
  // Registers with the reactor. False if that failed; release it then.
  bool Open();

  const char* transport() const override { return transport_; }
  std::string peer() const override { return peer_.address; }
  const call::Identity* identity() const override { return peer_.identity.get(); }
  void Start(call::Call&, const polycall_message*, bool) override {}  // the caller's
  base::Status Send(call::Call& call, const polycall_message& message, bool end, bool buffered,
                    uint64_t* cost) override;
  void Flush() override {
    if (writer_.queued_bytes() > 0) AfterWrite(writer_.Flush());
  }
  void HalfClose(call::Call&) override {}
  void Cancel(call::Call&, int32_t) override {}
  void SendInitialMetadata(call::Call& call, const call::Metadata& metadata) override;
  void Finish(call::Call& call, const base::Status& status, const call::Metadata* trailing,
              const polycall_message* response, bool not_started) override;
  bool FinishPlain(call::Call& call, const base::Status& status,
                   const polycall_message* response) override {
    return Answer(call, status, nullptr, response, false);
  }
  bool HasCredit(call::Call& call) override;
  void ReturnCredit(call::Call& call, uint64_t bytes) override;
  bool WaitFor(base::Waiter& waiter, int64_t deadline) override { return waiter.Wait(deadline); }
  void SetAsync(call::Call&) override {}
  void Destroy() override { delete this; }

  void OnReady(uint32_t events) override;
  void ReleaseSource() override { Release(); }
  bool Poll() override { return stream_->Poll(); }
  bool StopPolling() override { return stream_->StopPolling(); }

  const char* spoken() const override { return transport_; }
  // Sends go-away: no new calls.
  void Drain() override;
  void Close(const base::Status& why) override;
  // Looks at idleness and keepalive; `now` in nanoseconds.
  void Sweep(int64_t now) override;
  void Hold() override { Retain(); }
  void LetGo() override { Release(); }

 private:
  enum class State { kFirstBytes, kPreface, kHello, kShm, kOpen };
  // A peer that does not read its answers gets no further requests read, and no further stream
  // messages written.
  static constexpr size_t kMaxQueued = 4u << 20;

  ~ServerConnection();
  // Looks at the first bytes. True: they are ours to read.
  bool KnowPeer();
  void HandOverTo(Protocol protocol);
  bool ReadOnce();
  bool MayLook(uint64_t took);
  void TellLook(bool found);
  bool Drained() const { return reader_.drained() && !stream_->HasBuffered(); }
  bool DispatchFrames(bool* stopped);
  bool DispatchHandshake(const call::FrameHeader& header, std::string_view body);
  // To shared memory, as was agreed. False: it ends.
  bool MoveToShm();
  void BeOpen();
  void Dispatch(const call::FrameHeader& header, std::string_view body, base::Buffer* buffer);
  void OnCall(const call::FrameHeader& header, std::string_view body, base::Buffer* buffer);
  void ProtocolError(std::string_view what);
  void Refuse(const base::Status& status);
  bool Answer(call::Call& call, const base::Status& status, const call::Metadata* trailing,
              const polycall_message* response, bool not_started);
  void SendStatus(uint32_t call_id, const base::Status& status, bool not_started);
  void AfterWrite(FrameWriter::Result result);
  // `look_again`: the kernel shall tell even of what it has told already.
  void UpdateInterest(bool look_again = false) REQUIRES(mutex_);
  base::Ref<call::Call> Find(uint32_t call_id);
  base::Ref<call::Call> Take(uint32_t call_id);
  void SendSimple(call::FrameType type, uint32_t call_id, uint32_t argument, uint8_t flags = 0);
  void HandshakeTimedOut();
  void ReturnConnectionCredit(uint64_t bytes);
  // Lets senders go on that wait for the connection's credit or for the peer to read.
  void UnblockSenders();
  bool InBatch() const { return t_batch == this && base::Reactor::StillLeading(); }

  static thread_local const void* t_batch;
  static thread_local bool t_more;         // behind the frame that is handled, more was read
  std::unique_ptr<ByteStream> stream_;     // NULL: handed over
  std::unique_ptr<shm::Upgrade> upgrade_;  // offered, not taken yet
  PeerInfo peer_;
  std::atomic<const char*> transport_;  // peer_'s, or "shm"
  Acceptor* const acceptor_;
  Home* const home_;

  FrameReader reader_;
  FrameWriter writer_;
  State state_ = State::kFirstBytes;  // the leader's
  base::SpinBudget ahead_;            // the leader's: whether reading again before a wait pays
  Agreed agreed_;
  std::atomic<bool> closed_{false};
  std::atomic<bool> draining_{false};
  std::atomic<bool> accepted_{false};  // ACCEPT was sent; stored before draining() is looked at
  std::atomic<int64_t> last_activity_{0};
  std::atomic<int64_t> ping_sent_{0};
  std::atomic<uint64_t> reads_{0};
  uint64_t swept_reads_ = 0;
  base::Timer handshake_timer_;

  base::Mutex mutex_;
  std::vector<call::Call*> slots_ GUARDED_BY(mutex_);  // referenced
  uint32_t live_ GUARDED_BY(mutex_) = 0;
  int64_t send_credit_ GUARDED_BY(mutex_) = 0;
  int64_t receive_credit_ GUARDED_BY(mutex_) = 0;  // what the peer has left, at least
  uint64_t unreturned_ GUARDED_BY(mutex_) = 0;
  std::atomic<bool> queue_full_{false};            // a sender waits for the queue to become shorter
  call::BlockedQueue blocked_ GUARDED_BY(mutex_);  // referenced
  std::atomic<uint32_t> interest_{0};              // changed under mutex_
  std::atomic<uint32_t> idle_interest_{
      EPOLLIN};  // of one that waits for calls; changed under mutex_
};

}  // namespace polycall::transport

#endif  // POLYCALL_TRANSPORT_STREAM_SERVER_CONNECTION_H_
