#include <gtest/gtest.h>
#include <polycall/status.h>
#include <polycall/status_or.h>

#include <memory>
#include <string>
#include <utility>

#include "expect.h"

namespace polycall {
namespace {

TEST(Status, OneThatSaysNothingIsOk) {
  const Status status;
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(status.code(), Code::kOk);
  EXPECT_EQ(status.message(), "");
  EXPECT_EQ(status.details(), "");
  EXPECT_EQ(status.ToString(), "OK");
}

TEST(Status, CodeMessageAndDetailsAreKept) {
  const Status status(Code::kNotFound, "no such account", std::string("\0x", 2));
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(status.code(), Code::kNotFound);
  EXPECT_EQ(status.message(), "no such account");
  EXPECT_EQ(status.details(), std::string("\0x", 2));
  EXPECT_EQ(status.ToString(), "NOT_FOUND: no such account");
}

TEST(Status, OkHasNoTexts) {
  const Status status(Code::kOk, "ignored", "ignored");
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(status.message(), "");
}

TEST(Status, ACopyIsIndependent) {
  Status original = AbortedError("conflict");
  Status copy = original;
  original = OkStatus();
  EXPECT_TRUE(original.ok());
  EXPECT_EQ(copy.ToString(), "ABORTED: conflict");
}

TEST(Status, WhatWasMovedFromIsOk) {
  Status original = AbortedError("conflict");
  const Status moved = std::move(original);
  EXPECT_TRUE(original.ok());  // NOLINT: that is the point
  EXPECT_EQ(moved.code(), Code::kAborted);
}

TEST(Status, AssignmentToItselfKeepsIt) {
  Status status = AbortedError("conflict");
  const Status& same = status;
  status = same;
  EXPECT_EQ(status.message(), "conflict");
}

TEST(Status, TakingFromTheCAbiLeavesItCleared) {
  polycall_status raw;
  polycall_status_set(&raw, POLYCALL_UNAVAILABLE, "gone", nullptr, 0);
  const Status status = Status::Take(&raw);
  EXPECT_EQ(raw.code, POLYCALL_OK);
  EXPECT_EQ(raw.message, nullptr);
  EXPECT_EQ(status.ToString(), "UNAVAILABLE: gone");
}

TEST(Status, ThrownItTellsItsText) {
  const StatusError error(DataLossError("disk"));
  EXPECT_STREQ(error.what(), "DATA_LOSS: disk");
  const StatusError copy = error;
  EXPECT_EQ(copy.status().code(), Code::kDataLoss);
}

TEST(StatusOfCurrentException, EveryKindOfExceptionBecomesAStatus) {
  const auto status_of = [](auto&& thrown) {
    try {
      throw thrown;
    } catch (...) {
      return internal::StatusOfCurrentException();
    }
  };
  EXPECT_EQ(status_of(StatusError(NotFoundError("x"))).ToString(), "NOT_FOUND: x");
  EXPECT_EQ(status_of(std::runtime_error("y")).ToString(), "UNKNOWN: y");
  EXPECT_EQ(status_of(17).code(), Code::kUnknown);
  EXPECT_EQ(status_of(StatusError(OkStatus())).code(), Code::kUnknown);
}

TEST(StatusOr, HoldsAValue) {
  const StatusOr<int> seven = 7;
  ASSERT_TRUE(seven.ok());
  EXPECT_EQ(*seven, 7);
  EXPECT_EQ(seven.value(), 7);
  EXPECT_EQ(seven.value_or(8), 7);
  EXPECT_TRUE(seven.status().ok());
}

TEST(StatusOr, HoldsAStatusAndThrowsItWhenAskedForTheValue) {
  const StatusOr<int> none = OutOfRangeError("too far");
  EXPECT_FALSE(none.ok());
  EXPECT_EQ(none.value_or(8), 8);
  try {
    static_cast<void>(none.value());
    FAIL() << "value() returned";
  } catch (const StatusError& error) {
    EXPECT_EQ(error.status().code(), Code::kOutOfRange);
  }
}

TEST(StatusOr, AnOkStatusWithoutAValueIsAnError) {
  const StatusOr<int> none = OkStatus();
  EXPECT_FALSE(none.ok());
  EXPECT_EQ(none.status().code(), Code::kInternal);
}

TEST(StatusOr, TheValueMayOnlyMove) {
  StatusOr<std::unique_ptr<int>> owner = std::make_unique<int>(3);
  const std::unique_ptr<int> taken = std::move(owner).value();
  EXPECT_EQ(*taken, 3);
}

TEST(StatusOr, AValueIsConverted) {
  const StatusOr<std::string> text = "text";
  EXPECT_EQ(text->size(), 4u);
}

}  // namespace
}  // namespace polycall
