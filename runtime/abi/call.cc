// polycall_call_*: the call's methods, by handle.
#include <algorithm>
#include <cstring>

#include "call/call.h"

using polycall::base::Status;
using polycall::call::Call;

namespace {

size_t CopyText(std::string_view text, char* out, size_t size) {
  if (out != nullptr && size > 0) {
    const size_t count = std::min(text.size(), size - 1);
    memcpy(out, text.data(), count);
    out[count] = '\0';
  }
  return text.size();
}

// What a call of the parent's answers in a forked child.
polycall_code Forked(polycall_status* status) {
  return polycall::base::FailedPrecondition(
             "this call belongs to the process that this one was forked from")
      .ToAbi(status);
}

}  // namespace

extern "C" {

void polycall_call_retain(polycall_call* call) { Call::From(call)->RetainUser(); }
void polycall_call_release(polycall_call* call) {
  if (call != nullptr && !Call::From(call)->forked()) Call::From(call)->ReleaseUser();
}

const char* polycall_call_service(const polycall_call* call) {
  return Call::From(call)->spec().service.c_str();
}
const char* polycall_call_method(const polycall_call* call) {
  return Call::From(call)->spec().method.c_str();
}
int32_t polycall_call_kind(const polycall_call* call) { return Call::From(call)->spec().kind; }

int64_t polycall_call_time_left(const polycall_call* call) {
  return polycall::base::TimeLeft(Call::From(call)->deadline());
}

const char* polycall_call_transport(const polycall_call* call) {
  const auto* link = Call::From(call)->link();
  return link != nullptr ? link->transport() : nullptr;
}

size_t polycall_call_peer(const polycall_call* call, char* out, size_t size) {
  const auto* link = Call::From(call)->link();
  return CopyText(link != nullptr ? link->peer() : "", out, size);
}

int polycall_call_identity(const polycall_call* call, polycall_identity* identity) {
  polycall_identity found = POLYCALL_IDENTITY_INIT;
  const auto* link = Call::From(call)->link();
  const auto* known = link != nullptr ? link->identity() : nullptr;
  if (known != nullptr) known->ToAbi(&found);
  const size_t size = std::min(identity->struct_size, sizeof(found));
  found.struct_size = size;
  memcpy(identity, &found, size);
  return known != nullptr ? 1 : 0;
}

polycall_code polycall_call_send(polycall_call* call, const polycall_message* message,
                                 uint32_t flags, polycall_status* status) {
  if (Call::From(call)->forked()) return Forked(status);
  return Call::From(call)->Send(*message, flags).ToAbi(status);
}

void polycall_call_send_async(polycall_call* call, const polycall_message* message, uint32_t flags,
                              polycall_done_fn done, void* arg) {
  if (Call::From(call)->forked()) return done(arg, POLYCALL_FAILED_PRECONDITION);
  Call::From(call)->SendAsync(*message, flags, done, arg);
}

int polycall_call_receive(polycall_call* call, polycall_message* message) {
  if (Call::From(call)->forked()) {
    *message = POLYCALL_MESSAGE_INIT;
    return 0;
  }
  return Call::From(call)->Receive(message) ? 1 : 0;
}

void polycall_call_receive_async(polycall_call* call, polycall_receive_fn received, void* arg) {
  if (Call::From(call)->forked()) return received(arg, nullptr);
  Call::From(call)->ReceiveAsync(received, arg);
}

void polycall_call_cancel(polycall_call* call, polycall_code code, const char* message) {
  if (Call::From(call)->forked()) return;
  Call::From(call)->CancelByUser(code, message != nullptr ? message : "");
}

polycall_code polycall_call_half_close(polycall_call* call) {
  if (Call::From(call)->forked()) return Forked(nullptr);
  Call::From(call)->HalfClose();
  return POLYCALL_OK;
}

const polycall_metadata* polycall_call_initial_metadata(polycall_call* call) {
  if (Call::From(call)->forked()) return &polycall::call::EmptyMetadata();
  return &Call::From(call)->WaitInitialMetadata();
}

polycall_code polycall_call_wait(polycall_call* call, polycall_status* status,
                                 const polycall_metadata** trailing) {
  if (Call::From(call)->forked()) {
    if (trailing != nullptr) *trailing = &polycall::call::EmptyMetadata();
    return Forked(status);
  }
  return Call::From(call)->WaitEnd(trailing).ToAbi(status);
}

void polycall_call_wait_async(polycall_call* call, polycall_ended_fn ended, void* arg) {
  if (Call::From(call)->forked()) {
    polycall_status status;
    Forked(&status);
    ended(arg, &status, &polycall::call::EmptyMetadata());
    return;
  }
  Call::From(call)->WaitEndAsync(ended, arg);
}

void polycall_call_finish(polycall_call* call, const polycall_status* status,
                          const polycall_message* response) {
  Call* const self = Call::From(call);
  if (self->forked()) return;
  if ((status == nullptr || status->code == POLYCALL_OK) && response != nullptr &&
      self->FinishInPlace(*response)) {
    return;
  }
  self->Finish(Status::FromAbi(status), response);
}

void* polycall_call_response_place(polycall_call* call, const polycall_message_type* type) {
  return Call::From(call)->response_place(type);
}

const polycall_metadata* polycall_call_metadata(const polycall_call* call) {
  return &Call::From(call)->request_metadata();
}

polycall_code polycall_call_send_initial_metadata(polycall_call* call,
                                                  const polycall_metadata* metadata,
                                                  polycall_status* status) {
  return Call::From(call)->SendInitialMetadata(*metadata).ToAbi(status);
}

polycall_code polycall_call_set_trailing_metadata(polycall_call* call,
                                                  const polycall_metadata* metadata,
                                                  polycall_status* status) {
  return Call::From(call)->SetTrailingMetadata(*metadata).ToAbi(status);
}

int polycall_call_is_cancelled(const polycall_call* call) {
  // The handle is the caller's to read; that the deadline is noticed here is our own business.
  return const_cast<Call*>(Call::From(call))->IsCancelled() ? 1 : 0;
}

void polycall_call_on_cancel(polycall_call* call, void (*cancelled)(void* arg), void* arg) {
  Call::From(call)->OnCancel(cancelled, arg);
}

polycall_call* polycall_call_current(void) {
  Call* call = Call::Current();
  return call != nullptr ? call->abi() : nullptr;
}

polycall_call* polycall_call_set_current(polycall_call* call) {
  Call* before = Call::SetCurrent(call != nullptr ? Call::From(call) : nullptr);
  return before != nullptr ? before->abi() : nullptr;
}

}  // extern "C"
