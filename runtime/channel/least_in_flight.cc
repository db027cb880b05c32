// Of two picked at random the one with fewer calls under way (M. Mitzenmacher, "The Power of Two Choices
// in Randomized Load Balancing"): close to the best, without looking at all.
#include "base/clock.h"
#include "channel/balancer.h"

namespace polycall::channel {
namespace {

class LeastInFlight final : public Balancer {
 public:
  const char* name() const override { return "least_in_flight"; }
  bool spreads() const override { return true; }
  size_t Pick(const Candidates& candidates) override {
    const size_t count = candidates.size();
    const size_t one = Random() % count;
    const size_t other = (one + 1 + Random() % (count - 1)) % count;
    return candidates[other]->in_flight() < candidates[one]->in_flight() ? other : one;
  }

 private:
  size_t Random() {  // xorshift64
    random_ ^= random_ << 13;
    random_ ^= random_ >> 7;
    random_ ^= random_ << 17;
    return static_cast<size_t>(random_ >> 11);
  }
  uint64_t random_ = static_cast<uint64_t>(base::NowNs()) | 1;
};

}  // namespace

std::unique_ptr<Balancer> MakeLeastInFlight() { return std::make_unique<LeastInFlight>(); }

}  // namespace polycall::channel
