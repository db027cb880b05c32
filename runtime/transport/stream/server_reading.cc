// Reading of a ServerConnection, and what the frames mean. The handshake is in server_handshake.cc.
#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/clock.h"
#include "base/log.h"
#include "transport/stream/server_connection.h"

namespace polycall::transport {

using call::FrameHeader;
using call::FrameType;

namespace {
constexpr int kReadsPerRound = 16;
// Of base::Ticks, some 3 us: far more than to answer a small request takes if nobody comes between.
constexpr uint64_t kSetAside = 8'000;
// Of a round that took longer, the wait that a look may save is a small part, and others wait for it.
constexpr uint64_t kLongRound = 50'000;
constexpr int kLooksPerRound = 8;
constexpr uint64_t kMaxHelloBody = 256 * 1024;
}  // namespace

thread_local const void* ServerConnection::t_batch = nullptr;
thread_local bool ServerConnection::t_more = false;

void ServerConnection::OnReady(uint32_t events) {
  // A handler may take long, and another leader may close and release the connection meanwhile.
  auto self = base::Ref<ServerConnection>::Share(this);
  if (state_ == State::kFirstBytes && !KnowPeer()) return;
  const void* batch_before = std::exchange(t_batch, this);
  bool stopped = false;
  bool left = false;  // something is still to be read, of which no edge will tell
  if (events != 0) {
    events = stream_->Translate(events);
  } else if (!closed_) {
    DispatchFrames(&stopped);
    if (!stopped && !closed_) {
      // Of what the old leader was told and did not read no edge tells again, nor of the end.
      if ((interest_.load() & EPOLLET) != 0) {
        events = EPOLLIN | EPOLLRDHUP;
      } else if (stream_->HasBuffered()) {
        events = EPOLLIN;
      }
    }
  }
  if (!closed_ && !stopped && (events & (EPOLLIN | EPOLLERR | EPOLLHUP | EPOLLRDHUP)) != 0) {
    // The end comes with no edge of its own if it came before we looked: then it is read for.
    const bool to_end = (events & (EPOLLERR | EPOLLHUP | EPOLLRDHUP)) != 0;
    const bool edges = (idle_interest_.load(std::memory_order_relaxed) & EPOLLET) != 0;
    bool looks = false;  // the read is a look for what came meanwhile
    for (int i = 0;; ++i) {
      if (i >= kReadsPerRound && !stream_->HasBuffered()) {
        left = true;
        break;
      }
      const uint64_t begin = edges ? base::Ticks() : 0;
      const bool got = ReadOnce();
      if (std::exchange(looks, false)) TellLook(got);
      if (!got || !DispatchFrames(&stopped)) break;
      if (!Drained() || to_end) continue;
      looks = edges && i + 1 < kLooksPerRound && MayLook(base::Ticks() - begin);
      if (!looks) break;
    }
  }
  t_batch = batch_before;
  const FrameWriter::Result result = writer_.Flush();
  if (queue_full_.load() && writer_.queued_bytes() < kMaxQueued) {
    queue_full_.store(false);
    UnblockSenders();
    // Senders run their users' code: another thread may lead now, and read.
    stopped = stopped || !base::Reactor::Leading();
  }
  if (stopped) {
    AfterWrite(result);
    return;
  }
  reader_.Park();
  if (closed_) return;
  if (const int64_t ticks = stream_->PollTicks(); ticks >= 0) {
    acceptor_->reactor().KeepPolling(this, static_cast<uint64_t>(ticks));
  }
  if (result == FrameWriter::Result::kBlocked || interest_.load() != idle_interest_ || left) {
    base::MutexLock lock(mutex_);
    UpdateInterest(left);
  }
}

// Whether to read once more before the reactor waits, though all was read. The kernel may let a caller on
// our processor in while we answer: its next request is there when we come back, and the wait would be
// for nothing. That it was so is seen from how long the round took, and learned, for it may be for
// another reason. No edge is owed to anybody by that: what was read leaves nothing behind, as before.
bool ServerConnection::MayLook(uint64_t took) {
  return took > kSetAside && took < kLongRound && !base::Reactor::MoreToDo() &&
         writer_.queued_bytes() == 0 && !writer_.blocked() && ahead_.Next() != 0;
}

void ServerConnection::TellLook(bool found) {
  if (found) {
    ahead_.Paid();
  } else {
    ahead_.Failed();
  }
}

bool ServerConnection::ReadOnce() {
  size_t size;
  uint8_t* space = reader_.Space(&size);
  if (size == 0) {
    Close(base::ResourceExhausted("no memory to read"));
    return false;
  }
  ssize_t got;
  do {
    got = stream_->Read(space, size);
  } while (got < 0 && errno == EINTR);
  if (got > 0) {
    reader_.Filled(static_cast<size_t>(got), size);
    reads_.fetch_add(1, std::memory_order_relaxed);
    return true;
  }
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return false;
  Close(base::Unavailable(got == 0 ? "the peer closed the connection"
                                   : base::ErrnoText("the connection broke", errno)));
  return false;
}

bool ServerConnection::DispatchFrames(bool* stopped) {
  if (state_ == State::kPreface) {
    const uint8_t* bytes;
    if (!reader_.TakeBytes(call::kPrefaceSize, &bytes)) return true;
    if (memcmp(bytes, call::kPreface, call::kPrefaceSize) != 0) {
      ProtocolError("the peer does not speak PolyCall's protocol: no preface \"PolyCall\"");
      return false;
    }
    state_ = State::kHello;
    reader_.set_max_body(kMaxHelloBody);
  }
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
    if (state_ != State::kOpen) {
      if (!DispatchHandshake(header, body)) return false;
      continue;
    }
    if (buffer != held) {
      base::ReleaseBuffer(held);
      base::RetainBuffer(held = buffer);
    }
    t_more = reader_.HasBytes();
    Dispatch(header, body, buffer);
    if (!base::Reactor::Leading()) {
      *stopped = true;
      return false;
    }
    if (closed_.load(std::memory_order_acquire)) return false;
    if (reader_.Done()) return true;
  }
}

