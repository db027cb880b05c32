#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <polycall/metadata.h>

#include <string>
#include <utility>

#include "expect.h"

namespace polycall {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(Metadata, EmptyOneHoldsNothing) {
  const Metadata metadata;
  EXPECT_TRUE(metadata.empty());
  EXPECT_EQ(metadata.get(), nullptr);
  EXPECT_EQ(metadata.Find("key"), std::nullopt);
  EXPECT_EQ(metadata.begin(), metadata.end());
}

TEST(Metadata, EntriesKeepTheirOrder) {
  const Metadata metadata{{"one", "1"}, {"two-bin", std::string_view("\0\xff", 2)}, {"one", "3"}};
  EXPECT_THAT(metadata, ElementsAre(Pair("one", "1"), Pair("two-bin", std::string("\0\xff", 2)),
                                    Pair("one", "3")));
}

TEST(Metadata, FindGivesTheLastValue) {
  const Metadata metadata{{"one", "1"}, {"one", "3"}};
  EXPECT_EQ(metadata.Find("one"), "3");
  EXPECT_EQ(metadata.Find("two"), std::nullopt);
}

TEST(Metadata, UpperCaseKeysAreLowered) {
  Metadata metadata;
  EXPECT_OK(metadata.Add("Trace-Id", "x"));
  EXPECT_EQ(metadata.Find("trace-id"), "x");
}

TEST(Metadata, AKeyThatIsNotAllowedIsRefused) {
  Metadata metadata;
  EXPECT_EQ(metadata.Add("with space", "x").code(), Code::kInvalidArgument);
  EXPECT_EQ(metadata.Add("", "x").code(), Code::kInvalidArgument);
  EXPECT_EQ(metadata.Add("text", std::string("\1", 1)).code(), Code::kInvalidArgument);
  EXPECT_TRUE(metadata.empty());
  EXPECT_THROW((Metadata{{"good", "1"}, {"bad key", "2"}}), StatusError);
}

TEST(Metadata, ACopyIsIndependent) {
  Metadata original{{"key", "1"}};
  const Metadata copy = original;
  EXPECT_OK(original.Add("key", "2"));
  EXPECT_EQ(copy.Find("key"), "1");
  EXPECT_EQ(copy.size(), 1u);
}

TEST(Metadata, WhatWasMovedFromIsEmpty) {
  Metadata original{{"key", "1"}};
  const Metadata moved = std::move(original);
  EXPECT_TRUE(original.empty());  // NOLINT: that is the point
  EXPECT_EQ(moved.Find("key"), "1");
}

}  // namespace
}  // namespace polycall
