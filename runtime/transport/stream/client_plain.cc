// Unary calls by callback without call objects: what is under way lies in the slot, the answer goes
// to the callback from the read buffer. Most calls of programs with many calls in flight are such.
#include <memory>
#include <utility>

#include "base/thread_hook.h"
#include "transport/stream/client_connection.h"

namespace polycall::transport {

using call::FrameHeader;
using call::FrameType;

// A plain call under way, in its slot.
struct ClientConnection::Plain {
  PlainUnary call;
  PlainOwner* owner = nullptr;  // NULL: none is under way
  polycall_message request;     // kept for another start; bytes
  uint8_t place[128];           // small requests are kept here
};

namespace {

// The callback, with what became of the call. Takes nothing but what the callback takes.
void RunCallback(const PlainUnary& call, PlainOwner* owner, polycall_unary* unary) {
  unary->method = call.method;
  base::ApplyThreadHook(owner->thread_hook());
  {
    base::UserScope scope;
    call.done(call.arg, unary);
  }
  owner->PlainDone();
}

void Clear(polycall_unary* unary) {
  polycall_status_clear(&unary->status);
  polycall_message_release(&unary->response);
}

// A callback that must not run on the thread that read the answer: that one waits for its own call.
struct Deferred {
  base::Task task;
  PlainUnary call;
  PlainOwner* owner;
  polycall_unary unary = POLYCALL_UNARY_INIT;

