// M. Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing": nearly as even as the best
// choice, and better than it where what is known is old and many choose by it at once.
#include <algorithm>

#include "service/placement.h"

namespace polycall::scheduler {
namespace {

class TwoChoices final : public PlacementPolicy {
 public:
  explicit TwoChoices(uint64_t seed) : random_(seed) {}

  const char* name() const override { return "two-choices"; }
  v1::Balancing balancing() const override { return v1::LEAST_IN_FLIGHT; }
  void Order(Places* places) override {
    std::shuffle(places->begin(), places->end(), random_);
    if (places->size() > 1 && (*places)[1].in_flight < (*places)[0].in_flight) {
      std::swap((*places)[0], (*places)[1]);
    }
  }
  size_t Spare(const Places& places) override {
    if (places.size() == 1) {
      return 0;
    }
    const size_t one = Below(places.size());
    const size_t other = (one + 1 + Below(places.size() - 1)) % places.size();
    return places[other].in_flight < places[one].in_flight ? other : one;
  }

 private:
  size_t Below(size_t count) {
    return std::uniform_int_distribution<size_t>(0, count - 1)(random_);
  }

  std::mt19937_64 random_;
};

}  // namespace

std::unique_ptr<PlacementPolicy> MakeTwoChoicesPlacement(uint64_t seed) {
  return std::make_unique<TwoChoices>(seed);
}

}  // namespace polycall::scheduler
