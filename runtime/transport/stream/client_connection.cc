// Calls of a ClientConnection: slots, starting, sending, credit, closing. Reading is in
// client_reading.cc.
#include "transport/stream/client_connection.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>

#include "base/fork.h"
#include "base/log.h"

namespace polycall::transport {

using call::FrameHeader;
using call::FrameType;

namespace {

thread_local std::string t_sections;  // scratch for a frame's sections

}  // namespace

ClientConnection::ClientConnection(std::unique_ptr<ByteStream> stream, const char* transport,
                                   std::string peer, const Agreed& agreed, Observer* observer)
    : stream_(std::move(stream)),
      transport_(transport),
      peer_(std::move(peer)),
      agreed_(agreed),
      observer_(observer),
      send_credit_(agreed.send_connection_window) {
  kick_fd_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  base::TrackFd(kick_fd_);
  writer_.set_stream(stream_.get());
  reader_.set_lender(stream_.get());
  reader_.set_max_body(agreed_.receive.max_message_size + 2 * agreed_.receive.max_metadata_size +
                       64 * 1024);
  tick_.context = this;
  tick_.fire = [](base::Timer* timer) {
    auto* self = static_cast<ClientConnection*>(timer->context);
    self->Tick();
    self->Release();
  };
  keepalive_.context = this;
  keepalive_.fire = [](base::Timer* timer) {
    auto* self = static_cast<ClientConnection*>(timer->context);
    self->LookAlive();
    self->Release();
  };
}

ClientConnection::~ClientConnection() NO_THREAD_SAFETY_ANALYSIS {
  FreePlains();
  base::CloseTracked(kick_fd_);
}

void ClientConnection::Open() {
  base::Reactor& reactor = base::Reactor::Global();
  Retain();  // the reactor's
  base::MutexLock lock(mutex_);
  registered_ = true;
  reader_role_ = Reader::kReactor;
  stream_->Register(reactor, this, EPOLLIN);
  StartKeepalive();
}

// ---- slots

// A slot of a new generation. False: there are max_calls already.
bool ClientConnection::TakeSlot(uint16_t* slot) {
  if (!free_.empty()) {
    *slot = free_.back();
    free_.pop_back();
  } else if (slots_.size() < agreed_.max_calls) {
    *slot = static_cast<uint16_t>(slots_.size());
    slots_.emplace_back();
  } else {
    return false;
  }
  Slot& entry = slots_[*slot];
  if (++entry.generation == 0) entry.generation = 1;
  ++live_;
  return true;
}

bool ClientConnection::AllocateSlot(call::Call& call) {
  uint16_t slot;
  if (!TakeSlot(&slot)) return false;
  Slot& entry = slots_[slot];
  entry.call = &call;
  call.Retain();
  call.wire_id = call::MakeCallId(slot, entry.generation);
  call.wire_async = call.is_async();
  if (call.wire_async) {
    ++async_live_;
    if (reader_role_ == Reader::kNobody) Arm();
  }
  return true;
}

void ClientConnection::FreeSlot(uint16_t slot) {
  Slot& entry = slots_[slot];
  --live_;
  if (entry.call->wire_async) --async_live_;
  entry.call = nullptr;
  free_.push_back(slot);
}

base::Ref<call::Call> ClientConnection::Take(uint32_t call_id) {
  base::MutexLock lock(mutex_);
  const uint16_t slot = call::CallSlot(call_id);
  if (slot >= slots_.size() || slots_[slot].call == nullptr ||
      slots_[slot].call->wire_id != call_id) {
    return nullptr;
  }
  auto call = base::Ref<call::Call>::Adopt(slots_[slot].call);
  FreeSlot(slot);
  return call;
}

base::Ref<call::Call> ClientConnection::Find(uint32_t call_id) {
  base::MutexLock lock(mutex_);
  const uint16_t slot = call::CallSlot(call_id);
  if (slot >= slots_.size() || slots_[slot].call == nullptr ||
      slots_[slot].call->wire_id != call_id) {
    return nullptr;
  }
  return base::Ref<call::Call>::Share(slots_[slot].call);
}

void ClientConnection::MapMethod(uint32_t index, uint16_t number) {
  base::MutexLock lock(mutex_);
  if (methods_.size() <= index) methods_.resize(index + 1, call::kNamedMethod);
  methods_[index] = number;
}

// ---- what calls do

void ClientConnection::Fail(call::Call& call, const base::Status& status, bool not_started) {
  call.OnStatus(status, nullptr, nullptr, not_started);
}

void ClientConnection::Start(call::Call& call, const polycall_message* first, bool end) {
  call::Encoded encoded;
  if (base::Status status = encoded.Encode(first, stream_.get()); !status.ok()) {
    Fail(call, status, false);
    return;
  }
  if (encoded.size() > agreed_.max_send_message_size) {
    Fail(call,
         base::ResourceExhausted("the request of " + std::to_string(encoded.size()) +
                                 " bytes is larger than the peer's max_message_size of " +
                                 std::to_string(agreed_.max_send_message_size)),
         false);
    return;
  }
  FrameHeader header;
  header.type = FrameType::kCall;
  header.method = call::kNamedMethod;
  if (first != nullptr) header.flags |= call::kFlagMessage;
  if (end) header.flags |= call::kFlagEnd;
  if (call.deadline() != base::kNever) {
    header.argument = call::EncodeTimeout(base::TimeLeft(call.deadline()));
  }
  std::string& sections = t_sections;
  sections.clear();
  const call::Metadata& metadata = call.request_metadata();
  if (!metadata.entries.empty()) {
    const size_t size = call::MetadataSize(metadata);
    if (size > agreed_.max_send_metadata_size) {
      Fail(call,
           base::ResourceExhausted("the metadata of " + std::to_string(size) +
                                   " bytes is larger than the peer's max_metadata_size of " +
                                   std::to_string(agreed_.max_send_metadata_size)),
           false);
      return;
    }
    header.flags |= call::kFlagMetadata;
    std::string block;
    call::EncodeMetadata(metadata, &block);
    call::AppendSection(&sections, block);
  }
  const auto& method = static_cast<const polycall_method&>(call.spec());
  bool gone = false;
  bool full = false;
  {
    base::MutexLock lock(mutex_);
    if (closed_) {
      gone = true;
    } else if (!AllocateSlot(call)) {
      full = queued_.size() >= agreed_.receive.max_pending_calls;
      if (!full) {
        queued_.push_back({base::Ref<call::Call>::Share(&call), end});
        has_queued_.store(true, std::memory_order_relaxed);
        return;
      }
    } else {
      header.call_id = call.wire_id;
      if (method.index < methods_.size()) header.method = methods_[method.index];
    }
  }
  if (full) {
    Fail(call,
         base::ResourceExhausted("max_calls_per_connection calls are under way, and "
                                 "max_pending_calls wait for a place already"),
         false);
    return;
  }
  if (gone) {
    Fail(call, base::Unavailable("the connection to " + peer_ + " was closed"), true);
    return;
  }
  if (header.method == call::kNamedMethod) {
    header.flags |= call::kFlagNamed;
    const auto size = static_cast<uint16_t>(std::min<size_t>(method.path.size(), 4096));
    sections.append(reinterpret_cast<const char*>(&size), sizeof(size));
    sections.append(method.path, 0, size);
  }
  AfterWrite(writer_.Write(header, sections, &encoded, InBatch()));
}

// Calls that waited for a slot, now that one is free.
void ClientConnection::StartQueued() {
  if (!has_queued_.load(std::memory_order_relaxed)) return;
  for (;;) {
    Queued next;
    {
      base::MutexLock lock(mutex_);
      has_queued_.store(!queued_.empty(), std::memory_order_relaxed);
      if (queued_.empty() || (free_.empty() && slots_.size() >= agreed_.max_calls)) return;
      next = std::move(queued_.front());
      queued_.pop_front();
    }
    if (!next.call->ended()) Start(*next.call, next.call->kept_request(), next.end);
  }
}

base::Status ClientConnection::Send(call::Call& call, const polycall_message& message, bool end,
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
  FrameHeader header;
  header.type = FrameType::kMessage;
  header.flags = call::kFlagMessage | (end ? call::kFlagEnd : 0);
  header.call_id = call.wire_id;
  {
    base::MutexLock lock(mutex_);
    send_credit_ -= static_cast<int64_t>(*cost);
  }
  AfterWrite(writer_.Write(header, {}, &encoded, buffered || InBatch()));
  return {};
}

void ClientConnection::SendSimple(FrameType type, uint32_t call_id, uint32_t argument,
                                  uint8_t flags) {
  FrameHeader header;
  header.type = type;
  header.flags = flags;
  header.call_id = call_id;
  header.argument = argument;
  AfterWrite(writer_.Write(header, {}, nullptr, false));
}

void ClientConnection::HalfClose(call::Call& call) {
  SendSimple(FrameType::kHalfClose, call.wire_id, 0);
}

void ClientConnection::Cancel(call::Call& call, int32_t code) {
  bool known = false;
  {
    base::MutexLock lock(mutex_);
    const uint16_t slot = call::CallSlot(call.wire_id);
    if (call.wire_id != 0 && slot < slots_.size() && slots_[slot].call == &call) {
      known = true;
      FreeSlot(slot);
    }
    for (auto it = queued_.begin(); it != queued_.end(); ++it) {
      if (it->call.get() == &call) {
        queued_.erase(it);
        break;
      }
    }
  }
  if (known) {
    SendSimple(FrameType::kCancel, call.wire_id, static_cast<uint32_t>(code));
    call.Release();
    StartQueued();
  }
  Kick();
  CloseIfDrained();
}

bool ClientConnection::HasCredit(call::Call& call) {
  base::MutexLock lock(mutex_);
  if (send_credit_ > 0 || closed_) return true;
  blocked_.Push(&call);
  return false;
}

void ClientConnection::ReturnCredit(call::Call& call, uint64_t bytes) {
  uint32_t for_call = 0;
  {
    base::MutexLock lock(mutex_);
    call.wire_unreturned += static_cast<uint32_t>(bytes);
    if (call.wire_unreturned >= agreed_.receive.call_window / 2) {
      for_call = std::exchange(call.wire_unreturned, 0);
    }
  }
  if (for_call > 0 && !call.ended()) SendSimple(FrameType::kCredit, call.wire_id, for_call);
  ReturnConnectionCredit(bytes);
}

void ClientConnection::ReturnConnectionCredit(uint64_t bytes) {
  uint32_t credit = 0;
  {
    base::MutexLock lock(mutex_);
    connection_unreturned_ += bytes;
    if (connection_unreturned_ >= agreed_.receive.connection_window / 2) {
      credit = static_cast<uint32_t>(std::exchange(connection_unreturned_, 0));
    }
  }
  if (credit > 0) SendSimple(FrameType::kCredit, 0, credit);
}

base::Status ClientConnection::Ping(int64_t deadline, int64_t* round_trip_ns) {
  PendingPing ping;
  {
    base::MutexLock lock(mutex_);
    if (closed_) return why_closed_;
    ping.token = next_ping_++;
    pings_.push_back(&ping);
  }
  const int64_t begin = base::NowNs();
  SendSimple(FrameType::kPing, 0, ping.token);
  while (WaitFor(ping.waiter, deadline)) {
    base::MutexLock lock(mutex_);
    if (std::find(pings_.begin(), pings_.end(), &ping) == pings_.end()) break;
  }
  base::MutexLock lock(mutex_);
  std::erase(pings_, &ping);
  if (ping.answered) {
    if (round_trip_ns != nullptr) *round_trip_ns = base::NowNs() - begin;
    return {};
  }
  if (closed_) return why_closed_;
  return base::DeadlineExceeded("no answer to a ping from " + peer_ + " in the time given");
}

// ---- ending

void ClientConnection::Close(const base::Status& why) {
  std::vector<call::Call*> calls;
  std::deque<Queued> queued;
  std::vector<EndedPlain> plains;
  std::vector<base::Ref<call::Call>> blocked;
  std::vector<base::Waiter*> sleepers;
  {
    base::MutexLock lock(mutex_);
    if (closed_) return;
    closed_ = true;
    usable_ = false;
    why_closed_ = why;
    for (Slot& slot : slots_) {
      if (slot.call != nullptr) calls.push_back(std::exchange(slot.call, nullptr));
    }
    TakePlains(&plains);
    live_ = async_live_ = 0;
    queued.swap(queued_);
    blocked = blocked_.TakeAll();
    for (PendingPing* ping : pings_) ping->waiter.Wake();
    pings_.clear();
    sleepers.swap(sleepers_);
    if (registered_) {
      registered_ = false;
      stream_->Unregister(base::Reactor::Global(), this);
    }
  }
  writer_.Break();
  stream_->Shutdown();
  for (call::Call* call : calls) {
    Fail(*call, why, false);
    call->Release();
  }
  for (EndedPlain& plain : plains) FailPlain(&plain, why, false);
  for (Queued& entry : queued) Fail(*entry.call, why, true);
  call::BlockedQueue::Wake(blocked);
  for (base::Waiter* waiter : sleepers) waiter->Promote();
  Kick();
  const bool watched = StopKeepalive();
  {
    base::MutexLock lock(observer_mutex_);
    if (Observer* observer = std::exchange(observer_, nullptr)) observer->OnClosed(this, why);
  }
  if (watched) Release();  // the timer's; nothing is touched after it
}

void ClientConnection::ForgetObserver() {
  base::MutexLock lock(observer_mutex_);
  observer_ = nullptr;
}

void ClientConnection::Drain() {
  {
    base::MutexLock lock(mutex_);
    drain_ = true;
    usable_ = false;
  }
  CloseIfDrained();
}

void ClientConnection::CloseIfDrained() {
  if (!drain_.load(std::memory_order_relaxed)) return;
  {
    base::MutexLock lock(mutex_);
    if (!drain_ || closed_ || live_ > 0 || !queued_.empty()) return;
  }
  Close(base::Unavailable("the connection to " + peer_ + " was drained"));
}

void ClientConnection::AfterWrite(FrameWriter::Result result) {
  if (result == FrameWriter::Result::kOk) return;
  if (result == FrameWriter::Result::kBroken) {
    // The reader sees the end too, but frames that came before it are still to be read: a go-away
    // says more than a broken pipe. Make sure that somebody reads.
    base::MutexLock lock(mutex_);
    usable_ = false;
    if (!closed_ && reader_role_ == Reader::kNobody) Arm();
    return;
  }
  base::MutexLock lock(mutex_);
  // A thread that reads, or will (it waits for its call), polls for writability too.
  if (reader_role_ == Reader::kNobody && async_live_ == 0) return;
  Arm();
  Kick();
}

}  // namespace polycall::transport