  static void Run(base::Task* task) {
    const std::unique_ptr<Deferred> self(static_cast<Deferred*>(task->context));
    RunCallback(self->call, self->owner, &self->unary);
    Clear(&self->unary);
  }
};

// `unary` is taken.
void Defer(const PlainUnary& call, PlainOwner* owner, const polycall_unary& unary) {
  auto deferred = std::make_unique<Deferred>();
  deferred->call = call;
  deferred->owner = owner;
  deferred->unary = unary;
  deferred->task.run = &Deferred::Run;
  deferred->task.context = deferred.get();
  base::Reactor::Global().Execute(&deferred.release()->task);
}

}  // namespace

bool ClientConnection::StartPlain(const PlainUnary& call, const polycall_message& request,
                                  PlainOwner* owner) {
  call::Encoded encoded;
  const bool keep = (call.flags & POLYCALL_CALL_NO_RETRY) == 0;
  if (!encoded.Encode(&request, stream_.get(), keep).ok())
    return false;  // the general path says what is wrong
  if (encoded.size() > agreed_.max_send_message_size) return false;
  const std::string_view bytes = encoded.bytes();  // if they are kept
  call::OwnedMessage kept;
  if (keep && bytes.size() > sizeof(Plain::place) &&
      !call::KeepMessage(call::ViewMessage(bytes, encoded.buffer()), nullptr, kept.get()).ok()) {
    return false;
  }
  FrameHeader header;
  header.type = FrameType::kCall;
  header.flags = call::kFlagMessage | call::kFlagEnd;
  {
    base::MutexLock lock(mutex_);
    uint16_t slot;
    if (closed_ || drain_ || !queued_.empty() || call.method->index >= methods_.size() ||
        methods_[call.method->index] == call::kNamedMethod || !TakeSlot(&slot)) {
      return false;
    }
    Slot& entry = slots_[slot];
    if (entry.plain == nullptr) entry.plain = std::make_unique<Plain>().release();
    Plain& plain = *entry.plain;
    plain.call = call;
    plain.owner = owner;
    plain.request = kept.Detach();
    if (keep && bytes.size() <= sizeof(plain.place)) {
      if (!bytes.empty()) memcpy(plain.place, bytes.data(), bytes.size());
      plain.request =
          call::ViewMessage({reinterpret_cast<char*>(plain.place), bytes.size()}, nullptr);
    }
    header.call_id = call::MakeCallId(slot, entry.generation);
    header.method = methods_[call.method->index];
    ++async_live_;
    if (reader_role_ == Reader::kNobody) Arm();
  }
  AfterWrite(writer_.Write(header, {}, &encoded, InBatch()));
  return true;
}

// Frees the slot of a plain call. `with_request`: the call may be started again.
bool ClientConnection::TakePlain(uint32_t call_id, bool with_request, EndedPlain* out) {
  polycall_message unused = POLYCALL_MESSAGE_INIT;
  {
    base::MutexLock lock(mutex_);
    const uint16_t slot = call::CallSlot(call_id);
    if (slot >= slots_.size()) return false;
    Slot& entry = slots_[slot];
    if (entry.plain == nullptr || entry.plain->owner == nullptr ||
        call_id != call::MakeCallId(slot, entry.generation)) {
      return false;
    }
    Plain& plain = *entry.plain;
    out->call = plain.call;
    out->owner = std::exchange(plain.owner, nullptr);
    if (!with_request) {
      unused = plain.request;
    } else if (plain.request.buffer != nullptr) {
      out->request = call::OwnedMessage(plain.request);
    } else {
      [[maybe_unused]] const base::Status copied =
          call::CopyBytes(call::BytesOf(plain.request), out->request.get());
    }
    --live_;
    --async_live_;
    free_.push_back(slot);
  }
  polycall_message_release(&unused);
  return true;
}

// The answer to a plain call: false if the frame is not one.
bool ClientConnection::EndPlain(const FrameHeader& header, const call::FrameBody& parts,
                                base::Buffer** held) {
  const bool ok = header.argument == POLYCALL_OK && (header.flags & call::kFlagMessage) != 0;
  EndedPlain ended;
  if (!TakePlain(header.call_id, !ok, &ended)) return false;
  StartQueued();
  if (!ok) {
    const base::Status status =
        header.argument == POLYCALL_OK
            ? base::Internal("the peer ended " + ended.call.method->path +
                             " with OK but without a response")
            : base::Status(static_cast<int32_t>(header.argument), parts.text, parts.details);
    FailPlain(&ended, status, (header.flags & call::kFlagNotStarted) != 0);
  } else if (call::t_defer_callbacks) {
    polycall_unary unary = POLYCALL_UNARY_INIT;
    const base::Status kept =
        call::KeepMessage(call::ViewMessage(parts.message, *held), nullptr, &unary.response);
    if (kept.ok() && unary.response.data == nullptr) unary.response.data = "";
    kept.ToAbi(&unary.status);
    Defer(ended.call, ended.owner, unary);
  } else {
    polycall_unary unary = POLYCALL_UNARY_INIT;
    // The batch's reference is the callback's, if it wants it.
    unary.response = call::ViewMessage(parts.message, *held);
    if (unary.response.data == nullptr) unary.response.data = "";
    RunCallback(ended.call, ended.owner, &unary);
    if (unary.response.buffer == nullptr) *held = nullptr;
    polycall_status_clear(&unary.status);
  }
  CloseIfDrained();
  return true;
}

// Outside the connection's lock, and not of the connection any more: it may be gone.
void ClientConnection::FailPlain(EndedPlain* ended, const base::Status& status, bool not_started) {
  const bool idempotent = (ended->call.method->flags & POLYCALL_METHOD_IDEMPOTENT) != 0;
  if (not_started || (idempotent && status.code() == POLYCALL_UNAVAILABLE)) {
    ended->owner->TakeOver(ended->call, *ended->request, status, not_started);
    ended->owner->PlainDone();
    return;
  }
  polycall_unary unary = POLYCALL_UNARY_INIT;
  status.ToAbi(&unary.status);
  if (call::t_defer_callbacks) {
    Defer(ended->call, ended->owner, unary);
    return;
  }
  RunCallback(ended->call, ended->owner, &unary);
  Clear(&unary);
}

// All that are under way, when the connection ends.
void ClientConnection::TakePlains(std::vector<EndedPlain>* out) {
  for (Slot& slot : slots_) {
    if (slot.plain == nullptr || slot.plain->owner == nullptr) continue;
    EndedPlain& ended = out->emplace_back();
    ended.call = slot.plain->call;
    ended.owner = std::exchange(slot.plain->owner, nullptr);
    if (slot.plain->request.buffer != nullptr) {
      ended.request = call::OwnedMessage(slot.plain->request);
    } else {
      [[maybe_unused]] const base::Status copied =
          call::CopyBytes(call::BytesOf(slot.plain->request), ended.request.get());
    }
  }
}

void ClientConnection::FreePlains() {
  for (const Slot& slot : slots_) std::unique_ptr<Plain>{slot.plain};
}

}  // namespace polycall::transport