void ServerConnection::Dispatch(const FrameHeader& header, std::string_view body,
                                base::Buffer* buffer) {
  switch (header.type) {
    case FrameType::kCall:
      OnCall(header, body, buffer);
      break;
    case FrameType::kMessage: {
      const uint64_t cost = body.size() + call::kMessageOverhead;
      bool overrun;
      {
        base::MutexLock lock(mutex_);
        overrun = receive_credit_ <= 0;
        receive_credit_ -= static_cast<int64_t>(cost);
      }
      if (overrun) return ProtocolError("more stream bytes than connection_window allows");
      base::Ref<call::Call> call = Find(header.call_id);
      if (!call) {  // late: the call has ended
        ReturnConnectionCredit(cost);
        break;
      }
      polycall_message owned;
      const base::Status kept = call::KeepMessage(call::ViewMessage(body, buffer), nullptr, &owned);
      if (!kept.ok()) {
        call->OnCancelled(kept.code());
        break;
      }
      static_cast<const call::ServerMethod&>(call->spec()).metrics.Received(body.size());
      call->OnMessage(owned);
      if ((header.flags & call::kFlagEnd) != 0) call->OnHalfClose();
      break;
    }
    case FrameType::kHalfClose:
      if (base::Ref<call::Call> call = Find(header.call_id)) call->OnHalfClose();
      break;
    case FrameType::kCancel:
      if (base::Ref<call::Call> call = Take(header.call_id)) {
        call->OnCancelled(static_cast<int32_t>(header.argument));
      }
      break;
    case FrameType::kCredit: {
      if (header.call_id != 0) {
        if (base::Ref<call::Call> call = Find(header.call_id)) call->OnCredit(header.argument);
        break;
      }
      {
        base::MutexLock lock(mutex_);
        send_credit_ += header.argument;
      }
      UnblockSenders();
      break;
    }
    case FrameType::kPing:
      if ((header.flags & call::kFlagEnd) == 0) {
        SendSimple(FrameType::kPing, 0, header.argument, call::kFlagEnd);
      }
      break;
    case FrameType::kGoAway:
      break;  // the caller starts no more calls; it closes when it is done
    case FrameType::kHello:
    case FrameType::kAccept:
    case FrameType::kStatus:
    case FrameType::kMetadata:
    case FrameType::kShm:
    case FrameType::kLent:
      ProtocolError("a frame that only a server sends, or a second handshake");
      break;
    default:
      break;  // optional: skipped
  }
}

