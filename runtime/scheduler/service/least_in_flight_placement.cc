#include <algorithm>

#include "service/placement.h"

namespace polycall::scheduler {
namespace {

bool LessBusy(const Place& a, const Place& b) { return a.in_flight < b.in_flight; }

class LeastInFlight final : public PlacementPolicy {
 public:
  const char* name() const override { return "least-in-flight"; }
  v1::Balancing balancing() const override { return v1::LEAST_IN_FLIGHT; }
  void Order(Places* places) override {
    std::stable_sort(places->begin(), places->end(), LessBusy);
  }
  size_t Spare(const Places& places) override {
    const auto last = std::min_element(places.rbegin(), places.rend(), LessBusy);
    return static_cast<size_t>(places.rend() - last) - 1;
  }
};

}  // namespace

std::unique_ptr<PlacementPolicy> MakeLeastInFlightPlacement() {
  return std::make_unique<LeastInFlight>();
}

}  // namespace polycall::scheduler
