#include "service/placement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace polycall::scheduler {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

// Instances 0, 1, 2 .. with so many calls under way.
Places PlacesOf(const std::vector<uint64_t>& in_flight) {
  Places places;
  for (const uint64_t calls : in_flight) {
    places.push_back({.instance = places.size(), .in_flight = calls});
  }
  return places;
}

std::vector<size_t> Ordered(PlacementPolicy& policy, Places places) {
  policy.Order(&places);
  std::vector<size_t> instances;
  for (const Place& place : places) instances.push_back(place.instance);
  return instances;
}

TEST(LeastInFlightPlacement, SendsCallersToTheLeastBusyFirst) {
  const auto policy = MakeLeastInFlightPlacement();
  EXPECT_THAT(Ordered(*policy, PlacesOf({3, 0, 2, 0})), ElementsAre(1, 3, 2, 0));
}

TEST(LeastInFlightPlacement, TheLeastBusyGoesAndOfTwoThatAreAlikeTheLast) {
  const auto policy = MakeLeastInFlightPlacement();
  EXPECT_EQ(policy->Spare(PlacesOf({3, 1, 2, 1, 4})), 3U);
  EXPECT_EQ(policy->Spare(PlacesOf({7})), 0U);
}

TEST(TwoChoicesPlacement, CallersThatAskAtOnceDoNotAllComeToTheSameInstance) {
  const auto policy = MakeTwoChoicesPlacement(1);
  std::vector<int> first(4);
  for (int caller = 0; caller < 3000; ++caller) {
    ++first[Ordered(*policy, PlacesOf({9, 0, 5, 7})).front()];
  }
  // Of the six pairs of four the least busy wins three, the next one two, the next one; the busiest none.
  EXPECT_EQ(first[0], 0);
  EXPECT_NEAR(first[1], 1500, 150);
  EXPECT_NEAR(first[2], 1000, 150);
  EXPECT_NEAR(first[3], 500, 150);
}

TEST(TwoChoicesPlacement, TellsOfEveryInstanceOnce) {
  const auto policy = MakeTwoChoicesPlacement(2);
  EXPECT_THAT(Ordered(*policy, PlacesOf({1, 2, 3})), UnorderedElementsAre(0, 1, 2));
  EXPECT_THAT(Ordered(*policy, PlacesOf({5})), ElementsAre(0));
  EXPECT_THAT(Ordered(*policy, {}), ElementsAre());
}

TEST(TwoChoicesPlacement, TheBusiestNeverGoes) {
  const auto policy = MakeTwoChoicesPlacement(3);
  std::set<size_t> gone;
  for (int i = 0; i < 200; ++i) gone.insert(policy->Spare(PlacesOf({2, 9, 4})));
  EXPECT_THAT(gone, UnorderedElementsAre(0, 2));
  EXPECT_EQ(policy->Spare(PlacesOf({9})), 0U);
}

TEST(LocalityFirst, AnIdleInstanceFarAwayComesAfterABusyOneHere) {
  const auto policy = MakeLocalityFirst(MakeLeastInFlightPlacement());
  Places places = PlacesOf({0, 5, 1, 3, 0});
  places[0].locality = v1::OTHER_HOST;
  places[2].locality = v1::OTHER_HOST;
  places[4].locality = v1::LOCALITY_UNSPECIFIED;
  EXPECT_THAT(Ordered(*policy, places), ElementsAre(3, 1, 0, 2, 4));
}

TEST(LocalityFirst, TheFarthestGoAndAmongThemThePolicyChooses) {
  const auto policy = MakeLocalityFirst(MakeLeastInFlightPlacement());
  Places places = PlacesOf({0, 5, 1, 3});
  places[1].locality = v1::OTHER_HOST;
  places[3].locality = v1::OTHER_HOST;
  EXPECT_EQ(policy->Spare(places), 3U);
}

// With 16 the order is told by the figures alone; one more, and callers get different ones.
TEST(Placement, TheDefaultLooksAtAllOfAFewAndAtTwoOfMany) {
  const auto policy = MakePlacement(v1::Manifest::PLACEMENT_UNSPECIFIED);
  const Places few = PlacesOf({4, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16});
  const Places many = PlacesOf(std::vector<uint64_t>(17, 1));
  std::set<std::vector<size_t>> orders_of_few, orders_of_many;
  for (int i = 0; i < 50; ++i) {
    orders_of_few.insert(Ordered(*policy, few));
    orders_of_many.insert(Ordered(*policy, many));
  }
  EXPECT_EQ(orders_of_few.size(), 1U);
  EXPECT_EQ(orders_of_few.begin()->front(), 1U);
  EXPECT_GT(orders_of_many.size(), 10U);
}

TEST(Placement, EveryPolicyOfTheManifestIsThereAndTellsChannelsHowToBalance) {
  const auto* const values = v1::Manifest::Placement_descriptor();
  for (int i = 1; i < values->value_count(); ++i) {
    const auto policy =
        MakePlacement(static_cast<v1::Manifest::Placement>(values->value(i)->number()));
    EXPECT_STRNE(policy->name(), "default") << values->value(i)->name() << " is not in the list";
    EXPECT_EQ(policy->balancing(), v1::LEAST_IN_FLIGHT);
  }
}

}  // namespace
}  // namespace polycall::scheduler