void ServerConnection::OnCall(const FrameHeader& header, std::string_view body,
                              base::Buffer* buffer) {
  call::FrameBody parts;
  const char* error = nullptr;
  if (!call::ParseFrameBody(header, body, &parts, &error)) return ProtocolError(error);
  const uint16_t slot = call::CallSlot(header.call_id);
  if (slot >= agreed_.max_calls) {
    return ProtocolError("a call's slot is beyond max_calls_per_connection");
  }
  call::ServerMethod* method = (header.flags & call::kFlagNamed) != 0
                                   ? acceptor_->FindMethod(parts.path)
                                   : acceptor_->FindMethod(header.method);
  if (method == nullptr) {
    SendStatus(header.call_id,
               {POLYCALL_UNIMPLEMENTED,
                parts.path.empty() ? "method number " + std::to_string(header.method) +
                                         " is not in this server's table"
                                   : "this server has no method " + std::string(parts.path)},
               false);
    return;
  }
  std::unique_ptr<call::Metadata> metadata;
  if ((header.flags & call::kFlagMetadata) != 0) {
    metadata = call::DecodeMetadata(parts.metadata, agreed_.receive.max_metadata_size, &error);
    if (metadata == nullptr) {
      const int code = error == call::kMetadataTooLarge ? POLYCALL_RESOURCE_EXHAUSTED
                                                        : POLYCALL_INVALID_ARGUMENT;
      SendStatus(header.call_id, {code, std::string("bad metadata: ") + error}, false);
      return;
    }
  }
  if (draining_.load(std::memory_order_relaxed)) {
    SendStatus(header.call_id, base::Unavailable("the server shuts down"), true);
    return;
  }
  if (parts.message.size() > agreed_.receive.max_message_size) {
    SendStatus(header.call_id,
               base::ResourceExhausted("a request of " + std::to_string(parts.message.size()) +
                                       " bytes is larger than max_message_size"),
               false);
    return;
  }
  call::Call* call = acceptor_->NewCall(method);
  const bool plain = metadata == nullptr &&
                     (header.flags & (call::kFlagMessage | call::kFlagEnd)) ==
                         (call::kFlagMessage | call::kFlagEnd) &&
                     acceptor_->TakesPlain(*method);
  call->wire_id = header.call_id;
  if (plain) {
    call->SetRefs(3);  // the handler's, the table's, DispatchPlain's
    call->set_borrowed_link(this);
  } else {
    call->SetRefs(2);  // the handler's, the table's
    call->set_link(base::Ref<call::Link>::Share(this));
  }
  call->set_send_credit(agreed_.send_call_window);
  if (metadata != nullptr) call->set_request_metadata(std::move(metadata));
  const int64_t timeout = call::DecodeTimeout(header.argument);
  if (timeout != base::kNever) call->set_deadline(base::DeadlineAfter(timeout));
  const bool has_message = (header.flags & call::kFlagMessage) != 0;
  const bool end = (header.flags & call::kFlagEnd) != 0;
  if (end && method->request_first()) call->PresetHalfClosed();
  bool in_use = false;
  {
    base::MutexLock lock(mutex_);
    if (slots_.size() <= slot) slots_.resize(std::min<size_t>(agreed_.max_calls, slot * 2 + 4));
    in_use = slots_[slot] != nullptr;
    if (!in_use) {
      slots_[slot] = call;
      ++live_;
    }
  }
  if (in_use) {
    call->SetRefs(1);
    call->Finish(base::Internal("slot in use"), nullptr);
    return ProtocolError("a call's slot is in use");
  }
  polycall_message request = call::ViewMessage(parts.message, buffer);
  if (request.data == nullptr) request.data = "";
  if (plain) {
    acceptor_->DispatchPlain(call, &request, t_more);
    return;
  }
  if (method->request_first()) {
    if (!has_message) {
      call->Finish(base::InvalidArgument(method->path + " takes a request message, none came"),
                   nullptr);
      return;
    }
    acceptor_->Dispatch(call, &request);
    return;
  }
  if (has_message) {
    polycall_message owned;
    if (call::KeepMessage(request, nullptr, &owned).ok()) call->OnMessage(owned, false);
  }
  if (end) call->OnHalfClose();
  acceptor_->Dispatch(call, nullptr);
}

}  // namespace polycall::transport
