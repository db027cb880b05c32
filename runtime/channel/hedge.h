// HedgeLink: the connection of a call that is sent to a second address when the first does not answer
// soon. The first answer counts; the other call is cancelled.
#ifndef POLYCALL_CHANNEL_HEDGE_H_
#define POLYCALL_CHANNEL_HEDGE_H_

#include <string>

#include "base/mutex.h"
#include "base/reactor.h"
#include "call/call.h"
#include "channel/channel.h"

namespace polycall::channel {

// One per attempt of a hedged call. Stands between the user's call and one or two calls by callback that
// it makes itself. Thread-safe.
class HedgeLink final : public call::Link, private call::CallOwner {
 public:
  HedgeLink(Channel* channel, base::Ref<transport::Connection> first);

  const char* transport() const override { return first_->transport(); }
  std::string peer() const override { return first_->peer(); }
  void Start(call::Call& call, const polycall_message* first, bool end) override;
  base::Status Send(call::Call&, const polycall_message&, bool, bool, uint64_t*) override {
    return base::FailedPrecondition("a unary call sends one message");
  }
  void Flush() override {}
  void HalfClose(call::Call&) override {}
  void Cancel(call::Call& call, int32_t code) override;
  void SendInitialMetadata(call::Call&, const call::Metadata&) override {}
  void Finish(call::Call&, const base::Status&, const call::Metadata*, const polycall_message*,
              bool) override {}
  bool HasCredit(call::Call&) override { return true; }
  void ReturnCredit(call::Call&, uint64_t) override {}
  bool WaitFor(base::Waiter& waiter, int64_t deadline) override;
  void SetAsync(call::Call&) override {}
  void Destroy() override { delete this; }

 private:
  // CallOwner, of the legs: what may be done again is decided for the user's call.
  bool Retry(call::Call& leg, const base::Status& status, bool not_started) override;
  void CallDone(call::Call&, int32_t) override {}
  bool WaitAttached(call::Call&, base::Waiter& waiter, int64_t deadline) override {
    return waiter.Wait(deadline);
  }

  ~HedgeLink() = default;
  base::Ref<call::Call> NewLeg(call::Call& user, const polycall_message& request);
  void SecondLeg();
  void End();
  static void LegEnded(call::Call& leg, void* arg, const base::Status& status,
                       polycall_message* response);

  Channel* const channel_;  // until End
  const base::Ref<transport::Connection> first_;
  base::Timer timer_;
  base::Mutex mutex_;
  base::Ref<call::Call> call_ GUARDED_BY(mutex_);  // the user's; NULL: it was answered or cancelled
  base::Ref<call::Call> legs_[2] GUARDED_BY(mutex_);  // the second waits for the delay
  int under_way_ GUARDED_BY(mutex_) = 0;
  bool all_not_started_ GUARDED_BY(mutex_) = true;
};

}  // namespace polycall::channel

#endif  // POLYCALL_CHANNEL_HEDGE_H_
