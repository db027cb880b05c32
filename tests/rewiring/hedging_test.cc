// Calls that are sent to a second address when the first does not answer soon.
#include <gtest/gtest.h>

#include <cstring>

#include "load.h"

namespace polycall::rewiring {
namespace {

constexpr uint32_t kIdempotent = POLYCALL_CALL_IDEMPOTENT | POLYCALL_CALL_WAIT_FOR_READY;

TEST(Hedging, ASecondAddressAnswersForOneThatDoesNotAndTheFirstCallIsCancelled) {
  Folder folder;
  Ledger ledger;
  std::atomic<bool> cancelled{false};
  CountingServer slow(&ledger,
                      {.name = "slow", .handler = [&](polycall_call* call) {
                         if (Eventually([&] { return polycall_call_is_cancelled(call); })) {
                           cancelled = true;
                         }
                         polycall_call_finish(call, nullptr, nullptr);
                       }});
  // Answers once the other one has begun: else that might never be, and there would be nothing to cancel.
  CountingServer fast(&ledger, {.name = "fast", .handler = [&](polycall_call* call) {
                                  Eventually([&] { return slow.calls() == 1; });
                                  polycall_message answer = POLYCALL_MESSAGE_INIT;
                                  answer.data = "fast";
                                  answer.size = 4;
                                  polycall_call_finish(call, nullptr, &answer);
                                }});
  Channel channel("list:" + slow.Listen("unix:" + (folder / "slow")) + "," +
                      fast.Listen("unix:" + (folder / "fast")),
                  {.hedging_delay_ns = 1'000'000});
  channel.AwaitConnected(2);
  EXPECT_EQ(channel.Ask(kIdempotent), "fast");
  EXPECT_EQ(slow.calls(), 1u);
  EXPECT_TRUE(Eventually([&] { return cancelled.load(); }));
}

TEST(Hedging, ACallThatMayNotRunTwiceIsSentOnce) {
  Folder folder;
  Ledger ledger;
  CountingServer slow(&ledger, {.name = "slow", .handler = [&](polycall_call* call) {
                                  usleep(50'000);  // many times the delay
                                  polycall_message answer = POLYCALL_MESSAGE_INIT;
                                  answer.data = "slow";
                                  answer.size = 4;
                                  polycall_call_finish(call, nullptr, &answer);
                                }});
  CountingServer fast(&ledger, {.name = "fast"});
  Channel channel("list:" + slow.Listen("unix:" + (folder / "slow")) + "," +
                      fast.Listen("unix:" + (folder / "fast")),
                  {.hedging_delay_ns = 1'000'000});
  channel.AwaitConnected(2);
  EXPECT_EQ(channel.Ask(), "slow");
  EXPECT_EQ(fast.calls(), 0u);
}

TEST(Hedging, UnderLoadEveryCallIsAnswered) {
  Folder folder;
  Ledger ledger;
  CountingServer a(&ledger, {.name = "a"});
  CountingServer b(&ledger, {.name = "b"});
  Channel channel(
      "list:" + a.Listen("unix:" + (folder / "a")) + "," + b.Listen("unix:" + (folder / "b")),
      {.balancing = POLYCALL_BALANCING_ROUND_ROBIN, .hedging_delay_ns = 50'000});
  channel.AwaitConnected(2);
  Load load(&channel, &ledger, POLYCALL_CALL_IDEMPOTENT);
  load.Await(kManyCalls);
  load.ExpectNoFailure();
}

TEST(Hedging, ACallThatIsCancelledCancelsBoth) {
  Folder folder;
  Ledger ledger;
  std::atomic<int> cancelled{0};
  const auto wait = [&](polycall_call* call) {
    if (Eventually([&] { return polycall_call_is_cancelled(call); })) ++cancelled;
    polycall_call_finish(call, nullptr, nullptr);
  };
  CountingServer a(&ledger, {.name = "a", .handler = wait});
  CountingServer b(&ledger, {.name = "b", .handler = wait});
  Channel channel(
      "list:" + a.Listen("unix:" + (folder / "a")) + "," + b.Listen("unix:" + (folder / "b")),
      {.hedging_delay_ns = 1'000'000});
  channel.AwaitConnected(2);
  polycall_call_options options = POLYCALL_CALL_OPTIONS_INIT;
  options.flags = POLYCALL_CALL_IDEMPOTENT;
  polycall_unary unary = POLYCALL_UNARY_INIT;
  unary.method = channel.method();
  unary.options = &options;
  std::atomic<int> code{-1};
  polycall_call* call = nullptr;
  polycall_unary_call_async(
      channel.get(), &unary,
      [](void* arg, polycall_unary* ended) {
        static_cast<std::atomic<int>*>(arg)->store(ended->status.code);
      },
      &code, &call);
  EXPECT_TRUE(Eventually([&] { return a.calls() == 1 && b.calls() == 1; }));
  polycall_call_cancel(call, POLYCALL_CANCELLED, "enough");
  polycall_call_release(call);
  EXPECT_TRUE(Eventually([&] { return code.load() == POLYCALL_CANCELLED; }));
  EXPECT_TRUE(Eventually([&] { return cancelled.load() == 2; }));
}

}  // namespace
}  // namespace polycall::rewiring
