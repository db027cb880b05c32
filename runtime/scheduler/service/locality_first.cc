#include <algorithm>
#include <map>
#include <utility>

#include "service/placement.h"

namespace polycall::scheduler {
namespace {

// Those whose locality nobody knows are the farthest.
int Distance(const Place& place) {
  switch (place.locality) {
    case v1::SAME_HOST:
      return 0;
    case v1::OTHER_HOST:
      return 1;
    default:
      return 2;
  }
}

class LocalityFirst final : public PlacementPolicy {
 public:
  explicit LocalityFirst(std::unique_ptr<PlacementPolicy> inner) : inner_(std::move(inner)) {}

  const char* name() const override { return inner_->name(); }
  v1::Balancing balancing() const override { return inner_->balancing(); }
  void Order(Places* places) override {
    // Each distance by itself: what the inner policy looks at first has to be near.
    std::map<int, Places> by_distance;
    for (const Place& place : *places) {
      by_distance[Distance(place)].push_back(place);
    }
    places->clear();
    for (auto& [distance, near] : by_distance) {
      inner_->Order(&near);
      places->insert(places->end(), near.begin(), near.end());
    }
  }
  size_t Spare(const Places& places) override {
    int farthest = 0;
    for (const Place& place : places) {
      farthest = std::max(farthest, Distance(place));
    }
    Places far;
    std::vector<size_t> indices;
    for (size_t i = 0; i < places.size(); ++i) {
      if (Distance(places[i]) == farthest) {
        far.push_back(places[i]);
        indices.push_back(i);
      }
    }
    return indices[inner_->Spare(far)];
  }

 private:
  const std::unique_ptr<PlacementPolicy> inner_;
};

}  // namespace

std::unique_ptr<PlacementPolicy> MakeLocalityFirst(std::unique_ptr<PlacementPolicy> inner) {
  return std::make_unique<LocalityFirst>(std::move(inner));
}

}  // namespace polycall::scheduler
