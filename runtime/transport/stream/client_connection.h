// ClientConnection: the caller's end of a socket that speaks the native protocol.
//
// Who reads: a thread that waits for its call reads for all (WaitFor); the process's reactor reads
// when calls wait by callback, or when nobody came for a while. One of them at a time holds the role
// of reader, and with it the FrameReader.
#ifndef POLYCALL_TRANSPORT_STREAM_CLIENT_CONNECTION_H_
#define POLYCALL_TRANSPORT_STREAM_CLIENT_CONNECTION_H_

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "call/blocked_queue.h"
#include "transport/stream/byte_stream.h"
#include "transport/stream/frame_reader.h"
#include "transport/stream/frame_writer.h"
#include "transport/transport.h"

namespace polycall::transport {

// Thread-safe.
class ClientConnection final : public Connection, public base::Source {
 public:
  ClientConnection(std::unique_ptr<ByteStream> stream, const char* transport, std::string peer,
                   const Agreed& agreed, Observer* observer);
  // Begins to listen to the peer; after the constructor, once.
  void Open();

  // Link
  const char* transport() const override { return transport_; }
  std::string peer() const override { return peer_; }
  void Start(call::Call& call, const polycall_message* first, bool end) override;
  base::Status Send(call::Call& call, const polycall_message& message, bool end, bool buffered,
                    uint64_t* cost) override;
  void Flush() override {
    if (writer_.queued_bytes() > 0) AfterWrite(writer_.Flush());
  }
  void HalfClose(call::Call& call) override;
  void Cancel(call::Call& call, int32_t code) override;
  void SendInitialMetadata(call::Call&, const call::Metadata&) override {}  // the handler's
  void Finish(call::Call&, const base::Status&, const call::Metadata*, const polycall_message*,
              bool) override {}
  bool HasCredit(call::Call& call) override;
  void ReturnCredit(call::Call& call, uint64_t bytes) override;
  bool WaitFor(base::Waiter& waiter, int64_t deadline) override;
  void SetAsync(call::Call& call) override;
  void Destroy() override { delete this; }

  // Connection
  void MapMethod(uint32_t index, uint16_t number) override;
  bool usable() const override { return usable_.load(std::memory_order_acquire); }
  uint32_t in_flight() override {
    base::MutexLock lock(mutex_);
    return live_ + static_cast<uint32_t>(queued_.size());
  }
  int64_t call_credit() const override { return agreed_.send_call_window; }
  base::Status Ping(int64_t deadline, int64_t* round_trip_ns) override;
  void Close(const base::Status& why) override;
  void ForgetObserver() override;
  void Drain() override;
  bool CallInline(polycall_unary* unary, const polycall_method& method, int64_t deadline,
                  call::Call* parent) override;
  bool StartPlain(const PlainUnary& call, const polycall_message& request,
                  PlainOwner* owner) override;

  // Source
  void OnReady(uint32_t events) override;
  void ReleaseSource() override { Release(); }
  bool Poll() override { return stream_->Poll(); }
  bool StopPolling() override;

 private:
  enum class Reader { kNobody, kThread, kReactor };
  struct Plain;
  struct Slot {
    call::Call* call = nullptr;  // referenced
    Plain* plain = nullptr;      // owned; kept for the slot's next plain call
    uint16_t generation = 0;
  };
  struct Queued {
    base::Ref<call::Call> call;
    bool end;
  };
  struct Direct;
  struct EndedPlain {  // outside its slot
    PlainUnary call;
    PlainOwner* owner;
    call::OwnedMessage request;
  };
  struct PendingPing {
    uint32_t token;
    base::Waiter waiter;
    bool answered = false;
  };

  // How long a connection whose threads left may lie unread before the reactor looks after it.
  static constexpr int64_t kUnattended = 10 * base::kMillisecond;

  ~ClientConnection();
  bool TakeSlot(uint16_t* slot) REQUIRES(mutex_);
  bool AllocateSlot(call::Call& call) REQUIRES(mutex_);
  void FreeSlot(uint16_t slot) REQUIRES(mutex_);
  base::Ref<call::Call> Take(uint32_t call_id);
  base::Ref<call::Call> Find(uint32_t call_id);
  void StartQueued();
  void Fail(call::Call& call, const base::Status& status, bool not_started);
  void AfterWrite(FrameWriter::Result result);
  void ReturnConnectionCredit(uint64_t bytes);
  void SendSimple(call::FrameType type, uint32_t call_id, uint32_t argument, uint8_t flags = 0);

