// Answers, credit and the end of a ServerConnection. Reading is in server_reading.cc.
#include "transport/stream/server_connection.h"

#include <sys/epoll.h>

#include <algorithm>

#include "base/log.h"

namespace polycall::transport {

using call::FrameHeader;
using call::FrameType;

ServerConnection::ServerConnection(std::unique_ptr<ByteStream> stream, PeerInfo peer,
                                   Acceptor* acceptor, Home* home)
    : stream_(std::move(stream)),
      peer_(std::move(peer)),
      transport_(peer_.transport),
      acceptor_(acceptor),
      home_(home) {
  writer_.set_stream(stream_.get());
}

ServerConnection::~ServerConnection() = default;

bool ServerConnection::Open() {
  last_activity_ = base::NowNs();
  Retain();  // the timer's
  handshake_timer_.context = this;
  handshake_timer_.fire = [](base::Timer* timer) {
    auto* self = static_cast<ServerConnection*>(timer->context);
    self->HandshakeTimedOut();
    self->Release();
  };
  base::Reactor& reactor = acceptor_->reactor();
  reactor.Schedule(&handshake_timer_,
                   base::DeadlineAfter(acceptor_->limits().handshake_timeout_ns));
  Retain();  // the reactor's
  base::MutexLock lock(mutex_);
  interest_ = EPOLLIN;
  if (stream_->Register(reactor, this, interest_)) return true;
  Release();
  if (reactor.Cancel(&handshake_timer_)) Release();
  return false;
}

void ServerConnection::HandshakeTimedOut() {
  Refuse(base::DeadlineExceeded(
      "the handshake took longer than handshake_timeout; send the preface and HELLO at once"));
}

base::Ref<call::Call> ServerConnection::Find(uint32_t call_id) {
  base::MutexLock lock(mutex_);
  const uint16_t slot = call::CallSlot(call_id);
  if (slot >= slots_.size() || slots_[slot] == nullptr || slots_[slot]->wire_id != call_id) {
    return nullptr;
  }
  return base::Ref<call::Call>::Share(slots_[slot]);
}

base::Ref<call::Call> ServerConnection::Take(uint32_t call_id) {
  base::MutexLock lock(mutex_);
  const uint16_t slot = call::CallSlot(call_id);
  if (slot >= slots_.size() || slots_[slot] == nullptr || slots_[slot]->wire_id != call_id) {
    return nullptr;
  }
  --live_;
  return base::Ref<call::Call>::Adopt(std::exchange(slots_[slot], nullptr));
}

void ServerConnection::SendSimple(FrameType type, uint32_t call_id, uint32_t argument,
                                  uint8_t flags) {
  FrameHeader header;
  header.type = type;
  header.flags = flags;
  header.call_id = call_id;
  header.argument = argument;
  AfterWrite(writer_.Write(header, {}, nullptr, InBatch()));
}

void ServerConnection::SendStatus(uint32_t call_id, const base::Status& status, bool not_started) {
  FrameHeader header;
  header.type = FrameType::kStatus;
  header.flags = call::kFlagText | (not_started ? call::kFlagNotStarted : 0);
  header.call_id = call_id;
  header.argument = static_cast<uint32_t>(status.code());
  std::string sections;
  call::AppendSection(&sections, status.message());
  call::AppendSection(&sections, status.details());
  AfterWrite(writer_.Write(header, sections, nullptr, InBatch()));
}

base::Status ServerConnection::Send(call::Call& call, const polycall_message& message, bool,
                                    bool buffered, uint64_t* cost) {
  call::Encoded encoded;
  if (base::Status status = encoded.Encode(&message, stream_.get()); !status.ok()) return status;
  const size_t size = encoded.size();
  if (size > agreed_.max_send_message_size) {
    return base::ResourceExhausted("a message of " + std::to_string(size) +
                                   " bytes is larger than the peer's max_message_size of " +
                                   std::to_string(agreed_.max_send_message_size));
  }
  *cost = size + call::kMessageOverhead;
  static_cast<const call::ServerMethod&>(call.spec()).metrics.Sent(size);
  FrameHeader header;
  header.type = FrameType::kMessage;
  header.flags = call::kFlagMessage;
  header.call_id = call.wire_id;
  {
    base::MutexLock lock(mutex_);
    const uint16_t slot = call::CallSlot(call.wire_id);
    if (slot >= slots_.size() || slots_[slot] != &call) {
      return base::Status(POLYCALL_CANCELLED, "the caller is gone");
    }
    send_credit_ -= static_cast<int64_t>(*cost);
  }
  AfterWrite(writer_.Write(header, {}, &encoded, buffered || InBatch()));
  return {};
}

void ServerConnection::SendInitialMetadata(call::Call& call, const call::Metadata& metadata) {
  FrameHeader header;
  header.type = FrameType::kMetadata;
  header.flags = call::kFlagMetadata;
  header.call_id = call.wire_id;
  std::string block, sections;
  call::EncodeMetadata(metadata, &block);
  call::AppendSection(&sections, block);
  // Leaves with what follows it, if that follows at once.
  AfterWrite(writer_.Write(header, sections, nullptr, InBatch()));
}

void ServerConnection::Finish(call::Call& call, const base::Status& status,
                              const call::Metadata* trailing, const polycall_message* response,
                              bool not_started) {
  if (Answer(call, status, trailing, response, not_started)) call.Release();
}

// Ends a call, whose reference is the caller's then. False: it is not under way any more.
bool ServerConnection::Answer(call::Call& call, const base::Status& final_status,
                              const call::Metadata* trailing, const polycall_message* response,
                              bool not_started) {
  call::Encoded encoded;
  base::Status changed;
  const base::Status* status = &final_status;
  if (response != nullptr) {
    if (base::Status bad = encoded.Encode(response, stream_.get()); !bad.ok()) {
      status = &(changed = std::move(bad));
      response = nullptr;
    } else if (encoded.size() > agreed_.max_send_message_size) {
      changed = base::ResourceExhausted("the response of " + std::to_string(encoded.size()) +
                                        " bytes is larger than the peer's max_message_size of " +
                                        std::to_string(agreed_.max_send_message_size));
      status = &changed;
      response = nullptr;
    }
  }
  FrameHeader header;
  header.type = FrameType::kStatus;
  header.call_id = call.wire_id;
  std::string sections;
  if (trailing != nullptr && !trailing->entries.empty()) {
    if (call::MetadataSize(*trailing) > agreed_.max_send_metadata_size) {
      changed = base::ResourceExhausted(
          "the trailing metadata is larger than the peer's "
          "max_metadata_size of " +
          std::to_string(agreed_.max_send_metadata_size));
      status = &changed;
      response = nullptr;
    } else {
      std::string block;
      call::EncodeMetadata(*trailing, &block);
      header.flags |= call::kFlagTrailing;
      call::AppendSection(&sections, block);
    }
  }
  header.argument = static_cast<uint32_t>(status->code());
  if (!status->ok()) {
    header.flags |= call::kFlagText;
    call::AppendSection(&sections, status->message());
    call::AppendSection(&sections, status->details());
  }
  if (not_started) header.flags |= call::kFlagNotStarted;
  if (response != nullptr) {
    header.flags |= call::kFlagMessage;
    static_cast<const call::ServerMethod&>(call.spec()).metrics.Sent(encoded.size());
  }
  {
    base::MutexLock lock(mutex_);
    const uint16_t slot = call::CallSlot(call.wire_id);
    if (slot >= slots_.size() || slots_[slot] != &call) return false;  // the caller is gone
    slots_[slot] = nullptr;
    --live_;
  }
  AfterWrite(writer_.Write(header, sections, response != nullptr ? &encoded : nullptr,
                           InBatch() && t_more));
  return true;
}

bool ServerConnection::HasCredit(call::Call& call) {
  // The peer chooses its windows; what it does not read is bounded by us. The flag is set first and the
  // queue looked at after; whoever shortens the queue does it the other way round.
  bool full = writer_.queued_bytes() >= kMaxQueued;
  if (full) {
    queue_full_.store(true);
    full = writer_.queued_bytes() >= kMaxQueued;
  }
  base::MutexLock lock(mutex_);
  if ((send_credit_ > 0 && !full) || closed_) return true;
  blocked_.Push(&call);
  return false;
}

void ServerConnection::ReturnCredit(call::Call& call, uint64_t bytes) {
  uint32_t for_call = 0;
  {
    base::MutexLock lock(mutex_);
    call.wire_unreturned += static_cast<uint32_t>(bytes);
    const uint16_t slot = call::CallSlot(call.wire_id);
    const bool alive = slot < slots_.size() && slots_[slot] == &call;
    if (alive && call.wire_unreturned >= agreed_.receive.call_window / 2) {
      for_call = std::exchange(call.wire_unreturned, 0);
    }
  }
  if (for_call > 0) SendSimple(FrameType::kCredit, call.wire_id, for_call);
  ReturnConnectionCredit(bytes);
}

void ServerConnection::ReturnConnectionCredit(uint64_t bytes) {
  uint32_t credit = 0;
  {
    base::MutexLock lock(mutex_);
    unreturned_ += bytes;
    if (unreturned_ >= agreed_.receive.connection_window / 2) {
      credit = static_cast<uint32_t>(std::exchange(unreturned_, 0));
      receive_credit_ += credit;
    }
  }
  if (credit > 0) SendSimple(FrameType::kCredit, 0, credit);
}

void ServerConnection::UnblockSenders() {
  std::vector<base::Ref<call::Call>> blocked;
  {
    base::MutexLock lock(mutex_);
    if (send_credit_ <= 0 || closed_) return;
    blocked = blocked_.TakeAll();
  }
  call::BlockedQueue::Wake(blocked);
}

void ServerConnection::UpdateInterest(bool look_again) {
  uint32_t wanted = idle_interest_;
  // No edges while something is out of the ordinary: what is not read now need not be remembered then.
  if (writer_.queued_bytes() >= kMaxQueued) {
    // Whoever sends may be done by now, and told nobody: a socket that takes more tells us to look.
    wanted = EPOLLOUT;
  } else if (writer_.blocked()) {
    wanted = EPOLLIN | EPOLLOUT;
  }
  if ((wanted != interest_ || (look_again && (wanted & EPOLLET) != 0)) && !closed_) {
    interest_ = wanted;
    stream_->Watch(acceptor_->reactor(), this, wanted);
  }
}

void ServerConnection::AfterWrite(FrameWriter::Result result) {
  if (queue_full_.load() && writer_.queued_bytes() < kMaxQueued) {
    queue_full_.store(false);
    UnblockSenders();
  }
  // A broken connection is noticed, and ended, by whoever reads.
  if (result != FrameWriter::Result::kBlocked) return;
  base::MutexLock lock(mutex_);
  UpdateInterest();
}

void ServerConnection::Drain() {
  // A peer that waits for its ACCEPT takes nothing else for an answer: it hears of it right after.
  if (!accepted_.load()) return;
  if (draining_.exchange(true) || closed_) return;
  FrameHeader header;
  header.type = FrameType::kGoAway;
  header.flags = call::kFlagText;
  std::string sections;
  call::AppendSection(&sections, "the server shuts down");
  call::AppendSection(&sections, {});
  AfterWrite(writer_.Write(header, sections, nullptr, false));
}

void ServerConnection::Close(const base::Status& why) {
  std::vector<call::Call*> calls;
  std::vector<base::Ref<call::Call>> blocked;
  {
    base::MutexLock lock(mutex_);
    if (closed_) return;
    closed_ = true;
    calls.swap(slots_);
    live_ = 0;
    blocked = blocked_.TakeAll();
  }
  POLYCALL_LOG(POLYCALL_LOG_DEBUG,
               "connection from " + peer_.address + " ends: " + std::string(why.message()));
  base::Reactor& reactor = acceptor_->reactor();
  if (reactor.Cancel(&handshake_timer_)) Release();
  for (call::Call* call : calls) {
    if (call == nullptr) continue;
    call->OnCancelled(POLYCALL_CANCELLED);
    call->Release();
  }
  call::BlockedQueue::Wake(blocked);
  home_->Forget(this);
  stream_->Unregister(reactor, this);  // drops the reactor's reference, later
  // What was written before is still to be sent; then the peer sees the end.
  stream_->Shutdown();
  writer_.Break();
  acceptor_->ConnectionClosed();
}

void ServerConnection::Refuse(const base::Status& status) {
  FrameHeader header;
  header.type = FrameType::kStatus;
  header.flags = call::kFlagText | call::kFlagNotStarted;
  header.argument = static_cast<uint32_t>(status.code());
  std::string sections;
  call::AppendSection(&sections, status.message());
  call::AppendSection(&sections, status.details());
  // At once, not with the batch: Close drops what is kept.
  [[maybe_unused]] auto result = writer_.Write(header, sections, nullptr, false);
  acceptor_->ProtocolError(peer_, status.message());
  Close(status);
}

void ServerConnection::ProtocolError(std::string_view what) {
  acceptor_->ProtocolError(peer_, what);
  FrameHeader header;
  header.type = FrameType::kGoAway;
  header.flags = call::kFlagText;
  header.argument = POLYCALL_INTERNAL;
  std::string sections;
  call::AppendSection(&sections, "protocol error: " + std::string(what));
  call::AppendSection(&sections, {});
  [[maybe_unused]] auto result = writer_.Write(header, sections, nullptr, false);
  Close(base::Internal(what));
}

void ServerConnection::Sweep(int64_t now) {
  const uint64_t reads = reads_.load(std::memory_order_relaxed);
  if (reads != swept_reads_) {
    swept_reads_ = reads;
    last_activity_ = now;
    ping_sent_ = 0;
    return;
  }
  const Limits& limits = acceptor_->limits();
  const int64_t silent = now - last_activity_;
  bool idle;
  {
    base::MutexLock lock(mutex_);
    idle = live_ == 0;
  }
  if (idle) {
    if (limits.idle_timeout_ns > 0 && silent > limits.idle_timeout_ns) {
      if (draining_) {
        Close(base::Unavailable("idle for longer than idle_timeout"));
      } else {
        Drain();
      }
    }
    return;
  }
  if (ping_sent_ != 0) {
    if (now - ping_sent_ > limits.keepalive_timeout_ns) {
      Close(base::Unavailable("no answer to a ping within keepalive_timeout"));
    }
  } else if (silent > limits.keepalive_interval_ns) {
    ping_sent_ = now;
    SendSimple(FrameType::kPing, 0, 0);
  }
}

}  // namespace polycall::transport
