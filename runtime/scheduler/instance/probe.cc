#include "instance/probe.h"

namespace polycall::scheduler {
namespace {

// A question now and then is not worth memory shared with every instance.
std::shared_ptr<Channel> ChannelTo(const std::string& target) {
  ChannelOptions options;
  options.transports = {"unix"};
  return Channel::Create(target, std::move(options)).value();
}

}  // namespace

Probe::Probe(EventLoop& loop, const std::string& target)
    : loop_(loop), channel_(ChannelTo(target)), health_(channel_), description_(channel_) {}

void Probe::Check(std::chrono::nanoseconds timeout, std::function<void(const Status&)> answer) {
  ++calls_;
  using grpc::health::v1::HealthCheckResponse;
  health_.CheckAsync({},
                     [&loop = loop_, alive = std::weak_ptr(alive_),
                      answer = std::move(answer)](StatusOr<HealthCheckResponse> response) {
                       Status status = response.status();
                       if (response.ok() && response->status() != HealthCheckResponse::SERVING) {
                         status = UnavailableError("the instance says that it does not serve");
                       }
                       loop.Post([alive, answer, status] {
                         if (alive.lock()) {
                           answer(status);
                         }
                       });
                     },
                     {.timeout = timeout, .wait_for_ready = true});
}

void Probe::Stats(std::chrono::nanoseconds timeout,
                  std::function<void(const StatusOr<polycall::v1::Stats>&)> answer) {
  ++calls_;
  description_.GetStatsAsync({},
                             [&loop = loop_, alive = std::weak_ptr(alive_),
                              answer = std::move(answer)](StatusOr<polycall::v1::Stats> stats) {
                               loop.Post([alive, answer, stats = std::move(stats)] {
                                 if (alive.lock()) {
                                   answer(stats);
                                 }
                               });
                             },
                             {.timeout = timeout});
}

}  // namespace polycall::scheduler
