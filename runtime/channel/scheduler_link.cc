#include "channel/scheduler_link.h"

#include <cstdlib>
#include <utility>

#include "base/mutex.h"
#include "base/ref.h"
#include "channel/channel.h"

namespace polycall::channel {
namespace {

using call::Call;

constexpr char kService[] = "polycall.scheduler.v1.Scheduler";

const polycall_method* Method(MethodTable* methods, const char* name, polycall_kind kind) {
  polycall_method_descriptor descriptor = {};
  descriptor.struct_size = sizeof(descriptor);
  descriptor.name = name;
  descriptor.kind = kind;
  bool added;
  return methods->Intern(kService, descriptor, nullptr, &added);
}

std::string ProgramName() {
  return program_invocation_short_name != nullptr ? program_invocation_short_name : "";
}

Options LinkOptions(std::string user_agent) {
  Options options;
  options.target_text = SchedulerTarget();
  options.user_agent = std::move(user_agent);
  options.rewire_interval_ns = -1;
  return options;
}

// The call of one watch. Its callbacks hold references; the owner may let go of it at any time.
class WatchCall final : public base::RefCounted<WatchCall> {
 public:
  WatchCall(negotiation::WatchListener* listener) : listener_(listener) {}

  void Begin(Channel* channel, const polycall_method* method, std::string_view request) {
    polycall_call_options options = POLYCALL_CALL_OPTIONS_INIT;
    options.flags = POLYCALL_CALL_DETACHED;
    call_ = channel->Start(*method, &options);
    polycall_message message = POLYCALL_MESSAGE_INIT;
    message.data = request.data();
    message.size = request.size();
    Retain();  // for the send
    call_->SendAsync(
        message, POLYCALL_SEND_HALF_CLOSE,
        [](void* arg, polycall_code) { static_cast<WatchCall*>(arg)->Release(); }, this);
    Retain();  // for the stream, to its end
    call_->ReceiveAsync(&WatchCall::Received, this);
  }

  // Nothing is told any more.
  void End() {
    {
      base::MutexLock lock(mutex_);
      listener_ = nullptr;
    }
    call_->CancelByUser(POLYCALL_CANCELLED, "the watch is over");
  }

  void Destroy() {
    call_->ReleaseUser();
    delete this;
  }

 private:
  static void Received(void* arg, polycall_message* message) {
    auto* self = static_cast<WatchCall*>(arg);
    if (message == nullptr) {
      self->call_->WaitEndAsync(&WatchCall::Ended, self);
      return;
    }
    {
      base::MutexLock lock(self->mutex_);
      if (self->listener_ != nullptr) {
        self->listener_->OnWatched({static_cast<const char*>(message->data), message->size});
      }
    }
    self->call_->ReceiveAsync(&WatchCall::Received, self);
  }
  static void Ended(void* arg, polycall_status* status, const polycall_metadata*) {
    const auto self = base::Ref<WatchCall>::Adopt(static_cast<WatchCall*>(arg));
    {
      base::MutexLock lock(self->mutex_);
      if (self->listener_ != nullptr) {
        std::exchange(self->listener_, nullptr)->OnWatchEnded(base::Status::FromAbi(status));
      }
    }
    polycall_status_clear(status);
  }

  base::Mutex mutex_;  // held while the listener is told
  negotiation::WatchListener* listener_ GUARDED_BY(mutex_);
  Call* call_ = nullptr;
};

class OwnedWatch final : public negotiation::Watch {
 public:
  explicit OwnedWatch(base::Ref<WatchCall> call) : call_(std::move(call)) {}
  ~OwnedWatch() override { call_->End(); }

 private:
  const base::Ref<WatchCall> call_;
};

}  // namespace

std::string SchedulerTarget() {
  if (const char* target = getenv("POLYCALL_SCHEDULER"); target != nullptr && *target != '\0') {
    return target;
  }
  const char* run = getenv("POLYCALL_RUN");
  return "unix:" + std::string(run != nullptr && *run != '\0' ? run : "/run/polycall") +
         "/polycalld.sock";
}

struct SchedulerLink::Core {
  explicit Core(std::string user_agent) : options(LinkOptions(std::move(user_agent))) {
    parsed = negotiation::ParseTarget(options.target_text, &options.target);
    if (parsed.ok()) channel = std::make_unique<Channel>(options, &methods);
  }
  // Numbers the channels of this process for the scheduler.
  static uint64_t NextNumber() {
    static std::atomic<uint64_t> next{1};
    return next.fetch_add(1);
  }

  Options options;
  base::Status parsed;
  const uint64_t number = NextNumber();
  MethodTable methods;
  const polycall_method* const watch = Method(&methods, "Watch", POLYCALL_SERVER_STREAMING);
  const polycall_method* const report = Method(&methods, "Report", POLYCALL_UNARY);
  std::unique_ptr<Channel> channel;
};

SchedulerLink::SchedulerLink(std::string user_agent)
    : core_(std::make_unique<Core>(std::move(user_agent))) {}
SchedulerLink::~SchedulerLink() = default;

std::unique_ptr<negotiation::Watch> SchedulerLink::Watch(const std::string& service,
                                                         negotiation::WatchListener* listener) {
  if (!core_->parsed.ok()) {
    listener->OnWatchEnded(
        base::InvalidArgument("POLYCALL_SCHEDULER: " + std::string(core_->parsed.message())));
    return nullptr;
  }
  auto call = base::Ref<WatchCall>::Adopt(new WatchCall(listener));
  call->Begin(core_->channel.get(), core_->watch,
              negotiation::EncodeWatchRequest(service, core_->number, ProgramName()));
  return std::make_unique<OwnedWatch>(std::move(call));
}

void SchedulerLink::Report(const std::string& service,
                           const std::vector<negotiation::Wiring>& wirings) {
  if (!core_->parsed.ok()) return;
  const std::string request = negotiation::EncodeReportRequest(service, core_->number, wirings);
  polycall_unary unary = POLYCALL_UNARY_INIT;
  polycall_call_options options = POLYCALL_CALL_OPTIONS_INIT;
  options.flags = POLYCALL_CALL_DETACHED;
  unary.method = core_->report;
  unary.options = &options;
  unary.request.data = request.data();
  unary.request.size = request.size();
  core_->channel->UnaryAsync(
      unary, [](void*, polycall_unary*) {}, nullptr, nullptr);
}

}  // namespace polycall::channel
