#include "negotiation/scheduler_messages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/wire.h"

namespace polycall::negotiation {
namespace {

using base::WireWriter;

std::string Endpoint(const std::string& target) {
  std::string out;
  WireWriter writer(&out);
  writer.AddBytes(1, target);
  writer.AddBytes(2, "calc-1");
  writer.AddVarint(3, 1);
  writer.AddVarint(4, 1);
  return out;
}

TEST(SchedulerMessages, AResolutionIsReadWhole) {
  std::string module;
  WireWriter inner(&module);
  inner.AddBytes(1, "python");
  inner.AddBytes(2, "calc.service");
  inner.AddBytes(3, "calc.v1.Calc");
  std::string bytes;
  WireWriter writer(&bytes);
  writer.AddMessage(1, Endpoint("unix:/run/calc-1.sock"));
  writer.AddVarint(2, POLYCALL_BALANCING_LEAST_IN_FLIGHT);
  writer.AddVarint(3, 5'000'000);
  writer.AddMessage(4, module);
  writer.AddBytes(5, "");
  Resolution resolution;
  ASSERT_TRUE(DecodeResolution(bytes, &resolution).ok());
  ASSERT_EQ(resolution.addresses.size(), 1u);
  EXPECT_EQ(resolution.addresses[0].target.address, "/run/calc-1.sock");
  EXPECT_EQ(resolution.addresses[0].instance, "calc-1");
  EXPECT_TRUE(resolution.addresses[0].ready);
  EXPECT_TRUE(resolution.addresses[0].local);
  EXPECT_EQ(resolution.balancing, POLYCALL_BALANCING_LEAST_IN_FLIGHT);
  EXPECT_EQ(resolution.call_time_ns, 5'000'000);
  EXPECT_EQ(resolution.inproc, (InprocModule{"python", "calc.service", {"calc.v1.Calc"}}));
}

TEST(SchedulerMessages, AnEndpointThatIsNoTargetIsSkipped) {
  std::string bytes;
  WireWriter writer(&bytes);
  writer.AddMessage(1, Endpoint("nonsense"));
  writer.AddMessage(1, Endpoint("list:unix:/a"));
  writer.AddMessage(1, Endpoint("unix:/good"));
  Resolution resolution;
  ASSERT_TRUE(DecodeResolution(bytes, &resolution).ok());
  ASSERT_EQ(resolution.addresses.size(), 1u);
  EXPECT_EQ(resolution.addresses[0].text, "unix:/good");
}

TEST(SchedulerMessages, WhatIsMalformedIsNamed) {
  Resolution resolution;
  EXPECT_THAT(std::string(DecodeResolution("\x0a\x7f", &resolution).message()),
              testing::HasSubstr("Resolution"));
  EXPECT_THAT(std::string(DecodeResolution(std::string("\x0a\x02\x0a\x7f"), &resolution).message()),
              testing::HasSubstr("Endpoint"));
}

TEST(SchedulerMessages, NumbersOutOfRangeAreLeftOut) {
  std::string bytes;
  WireWriter writer(&bytes);
  writer.AddVarint(2, 99);
  writer.AddVarint(3, UINT64_MAX);
  Resolution resolution;
  ASSERT_TRUE(DecodeResolution(bytes, &resolution).ok());
  EXPECT_EQ(resolution.balancing, POLYCALL_BALANCING_DEFAULT);
  EXPECT_EQ(resolution.call_time_ns, 0);
}

}  // namespace
}  // namespace polycall::negotiation