  // Reading: by the holder of the reader's role only.
  // False: nothing there. `wait`: blocks until there is something, or the connection ends.
  bool ReadOnce(bool wait = false);
  bool DispatchFrames(bool* stopped);
  // `held` is a reference to the buffer of `body`; who takes it over sets it to NULL.
  void Dispatch(const call::FrameHeader& header, std::string_view body, base::Buffer** held);
  void OnStatusFrame(const call::FrameHeader& header, std::string_view body, base::Buffer** held);
  bool Drained() const { return reader_.drained() && !stream_->HasBuffered(); }
  bool ReadUntil(base::Waiter& waiter, int64_t deadline);
  // Plain calls: client_plain.cc.
  bool TakePlain(uint32_t call_id, bool with_request, EndedPlain* out);
  bool EndPlain(const call::FrameHeader& header, const call::FrameBody& parts, base::Buffer** held);
  static void FailPlain(EndedPlain* ended, const base::Status& status, bool not_started);
  void TakePlains(std::vector<EndedPlain>* out) REQUIRES(mutex_);
  void FreePlains() REQUIRES(mutex_);
  // Direct calls: client_direct.cc.
  bool EnterDirect(const polycall_method& method, call::FrameHeader* header);
  void LeaveDirect(uint32_t call_id);
  void AnswerDirect(Direct* direct, const call::FrameHeader& header, std::string_view body,
                    base::Buffer* buffer);
  bool DispatchDirect(Direct* direct);
  void ReadDirect(Direct* direct);
  void ProtocolError(std::string_view what);
  void PassOn();
  void Arm() REQUIRES(mutex_);
  void Disarm() REQUIRES(mutex_);
  void Kick();
  void CloseIfDrained();
  void Tick();
  bool EndRound(bool flush_only, FrameWriter::Result result);
  void ScheduleTick(int64_t delay);
  // Keepalive: client_keepalive.cc.
  void StartKeepalive() REQUIRES(mutex_);
  bool StopKeepalive();
  void LookAlive();

  // True if the frames this thread writes now are flushed by it soon, at the end of its batch.
  bool InBatch() const { return t_batch == this && base::Reactor::StillLeading(); }

  static thread_local const void* t_batch;
  const std::unique_ptr<ByteStream> stream_;
  const char* const transport_;
  const std::string peer_;
  const Agreed agreed_;
  base::Mutex observer_mutex_;  // held while the observer is told: it may go once OnClosed returned
  Observer* observer_ GUARDED_BY(observer_mutex_);
  int kick_fd_ = -1;  // wakes a thread that reads in poll

  FrameReader reader_;
  FrameWriter writer_;
  std::atomic<bool> usable_{true};
  std::atomic<bool> closed_{false};
  std::atomic<uint64_t> activity_{0};   // grows with every read
  uint64_t connection_unreturned_ = 0;  // bytes consumed without a credit sent; atomic via mutex_

  base::Mutex mutex_;
  std::vector<Slot> slots_ GUARDED_BY(mutex_);
  std::vector<uint16_t> free_ GUARDED_BY(mutex_);
  uint32_t live_ GUARDED_BY(mutex_) = 0;
  uint32_t async_live_ GUARDED_BY(mutex_) = 0;
  std::deque<Queued> queued_ GUARDED_BY(mutex_);  // wait for a slot
  std::vector<uint16_t> methods_ GUARDED_BY(mutex_);
  int64_t send_credit_ GUARDED_BY(mutex_);
  call::BlockedQueue blocked_ GUARDED_BY(mutex_);  // referenced, wait for credit
  Reader reader_role_ GUARDED_BY(mutex_) = Reader::kNobody;
  bool reactor_busy_ GUARDED_BY(mutex_) = false;
  bool armed_out_ GUARDED_BY(mutex_) = false;
  bool registered_ GUARDED_BY(mutex_) = false;
  std::atomic<bool> drain_{false};
  std::atomic<bool> has_queued_{false};
  std::vector<base::Waiter*> sleepers_ GUARDED_BY(mutex_);
  std::vector<PendingPing*> pings_ GUARDED_BY(mutex_);
  uint32_t next_ping_ GUARDED_BY(mutex_) = 1;
  base::Status why_closed_ GUARDED_BY(mutex_);

  base::Timer tick_;
  bool ticking_ GUARDED_BY(mutex_) = false;
  uint64_t tick_activity_ = 0;

  base::Timer keepalive_;
  uint64_t keepalive_activity_ GUARDED_BY(mutex_) = 0;  // what it saw last
  size_t keepalive_queued_ GUARDED_BY(mutex_) = 0;
  int64_t quiet_since_ GUARDED_BY(mutex_) = 0;
  int64_t pinged_at_ GUARDED_BY(mutex_) = 0;  // 0: no ping is out
};

}  // namespace polycall::transport

#endif  // POLYCALL_TRANSPORT_STREAM_CLIENT_CONNECTION_H_
