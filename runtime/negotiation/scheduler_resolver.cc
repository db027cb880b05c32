// polycall:///name: what the local polycalld says of a service. The messages are those of
// idl/polycall/scheduler/v1/scheduler.proto, read by hand.
#include <algorithm>

#include "base/clock.h"
#include "base/log.h"
#include "base/wire.h"
#include "negotiation/background.h"
#include "negotiation/resolvers.h"
#include "negotiation/scheduler_messages.h"
#include "negotiation/teller.h"

namespace polycall::negotiation {
namespace {

constexpr int64_t kFirstPause = 50 * base::kMillisecond;
constexpr int64_t kLongestPause = 2 * base::kSecond;

// Outlives the resolver while the work runs.
struct State final : public WatchListener {
  State(std::string name, ResolverContext with)
      : service(std::move(name)), context(std::move(with)) {}

  const std::string service;
  const ResolverContext context;
  Teller teller;
  std::weak_ptr<Background> work;

  base::Mutex mutex;
  std::unique_ptr<Watch> watch GUARDED_BY(mutex);
  bool ended GUARDED_BY(mutex) = false;  // the watch is to be made anew
  bool stopped GUARDED_BY(mutex) = false;
  int64_t pause GUARDED_BY(mutex) = kFirstPause;

  // Makes the watch, or makes it anew.
  int64_t Work() {
    std::unique_ptr<Watch> old;
    {
      base::MutexLock lock(mutex);
      if (stopped || (watch != nullptr && !ended)) return base::kNever;
      ended = false;
      old = std::move(watch);
    }
    old.reset();  // outside the lock: it waits for its listener
    std::unique_ptr<Watch> fresh = context.watch(service, this);
    base::MutexLock lock(mutex);
    if (stopped) {
      old = std::move(fresh);
    } else {
      watch = std::move(fresh);
    }
    return base::kNever;
  }

  void OnWatched(std::string_view message) override {
    Resolution resolution;
    if (base::Status status = DecodeResolution(message, &resolution); !status.ok()) {
      POLYCALL_LOG(POLYCALL_LOG_WARNING, status.message());
      teller.TellError(status);
      return;
    }
    {
      base::MutexLock lock(mutex);
      pause = kFirstPause;
    }
    teller.Tell(std::move(resolution));
  }

  void OnWatchEnded(const base::Status& status) override {
    int64_t wait;
    {
      base::MutexLock lock(mutex);
      if (stopped) return;
      ended = true;
      wait = pause;
      pause = std::min(pause * 2, kLongestPause);
    }
    POLYCALL_LOG(POLYCALL_LOG_INFO, "the watch of " + service + " at the scheduler ended: " +
                                        std::string(status.message()));
    teller.TellError(status.ok() ? base::Unavailable("the scheduler ended the watch") : status);
    if (const std::shared_ptr<Background> again = work.lock()) {
      again->RunAt(base::DeadlineAfter(wait));
    }
  }
};

class SchedulerResolver final : public Resolver {
 public:
  SchedulerResolver(std::string service, const ResolverContext& context)
      : state_(std::make_shared<State>(std::move(service), context)),
        work_(std::make_shared<Background>([state = state_] { return state->Work(); })) {
    state_->work = work_;
  }
  ~SchedulerResolver() override { SchedulerResolver::Stop(); }

  void Start(Listener* listener) override {
    state_->teller.Start(listener);
    work_->RunSoon();
  }
  void Stop() override {
    state_->teller.Stop();
    std::unique_ptr<Watch> watch;
    {
      base::MutexLock lock(state_->mutex);
      state_->stopped = true;
      watch = std::move(state_->watch);
    }
    watch.reset();
    // A watch that is just made has this resolver's state as its listener.
    work_->StopAndWait();
  }

 private:
  const std::shared_ptr<State> state_;
  const std::shared_ptr<Background> work_;
};

}  // namespace

base::Status MakeSchedulerResolver(std::string_view rest, const ResolverContext& context,
                                   std::unique_ptr<Resolver>* out) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  if (rest.empty() || rest.size() > 255 || !std::all_of(rest.begin(), rest.end(), plain)) {
    return base::InvalidArgument(
        "it names no service; write polycall:///name with the name of its manifest (letters, "
        "digits, \"-\", \"_\" and \".\")");
  }
  if (context.watch == nullptr) {
    return base::FailedPrecondition("there is no way to a scheduler here");
  }
  *out = std::make_unique<SchedulerResolver>(std::string(rest), context);
  return {};
}

}  // namespace polycall::negotiation
