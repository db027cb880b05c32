// Peers on one port that speak something else, or begin slowly.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <time.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "raw_peer.h"
#include "test_server.h"

namespace polycall::bad_input {
namespace {

using ::testing::HasSubstr;

class OnePort : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Streams, OnePort, ::testing::Values("unix", "tcp"),
                         [](const auto& info) { return std::string(info.param); });

double CpuSeconds() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

TEST_P(OnePort, AnOpeningMayComeByteByByte) {
  TestServer server;
  RawPeer peer = RawPeer::Connect(server.Target(GetParam()));
  for (const char byte : Opening()) {
    ASSERT_TRUE(peer.Send({&byte, 1}));
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  const auto accept = peer.ReadFrame();
  ASSERT_TRUE(accept.has_value());
  EXPECT_EQ(accept->header.type, call::FrameType::kAccept);
}

// What may become several protocols stays in the socket, where it is always ready to be read.
TEST_P(OnePort, HalfABeginningDoesNotSpin) {
  TestServer server;
  std::vector<RawPeer> peers;
  for (const char* beginning : {"P", "PR", "PO", "PRI * HTTP/2.0", "GE", "\x16", "OPTION"}) {
    peers.push_back(RawPeer::Connect(server.Target(GetParam())));
    ASSERT_TRUE(peers.back().Send(beginning));
  }
  ASSERT_TRUE(Answers(server.Target(GetParam())));
  const double before = CpuSeconds();
  std::this_thread::sleep_for(std::chrono::milliseconds(400));
  EXPECT_LT(CpuSeconds() - before, 0.2) << "somebody spins";
}

TEST_P(OnePort, HalfABeginningIsCutOff) {
  polycall_server_options options = TestServer::Defaults();
  options.limits.handshake_timeout_ns = 100'000'000;
  TestServer impatient(options);
  for (const char* beginning : {"P", "PRI * HTTP/2.0", "GE", "\x16"}) {
    RawPeer peer = RawPeer::Connect(impatient.Target(GetParam()));
    ASSERT_TRUE(peer.Send(beginning));
    EXPECT_TRUE(peer.ReadsEnd()) << beginning;
  }
  EXPECT_TRUE(Answers(impatient.Target(GetParam())));
}

TEST_P(OnePort, WhatTheOptionsDoNotAllowIsRefused) {
  polycall_server_options options = TestServer::Defaults();
  const char* const allowed[] = {"inproc", nullptr};
  options.transports = allowed;
  TestServer server(options);
  const Outcome outcome = CallOnce(server.Target(GetParam()), "x");
  EXPECT_EQ(outcome.code, POLYCALL_FAILED_PRECONDITION);
  EXPECT_THAT(outcome.message, HasSubstr("transports"));
  EXPECT_THAT(outcome.message, HasSubstr(GetParam()));
  for (const char* beginning :
       {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01"}) {
    RawPeer peer = RawPeer::Connect(server.Target(GetParam()));
    ASSERT_TRUE(peer.Send(beginning));
    EXPECT_TRUE(peer.ReadsEnd()) << beginning;
  }
}

}  // namespace
}  // namespace polycall::bad_input
