// The one list of policies.
#include "service/placement.h"

namespace polycall::scheduler {
namespace {

// By size: the least busy of a few is found by looking at all of them; where there are many, many callers
// ask, too.
class Default final : public PlacementPolicy {
 public:
  const char* name() const override { return "default"; }
  v1::Balancing balancing() const override { return v1::LEAST_IN_FLIGHT; }
  void Order(Places* places) override { For(*places).Order(places); }
  size_t Spare(const Places& places) override { return For(places).Spare(places); }

 private:
  static constexpr size_t kFew = 16;
  PlacementPolicy& For(const Places& places) { return places.size() <= kFew ? *few_ : *many_; }

  const std::unique_ptr<PlacementPolicy> few_ = MakeLeastInFlightPlacement();
  const std::unique_ptr<PlacementPolicy> many_ = MakeTwoChoicesPlacement();
};

std::unique_ptr<PlacementPolicy> Make(v1::Manifest::Placement policy) {
  switch (policy) {
    case v1::Manifest::LEAST_IN_FLIGHT:
      return MakeLeastInFlightPlacement();
    case v1::Manifest::TWO_CHOICES:
      return MakeTwoChoicesPlacement();
    default:
      return std::make_unique<Default>();
  }
}

}  // namespace

std::unique_ptr<PlacementPolicy> MakePlacement(v1::Manifest::Placement policy) {
  return MakeLocalityFirst(Make(policy));
}

}  // namespace polycall::scheduler
