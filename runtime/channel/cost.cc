#include "channel/cost.h"

#include <algorithm>

#include "base/clock.h"

namespace polycall::channel {
namespace {

constexpr int64_t kMostTime = 250 * base::kMillisecond;
constexpr int kPings = 5;

class Nobody final : public transport::Connection::Observer {
 public:
  void OnDraining(transport::Connection*) override {}
  void OnClosed(transport::Connection*, const base::Status&) override {}
};

}  // namespace

int64_t MeasureCost(const negotiation::Attempt& attempt, const transport::Limits& limits,
                    const transport::TlsOptions& tls) {
  static Nobody nobody;
  negotiation::Target target;
  if (!negotiation::ParseTarget(attempt.address, &target).ok() || target.transport.empty()) {
    return -1;
  }
  const int64_t deadline = base::DeadlineAfter(kMostTime);
  negotiation::Outcome outcome =
      negotiation::Connect(target, {attempt.transport}, limits, tls, "polycall explain", deadline);
  if (!outcome.status.ok()) return -1;
  const base::Ref<transport::Connection> connection = outcome.dialed->Open(outcome.agreed, &nobody);
  int64_t best = -1;
  for (int i = 0; i < kPings; ++i) {
    int64_t round_trip = 0;
    if (attempt.transport != connection->transport() ||
        !connection->Ping(deadline, &round_trip).ok()) {
      break;
    }
    best = best < 0 ? round_trip : std::min(best, round_trip);
  }
  connection->ForgetObserver();
  connection->Close(base::Status(POLYCALL_CANCELLED, "its cost was measured"));
  return best;
}

}  // namespace polycall::channel
