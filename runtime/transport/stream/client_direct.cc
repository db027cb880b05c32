// A blocking unary call without a call object: the thread sends the request,
// reads until its answer is there, and gives everything else that it reads to
// whom it belongs. Only for calls that need nothing more: no deadline, no
// metadata, no parent. Half of the time of a small call is saved.
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "transport/stream/client_connection.h"

namespace polycall::transport {

using call::FrameHeader;
using call::FrameType;

// One direct call while its thread reads for it.
struct ClientConnection::Direct {
  polycall_unary* unary;
  const polycall_method* method;
  uint32_t call_id = 0;
  bool done = false;
  bool again = false;  // it may be started again, which is the general path's work
};

// Takes a slot and the reader's role. False: somebody else reads, or the
// connection is not in order.
bool ClientConnection::EnterDirect(const polycall_method& method, FrameHeader* header) {
  bool start_tick = false;
  {
    base::MutexLock lock(mutex_);
    if (closed_ || drain_ || !queued_.empty() || method.index >= methods_.size() ||
        methods_[method.index] == call::kNamedMethod ||
        !(reader_role_ == Reader::kNobody ||
          (reader_role_ == Reader::kReactor && !reactor_busy_))) {
      return false;
    }
    uint16_t slot;
    if (!TakeSlot(&slot)) return false;
    // The slot's call stays NULL: frames for it are only for this thread, or late.
    header->call_id = call::MakeCallId(slot, slots_[slot].generation);
    header->method = methods_[method.index];
    if (reader_role_ == Reader::kReactor) {
      Disarm();
      start_tick = !std::exchange(ticking_, true);
    }
    reader_role_ = Reader::kThread;
  }
  if (start_tick) ScheduleTick(kUnattended);
  return true;
}

void ClientConnection::LeaveDirect(uint32_t call_id) {
  bool pass;
  {
    base::MutexLock lock(mutex_);
    reader_role_ = Reader::kNobody;
    if (closed_) return;
    --live_;
    free_.push_back(call::CallSlot(call_id));
    pass = !sleepers_.empty() || async_live_ > 0 || writer_.blocked();
  }
  if (pass) PassOn();
  StartQueued();
  CloseIfDrained();
}

// The answer. What it says of metadata nobody asked for.
void ClientConnection::AnswerDirect(Direct* direct, const FrameHeader& header,
                                    std::string_view body, base::Buffer* buffer) {
  call::FrameBody parts;
  const char* error = nullptr;
  if (!call::ParseFrameBody(header, body, &parts, &error)) return ProtocolError(error);
  direct->done = true;
  polycall_unary* unary = direct->unary;
  if (header.argument != POLYCALL_OK) {
    const bool retryable = (header.flags & call::kFlagNotStarted) != 0 ||
                           (header.argument == POLYCALL_UNAVAILABLE &&
                            (direct->method->flags & POLYCALL_METHOD_IDEMPOTENT) != 0);
    direct->again = retryable;
    if (!retryable) {
      base::Status(static_cast<int32_t>(header.argument), parts.text, parts.details)
          .ToAbi(&unary->status);
    }
  } else if ((header.flags & call::kFlagMessage) == 0) {
    base::Internal("the peer ended " + direct->method->path + " with OK but without a response")
        .ToAbi(&unary->status);
  } else {
    unary->response = call::ViewMessage(parts.message, buffer);
    if (unary->response.data == nullptr) unary->response.data = "";
    base::RetainBuffer(buffer);
  }
}

// Dispatches all that was read. False: the connection is closed.
bool ClientConnection::DispatchDirect(Direct* direct) {
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
    if (header.type == FrameType::kStatus && header.call_id == direct->call_id && !direct->done) {
      AnswerDirect(direct, header, body, buffer);
    } else {
      base::RetainBuffer(buffer);
      Dispatch(header, body, &buffer);
      base::ReleaseBuffer(buffer);
    }
    if (closed_.load(std::memory_order_acquire)) return false;
    if (reader_.Done()) return true;
  }
}

void ClientConnection::ReadDirect(Direct* direct) {
  const bool deferred_before = std::exchange(call::t_defer_callbacks, true);
  bool open = DispatchDirect(direct);  // what an earlier reader left
  while (open && !direct->done && !closed_.load(std::memory_order_acquire)) {
    if (!writer_.blocked()) {
      // Woken inside recv, a thread is back 1 us (same core) to 3 us (another) sooner than through
      // poll. Close wakes it by shutting the socket down, and nobody else needs to: this call cannot
      // be cancelled, and what others could not send the reactor sends.
      if (ReadOnce(true)) open = DispatchDirect(direct);
      continue;
    }
    const short ready = stream_->Wait(POLLIN | POLLOUT, kick_fd_, nullptr);
    if (ready <= 0) continue;
    if ((ready & POLLOUT) != 0) {
      [[maybe_unused]] auto result = writer_.Flush();  // broken: the read tells
    }
    if ((ready & (POLLIN | POLLERR | POLLHUP)) != 0 && ReadOnce()) {
      open = DispatchDirect(direct);
    }
  }
  call::t_defer_callbacks = deferred_before;
}

bool ClientConnection::CallInline(polycall_unary* unary, const polycall_method& method,
                                  int64_t deadline, call::Call* parent) {
  // A leader must give its leadership up before it waits: the general path
  // does.
  if (deadline != base::kNever || parent != nullptr || base::Reactor::Leading()) return false;
  FrameHeader header;
  header.type = FrameType::kCall;
  header.flags = call::kFlagMessage | call::kFlagEnd;
  if (!EnterDirect(method, &header)) return false;
  Direct direct{unary, &method, header.call_id};
  // The request stays where it is until this returns, so what the socket does not take at once need
  // not be copied.
  base::ForeignBuffer request;
  request.Init(nullptr, 0, [](base::ForeignBuffer*) {});
  {
    call::Encoded encoded;
    encoded.set_holder(&request);
    if (!encoded.Encode(&unary->request, stream_.get()).ok() ||
        encoded.size() > agreed_.max_send_message_size) {
      LeaveDirect(header.call_id);
      return false;  // the general path says what is wrong
    }
    writer_.Write(header, {}, &encoded, false);
  }
  ReadDirect(&direct);
  if (!base::IsSoleOwner(&request)) AfterWrite(writer_.LetGo(&request));
  LeaveDirect(header.call_id);
  if (direct.again) return false;
  if (!direct.done) {
    if ((method.flags & POLYCALL_METHOD_IDEMPOTENT) != 0) return false;
    base::MutexLock lock(mutex_);
    why_closed_.ToAbi(&unary->status);
  }
  return true;
}

}  // namespace polycall::transport
