#include "negotiation/target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace polycall::negotiation {
namespace {

using std::string_literals::operator""s;
using testing::HasSubstr;

TEST(Target, NamesATransportAndItsAddress) {
  struct Example {
    const char *text, *transport, *address;
  };
  for (const Example& example :
       {Example{"inproc:calc", "inproc", "calc"},
        Example{"unix:/run/c.sock", "unix", "/run/c.sock"},
        Example{"unix:relative", "unix", "relative"},
        Example{"tcp://localhost:80", "tcp", "localhost:80"},
        Example{"tcp://[::1]:80", "tcp", "[::1]:80"}, Example{"localhost:80", "", "localhost:80"},
        Example{"[::1]:80", "", "[::1]:80"}}) {
    Target target;
    const base::Status status = ParseTarget(example.text, &target);
    EXPECT_TRUE(status.ok()) << status.message();
    EXPECT_EQ(target.transport, example.transport) << example.text;
    EXPECT_EQ(target.address, example.address);
  }
}

TEST(Target, TheErrorQuotesItAndSaysWhatWouldBeRight) {
  for (const std::string& text :
       {""s, "calc"s, "inproc:"s, "unix:"s, "tcp://"s, "tcp://host"s, "http://host:80"s,
        "host:port"s, "::1:80"s, "unix:/a\0b"s, "unix:" + std::string(108, 'x')}) {
    Target target;
    const base::Status status = ParseTarget(text, &target);
    EXPECT_EQ(status.code(), POLYCALL_INVALID_ARGUMENT) << text;
    EXPECT_THAT(std::string(status.message()), HasSubstr("\"" + text + "\""));
    EXPECT_THAT(std::string(status.message()), HasSubstr("tcp://host:port"));
  }
}

TEST(Target, AnUnknownTransportIsNamed) {
  Target target;
  EXPECT_THAT(std::string(ParseTarget("carrier-pigeon://x", &target).message()),
              HasSubstr("\"carrier-pigeon\""));
}

TEST(Agree, EachSideSendsWhatTheOtherTakes) {
  transport::Limits own;
  own.max_calls = 100;
  own.max_metadata_size = 5000;
  Limits peer;
  peer.max_message_size = 1000;
  peer.max_metadata_size = 6000;
  peer.max_calls = 50;
  peer.call_window = 70'000;
  peer.connection_window = 80'000;
  const transport::Agreed agreed = Agree(own, peer);
  EXPECT_EQ(agreed.max_send_message_size, 1000u);
  EXPECT_EQ(agreed.max_send_metadata_size, 5000u);
  EXPECT_EQ(agreed.max_calls, 50u);
  EXPECT_EQ(agreed.send_call_window, 70'000u);
  EXPECT_EQ(agreed.send_connection_window, 80'000u);
  EXPECT_EQ(agreed.receive.max_calls, 100u);
}

TEST(Agree, WhatThePeerDoesNotSayIsTheDefault) {
  const transport::Limits defaults;
  const transport::Agreed agreed = Agree(defaults, Limits());
  EXPECT_EQ(agreed.max_send_message_size, defaults.max_message_size);
  EXPECT_EQ(agreed.max_send_metadata_size, defaults.max_metadata_size);
  EXPECT_EQ(agreed.max_calls, defaults.max_calls);
  EXPECT_EQ(agreed.send_call_window, defaults.call_window);
  EXPECT_EQ(agreed.send_connection_window, defaults.connection_window);
}

TEST(Agree, AMessageSizeBeyondTheFramesIsBounded) {
  Limits peer;
  peer.max_message_size = UINT64_MAX;
  EXPECT_LE(Agree(transport::Limits(), peer).max_send_message_size, uint64_t{INT32_MAX});
}

TEST(Agree, LimitsSurviveTheWire) {
  transport::Limits own;
  own.max_message_size = uint64_t{1} << 33;
  own.call_window = 1;
  const Limits wire = ToWire(own);
  EXPECT_EQ(wire.max_message_size, own.max_message_size);
  EXPECT_EQ(wire.call_window, 1u);
  EXPECT_EQ(wire.max_metadata_size, own.max_metadata_size);
  EXPECT_EQ(wire.max_calls, own.max_calls);
  EXPECT_EQ(wire.connection_window, own.connection_window);
}

}  // namespace
}  // namespace polycall::negotiation
