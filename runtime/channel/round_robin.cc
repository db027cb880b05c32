// All addresses that answer, in turn.
#include "channel/balancer.h"

namespace polycall::channel {
namespace {

class RoundRobin final : public Balancer {
 public:
  const char* name() const override { return "round_robin"; }
  bool spreads() const override { return true; }
  size_t Pick(const Candidates& candidates) override { return next_++ % candidates.size(); }

 private:
  size_t next_ = 0;
};

}  // namespace

std::unique_ptr<Balancer> MakeRoundRobin() { return std::make_unique<RoundRobin>(); }

}  // namespace polycall::channel
