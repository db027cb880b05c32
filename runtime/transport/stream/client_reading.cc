// Reading of a ClientConnection: who reads, and what the frames mean.
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/log.h"
#include "transport/stream/client_connection.h"

namespace polycall::transport {

using call::FrameHeader;
using call::FrameType;

namespace {
constexpr int kReadsPerRound = 16;
}  // namespace

thread_local const void* ClientConnection::t_batch = nullptr;

// ---- the reader's role

void ClientConnection::Arm() {
  if (!registered_) return;
  const bool in = reader_role_ != Reader::kThread;
  if (in) reader_role_ = Reader::kReactor;
  armed_out_ = writer_.blocked();
  stream_->Watch(base::Reactor::Global(), this, (in ? EPOLLIN : 0u) | (armed_out_ ? EPOLLOUT : 0u));
}

void ClientConnection::Disarm() {
  if (registered_) stream_->Watch(base::Reactor::Global(), this, armed_out_ ? EPOLLOUT : 0u);
}

void ClientConnection::Kick() {
  const uint64_t one = 1;
  [[maybe_unused]] ssize_t written = write(kick_fd_, &one, sizeof(one));
}

void ClientConnection::SetAsync(call::Call& call) {
  base::MutexLock lock(mutex_);
  const uint16_t slot = call::CallSlot(call.wire_id);
  if (call.wire_async || call.wire_id == 0 || slot >= slots_.size() || slots_[slot].call != &call) {
    return;
  }
  call.wire_async = true;
  ++async_live_;
  if (reader_role_ == Reader::kNobody) Arm();
}

bool ClientConnection::WaitFor(base::Waiter& waiter, int64_t deadline) {
  for (;;) {
    if (waiter.TryTake()) {
      if (waiter.TakePromotion()) PassOn();
      return true;
    }
    bool reading = false;
    bool start_tick = false;
    bool closed = false;
    {
      base::MutexLock lock(mutex_);
      if (closed_) {
        closed = true;
      } else if (reader_role_ == Reader::kNobody ||
                 (reader_role_ == Reader::kReactor && !reactor_busy_)) {
        if (reader_role_ == Reader::kReactor) {
          Disarm();
          start_tick = !std::exchange(ticking_, true);
        }
        reader_role_ = Reader::kThread;
        reading = true;
      } else {
        sleepers_.push_back(&waiter);
      }
    }
    if (start_tick) ScheduleTick(kUnattended);
    if (reading) {
      const bool woken = ReadUntil(waiter, deadline);
      {
        base::MutexLock lock(mutex_);
        reader_role_ = Reader::kNobody;
      }
      PassOn();
      if (woken) return true;
      if (deadline != base::kNever && base::NowNs() >= deadline) return false;
      continue;
    }
    base::Reactor::YieldIfLeading();
    // Closed: its calls were ended, so the wake is there or about to come.
    const base::Waiter::Result result = waiter.WaitEither(deadline);
    if (!closed) {
      base::MutexLock lock(mutex_);
      std::erase(sleepers_, &waiter);
    }
    if (result == base::Waiter::Result::kPromoted) continue;  // reads, or passes the role on
    if (waiter.TakePromotion()) PassOn();
    return result == base::Waiter::Result::kWoken;
  }
}

// The role is free: gives it to a sleeper, to the reactor, or to nobody until the tick finds it so.
void ClientConnection::PassOn() {
  base::MutexLock lock(mutex_);
  if (reader_role_ != Reader::kNobody || closed_) return;
  if (!sleepers_.empty()) {
    // Under the lock: a sleeper takes itself out of the list under it before it goes away.
    sleepers_.back()->Promote();
    sleepers_.pop_back();
  } else if (async_live_ > 0 || writer_.blocked()) {
    Arm();
  }
}

bool ClientConnection::ReadUntil(base::Waiter& waiter, int64_t deadline) {
  const bool deferred_before = std::exchange(call::t_defer_callbacks, true);
  bool stopped = false;
  DispatchFrames(&stopped);  // what an earlier reader left
  bool woken = false;
  while (!(woken = waiter.TryTake()) && !closed_.load(std::memory_order_acquire)) {
    const short events = writer_.blocked() ? POLLIN | POLLOUT : POLLIN;
    timespec timeout;
    timespec* until = nullptr;
    if (deadline != base::kNever) {
      const int64_t left = deadline - base::NowNs();
      if (left <= 0) break;
      timeout = {static_cast<time_t>(left / base::kSecond),
                 static_cast<long>(left % base::kSecond)};
      until = &timeout;
    }
    const short ready = stream_->Wait(events, kick_fd_, until);
    if (ready <= 0) continue;
    if ((ready & POLLOUT) != 0) {
      [[maybe_unused]] auto result = writer_.Flush();  // broken: the read tells
    }
    if ((ready & (POLLIN | POLLERR | POLLHUP)) != 0) {
      for (int i = 0; (i < kReadsPerRound || stream_->HasBuffered()) && ReadOnce(); ++i) {
        if (!DispatchFrames(&stopped) || Drained()) break;
      }
    }
  }
  // The buffer stays for the next call; the tick takes it when none comes.
  call::t_defer_callbacks = deferred_before;
  return woken;
}

void ClientConnection::OnReady(uint32_t events) {
  // A callback may take long, and another leader may close and release the connection meanwhile.
  auto self = base::Ref<ClientConnection>::Share(this);
  bool flush_only = false;
  if (events != 0) events = stream_->Translate(events);
  {
    base::MutexLock lock(mutex_);
    if (reader_role_ == Reader::kReactor && !closed_) {
      reactor_busy_ = true;
    } else if (armed_out_) {
      flush_only = true;  // a thread reads; the reactor flushes
    } else {
      return;
    }
  }
  bool stopped = false;
  if (!flush_only) {
    const void* batch_before = std::exchange(t_batch, this);
    if (events == 0) {
      DispatchFrames(&stopped);
      if (!stopped && stream_->HasBuffered()) events = EPOLLIN;
    }
    if (!stopped && (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) {
      for (int i = 0; (i < kReadsPerRound || stream_->HasBuffered()) && ReadOnce(); ++i) {
        if (!DispatchFrames(&stopped) || Drained()) break;
      }
    }
    t_batch = batch_before;
  }
  // Requests that callbacks made go out together.
  const FrameWriter::Result result = writer_.Flush();
  if (stopped) {
    AfterWrite(result);
    return;
  }
  if (!flush_only) reader_.Park();
  if (EndRound(flush_only, result)) ScheduleTick(kUnattended);
}

// The reactor is through for now. True: the tick must be started.
bool ClientConnection::EndRound(bool flush_only, FrameWriter::Result result) {
  base::MutexLock lock(mutex_);
  if (!flush_only) reactor_busy_ = false;
  if (closed_) return false;
  if ((result == FrameWriter::Result::kBlocked) != armed_out_) Arm();
  if (reader_role_ == Reader::kReactor) {
    if (const int64_t ticks = stream_->PollTicks(); ticks >= 0) {
      base::Reactor::Global().KeepPolling(this, static_cast<uint64_t>(ticks));
    }
  }
  // A thread waits and no callback does: it had better read itself.
  if (reader_role_ == Reader::kReactor && !sleepers_.empty() && async_live_ == 0) {
    reader_role_ = Reader::kNobody;
    Disarm();
    sleepers_.back()->Promote();
    sleepers_.pop_back();
    return !std::exchange(ticking_, true);
  }
  return false;
}

bool ClientConnection::StopPolling() {
  base::MutexLock lock(mutex_);
  // A thread that reads decides for itself.
  return reader_role_ != Reader::kReactor || reactor_busy_ || stream_->StopPolling();
}

bool ClientConnection::ReadOnce(bool wait) {
  size_t size;
  uint8_t* space = reader_.Space(&size);
  if (size == 0) {
    Close(base::ResourceExhausted("no memory to read from " + peer_));
    return false;
  }
  ssize_t got;
  do {
    got = wait ? stream_->ReadWaiting(space, size) : stream_->Read(space, size);
  } while (got < 0 && errno == EINTR);
  if (got > 0) {
    reader_.Filled(static_cast<size_t>(got), size);
    activity_.fetch_add(1, std::memory_order_relaxed);
    return true;
  }
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return false;
  Close(base::Unavailable(got == 0
                              ? "the peer " + peer_ + " closed the connection"
                              : base::ErrnoText("the connection to " + peer_ + " broke", errno)));
  return false;
}

// Handles the complete frames that were read. False when reading should stop for now: `*stopped` if
// this thread lost the reactor's leadership in a callback and must not touch the connection again.
bool ClientConnection::DispatchFrames(bool* stopped) {
  const bool led = base::Reactor::Leading();
  // A reference for the whole batch: a thread that takes the leadership may drop the reader's.
  base::Buffer* held = nullptr;
  struct Release {
    base::Buffer** held;
    ~Release() { base::ReleaseBuffer(*held); }
  } release{&held};
  for (;;) {
    FrameHeader header;
    std::string_view body;
    base::Buffer* buffer = nullptr;
    const char* error = nullptr;
    switch (reader_.Next(&header, &body, &buffer, &error)) {
      case FrameReader::Result::kMore:
        return true;
      case FrameReader::Result::kError:
        ProtocolError(error);
        return false;
      case FrameReader::Result::kFrame:
        break;
    }
    if (buffer != held) {
      base::ReleaseBuffer(held);
      base::RetainBuffer(held = buffer);
    }
    Dispatch(header, body, &held);
    if (led && !base::Reactor::Leading()) {
      *stopped = true;
      return false;
    }
    if (closed_.load(std::memory_order_acquire)) return false;
  }
}

void ClientConnection::ProtocolError(std::string_view what) {
  const std::string text = "protocol error from " + peer_ + ": " + std::string(what);
  POLYCALL_LOG(POLYCALL_LOG_WARNING, text);
  Close(base::Internal(text));
}

void ClientConnection::Dispatch(const FrameHeader& header, std::string_view body,
                                base::Buffer** held) {
  switch (header.type) {
    case FrameType::kStatus:
      OnStatusFrame(header, body, held);
      break;
    case FrameType::kMessage: {
      base::Ref<call::Call> call = Find(header.call_id);
      const polycall_message view = call::ViewMessage(body, *held);
      polycall_message owned;
      base::Status kept;
      if (!call) {
        // Late: the call has ended. The connection's credit still comes back.
        ReturnConnectionCredit(body.size() + call::kMessageOverhead);
        break;
      }
      kept = call::KeepMessage(view, nullptr, &owned);
      if (kept.ok()) {
        call->OnMessage(owned);
      } else {
        call->EndLocally(kept);
      }
      break;
    }
    case FrameType::kMetadata: {
      call::FrameBody parts;
      const char* error = nullptr;
      if (!call::ParseFrameBody(header, body, &parts, &error)) return ProtocolError(error);
      std::unique_ptr<call::Metadata> metadata =
          call::DecodeMetadata(parts.metadata, agreed_.receive.max_metadata_size, &error);
      if (metadata == nullptr) return ProtocolError(error);
      if (base::Ref<call::Call> call = Find(header.call_id)) {
        call->OnInitialMetadata(std::move(metadata));
      }
      break;
    }
    case FrameType::kCredit: {
      if (header.call_id != 0) {
        if (base::Ref<call::Call> call = Find(header.call_id)) call->OnCredit(header.argument);
        break;
      }
      std::vector<base::Ref<call::Call>> blocked;
      {
        base::MutexLock lock(mutex_);
        send_credit_ += header.argument;
        if (send_credit_ > 0) blocked = blocked_.TakeAll();
      }
      call::BlockedQueue::Wake(blocked);
      break;
    }
    case FrameType::kPing: {
      if ((header.flags & call::kFlagEnd) == 0) {
        SendSimple(FrameType::kPing, 0, header.argument, call::kFlagEnd);
        break;
      }
      base::MutexLock lock(mutex_);
      auto it = std::find_if(pings_.begin(), pings_.end(), [&](const PendingPing* ping) {
        return ping->token == header.argument;
      });
      if (it != pings_.end()) {
        PendingPing* ping = *it;
        ping->answered = true;
        pings_.erase(it);
        ping->waiter.Wake();
      }
      break;
    }
    case FrameType::kGoAway: {
      call::FrameBody parts;
      const char* error = nullptr;
      if (!call::ParseFrameBody(header, body, &parts, &error)) return ProtocolError(error);
      POLYCALL_LOG(POLYCALL_LOG_INFO, "go-away from " + peer_ + ": " + std::string(parts.text));
      if (header.argument != POLYCALL_OK) {
        Close({static_cast<int32_t>(header.argument),
               "the peer " + peer_ + " ended the connection: " + std::string(parts.text)});
        break;
      }
      {
        base::MutexLock lock(observer_mutex_);
        if (observer_ != nullptr) observer_->OnDraining(this);
      }
      Drain();
      break;
    }
    case FrameType::kHello:
    case FrameType::kAccept:
    case FrameType::kCall:
    case FrameType::kHalfClose:
    case FrameType::kCancel:
    case FrameType::kShm:
    case FrameType::kLent:
      ProtocolError("a frame that only a caller sends, or a second handshake");
      break;
    default:
      break;  // optional: skipped
  }
}

void ClientConnection::OnStatusFrame(const FrameHeader& header, std::string_view body,
                                     base::Buffer** held) {
  call::FrameBody parts;
  const char* error = nullptr;
  if (!call::ParseFrameBody(header, body, &parts, &error)) return ProtocolError(error);
  if (EndPlain(header, parts, held)) return;
  std::unique_ptr<call::Metadata> initial;
  std::unique_ptr<call::Metadata> trailing;
  if ((header.flags & call::kFlagMetadata) != 0) {
    initial = call::DecodeMetadata(parts.metadata, agreed_.receive.max_metadata_size, &error);
    if (initial == nullptr) return ProtocolError(error);
  }
  if ((header.flags & call::kFlagTrailing) != 0) {
    trailing = call::DecodeMetadata(parts.trailing, agreed_.receive.max_metadata_size, &error);
    if (trailing == nullptr) return ProtocolError(error);
  }
  base::Ref<call::Call> call = Take(header.call_id);
  if (!call) return;  // late
  if (initial != nullptr) call->OnInitialMetadata(std::move(initial));
  base::Status status;
  if (header.argument != POLYCALL_OK) {
    status = base::Status(static_cast<int32_t>(header.argument), parts.text, parts.details);
  }
  const bool not_started = (header.flags & call::kFlagNotStarted) != 0;
  if ((header.flags & call::kFlagMessage) != 0 && status.ok()) {
    // The response stays in the read buffer, referenced: whoever waits decodes it from there.
    polycall_message response = call::ViewMessage(parts.message, *held);
    if (response.data == nullptr) response.data = "";
    base::RetainBuffer(*held);
    call->OnStatus({}, std::move(trailing), &response, not_started);
  } else {
    call->OnStatus(std::move(status), std::move(trailing), nullptr, not_started);
  }
  StartQueued();
  CloseIfDrained();
}

// ---- looking after a connection that no thread reads

void ClientConnection::ScheduleTick(int64_t delay) {
  Retain();
  base::Reactor::Global().Schedule(&tick_, base::DeadlineAfter(delay));
}

void ClientConnection::Tick() {
  bool again = false;
  {
    base::MutexLock lock(mutex_);
    ticking_ = false;
    if (closed_) return;
    const uint64_t activity = activity_.load(std::memory_order_relaxed);
    const bool unattended = reader_role_ == Reader::kNobody;
    if (unattended && activity == tick_activity_) {
      reader_.Park();
      Arm();  // the next thread that waits starts the tick again
    } else if (unattended || reader_role_ == Reader::kThread) {
      again = ticking_ = true;
    }
    tick_activity_ = activity;
  }
  if (again) ScheduleTick(kUnattended);
}

}  // namespace polycall::transport
