// Which address takes the next call.
#include <gtest/gtest.h>

#include "load.h"

namespace polycall::rewiring {
namespace {

TEST(Balancing, RoundRobinGivesEachAddressItsTurn) {
  Folder folder;
  Ledger ledger;
  CountingServer a(&ledger, {.name = "a"});
  CountingServer b(&ledger, {.name = "b"});
  Channel channel(
      "list:" + a.Listen("unix:" + (folder / "a")) + "," + b.Listen("tcp://127.0.0.1:0"),
      {.balancing = POLYCALL_BALANCING_ROUND_ROBIN});
  channel.AwaitConnected(2);
  const uint64_t before = a.calls();
  for (int i = 0; i < 100; ++i) channel.Ask();
  EXPECT_EQ(a.calls() - before, 50u);
}

TEST(Balancing, PickFirstStaysWithTheFirstThatAnswers) {
  Folder folder;
  Ledger ledger;
  CountingServer b(&ledger, {.name = "b"});
  CountingServer c(&ledger, {.name = "c"});
  Channel channel("list:unix:" + (folder / "a") + "," + b.Listen("unix:" + (folder / "b")) + "," +
                  c.Listen("unix:" + (folder / "c")));
  for (int i = 0; i < 50; ++i) EXPECT_EQ(channel.Ask(), "b");
  EXPECT_EQ(c.calls(), 0u);
  EXPECT_EQ(c.connections(), 0u);
}

TEST(Balancing, LeastInFlightAvoidsTheAddressWhereCallsPileUp) {
  Folder folder;
  Ledger ledger;
  std::atomic<bool> release{false};
  const auto answer = [](polycall_call* call, const char* name) {
    polycall_message message = POLYCALL_MESSAGE_INIT;
    message.data = name;
    message.size = strlen(name);
    polycall_call_finish(call, nullptr, &message);
  };
  CountingServer slow(&ledger, {.name = "slow", .handler = [&](polycall_call* call) {
                                  Eventually([&] { return release.load(); });
                                  answer(call, "slow");
                                }});
  CountingServer fast(&ledger, {.name = "fast"});
  Channel channel("list:" + slow.Listen("unix:" + (folder / "slow")) + "," +
                      fast.Listen("unix:" + (folder / "fast")),
                  {.balancing = POLYCALL_BALANCING_LEAST_IN_FLIGHT});
  channel.AwaitConnected(2);
  // Calls are made until one lies at the slow server; all that come after it go to the other.
  std::vector<std::thread> stuck;
  std::atomic<uint64_t> ended{0};
  while (slow.calls() == 0) {
    stuck.emplace_back([&] {
      channel.Ask();
      ++ended;
    });
    // An answer of the other that its caller has not taken yet would count as a call that lies there.
    const uint64_t made = stuck.size();
    EXPECT_TRUE(Eventually([&] { return slow.calls() + ended >= made; }));
  }
  for (int i = 0; i < 100; ++i) EXPECT_EQ(channel.Ask(), "fast");
  EXPECT_EQ(slow.calls(), 1u);
  release = true;
  for (std::thread& thread : stuck) thread.join();
}

}  // namespace
}  // namespace polycall::rewiring
