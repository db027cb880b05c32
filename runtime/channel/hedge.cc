#include "channel/hedge.h"

#include <memory>
#include <utility>

namespace polycall::channel {

using call::Call;

HedgeLink::HedgeLink(Channel* channel, base::Ref<transport::Connection> first)
    : channel_(channel), first_(std::move(first)) {
  channel_->CountBegin();  // it stays until End
  timer_.context = this;
  timer_.fire = [](base::Timer* timer) {
    auto self = base::Ref<HedgeLink>::Adopt(static_cast<HedgeLink*>(timer->context));
    self->SecondLeg();
  };
}

// A call of its own, with a request of its own: the user's may be gone before the second is sent.
base::Ref<Call> HedgeLink::NewLeg(Call& user, const polycall_message& request) {
  auto leg = base::Ref<Call>::Adopt(Call::New(Call::Role::kCaller, &user.spec(), this, nullptr));
  leg->set_call_flags(POLYCALL_CALL_DETACHED);
  leg->set_thread_hook(channel_->thread_hook());
  leg->set_accepts(user.accepts());
  leg->set_deadline(user.deadline());
  if (!user.request_metadata().entries.empty()) {
    leg->set_request_metadata(std::make_unique<call::Metadata>(user.request_metadata()));
  }
  Retain();  // LegEnded's
  leg->SetUnaryDone(&HedgeLink::LegEnded, this);
  if (base::Status kept = leg->StartWithRequest(request); !kept.ok()) leg->EndLocally(kept);
  return leg;
}

void HedgeLink::Start(Call& call, const polycall_message* first, bool) {
  base::Ref<Call> leg = NewLeg(call, *first);
  base::Ref<Call> second = NewLeg(call, *first);
  {
    base::MutexLock lock(mutex_);
    call_ = base::Ref<Call>::Share(&call);
    legs_[0] = leg;
    legs_[1] = std::move(second);
    under_way_ = 1;
  }
  Retain();  // the timer's
  base::Reactor::Global().Schedule(&timer_,
                                   base::DeadlineAfter(channel_->options_.hedging_delay_ns));
  if (leg->ended()) {  // it could not be encoded
    Cancel(call, POLYCALL_INTERNAL);
    call.OnStatus(base::Internal("the request of " + call.spec().path + " cannot be encoded"),
                  nullptr, nullptr, false);
    return;
  }
  const int64_t credit = first_->call_credit();
  leg->Attach(base::Ref<call::Link>::Share(first_.get()), credit);
}

void HedgeLink::SecondLeg() {
  base::Ref<Call> leg;
  base::Ref<transport::Connection> other;
  {
    base::MutexLock lock(mutex_);
    if (!call_) return;
    base::MutexLock channel_lock(channel_->mutex_);
    other = channel_->PickLocked(first_.get());
    if (!other) return;
    leg = legs_[1];
    ++under_way_;
  }
  const int64_t credit = other->call_credit();
  leg->Attach(std::move(other), credit);
}

bool HedgeLink::Retry(Call&, const base::Status&, bool not_started) {
  base::MutexLock lock(mutex_);
  if (!not_started) all_not_started_ = false;
  return false;
}

void HedgeLink::LegEnded(Call& leg, void* arg, const base::Status& status,
                         polycall_message* response) {
  const auto self = base::Ref<HedgeLink>::Adopt(static_cast<HedgeLink*>(arg));
  base::Ref<Call> user;
  bool not_started;
  {
    base::MutexLock lock(self->mutex_);
    --self->under_way_;
    if (!self->call_) return;
    // A server that is not there has not answered: the other one may.
    if (status.code() == POLYCALL_UNAVAILABLE && self->under_way_ > 0) return;
    user = std::move(self->call_);
    not_started = self->all_not_started_ && status.code() == POLYCALL_UNAVAILABLE;
  }
  if (auto metadata = leg.TakeInitialMetadata(); metadata != nullptr && status.ok()) {
    user->OnInitialMetadata(std::move(metadata));
  }
  polycall_message own = POLYCALL_MESSAGE_INIT;
  if (status.ok()) own = std::exchange(*response, polycall_message POLYCALL_MESSAGE_INIT);
  user->OnStatus(status, leg.TakeTrailingMetadata(), status.ok() ? &own : nullptr, not_started);
  self->End();
}

void HedgeLink::Cancel(Call&, int32_t) {
  {
    base::MutexLock lock(mutex_);
    if (!call_) return;
    call_ = nullptr;
  }
  End();
}

// The user's call has ended: the rest is cancelled. The last touch of the channel.
void HedgeLink::End() {
  base::Ref<Call> legs[2];
  {
    base::MutexLock lock(mutex_);
    for (int i = 0; i < 2; ++i) legs[i] = std::move(legs_[i]);
  }
  const base::Status why(POLYCALL_CANCELLED, "another address answered first");
  for (auto& leg : legs) {
    if (leg) leg->EndLocally(why);
  }
  if (base::Reactor::Global().Cancel(&timer_)) Release();
  channel_->CountEnd();
}

bool HedgeLink::WaitFor(base::Waiter& waiter, int64_t deadline) {
  if (waiter.TryTake()) return true;
  base::Reactor::YieldIfLeading();
  return waiter.Wait(deadline);
}

}  // namespace polycall::channel
