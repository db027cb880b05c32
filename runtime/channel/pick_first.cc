// The first address that answers, until it breaks.
#include "channel/balancer.h"

namespace polycall::channel {
namespace {

class PickFirst final : public Balancer {
 public:
  const char* name() const override { return "pick_first"; }
  bool spreads() const override { return false; }
  size_t Pick(const Candidates&) override { return 0; }
};

}  // namespace

std::unique_ptr<Balancer> MakePickFirst() { return std::make_unique<PickFirst>(); }

}  // namespace polycall::channel
