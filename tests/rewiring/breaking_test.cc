// Servers that go away, gracefully or not, with calls under way.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "load.h"
#include "server_process.h"

namespace polycall::rewiring {
namespace {

TEST(Breaking, AServerThatSaysGoAwayLosesNoCall) {
  Folder folder;
  Ledger ledger;
  CountingServer second(&ledger, {.name = "second"});
  second.Listen("unix:" + (folder / "second"));
  auto first = std::make_unique<CountingServer>(&ledger, CountingServer::Options{.name = "first"});
  first->Listen("unix:" + (folder / "first"));
  Channel channel("list:unix:" + (folder / "first") + ",unix:" + (folder / "second"));
  Load load(&channel, &ledger);
  load.AwaitAnswerOf("first");
  load.Await(kManyCalls);
  first->Shutdown();
  load.AwaitAnswerOf("second");
  load.Await(kManyCalls);
  load.ExpectAllAnswered();
}

TEST(Breaking, ServersThatAreReplacedOneAfterTheOtherLoseNoCall) {
  Folder folder;
  Ledger ledger;
  std::unique_ptr<CountingServer> servers[2];
  const std::string targets[2] = {"unix:" + (folder / "a"), "unix:" + (folder / "b")};
  const auto start = [&](int i, const std::string& name) {
    servers[i] = std::make_unique<CountingServer>(&ledger, CountingServer::Options{.name = name});
    servers[i]->Listen(targets[i]);
  };
  start(0, "a0");
  start(1, "b0");
  Channel channel("list:" + targets[0] + "," + targets[1],
                  {.balancing = POLYCALL_BALANCING_ROUND_ROBIN});
  Load load(&channel, &ledger);
  load.AwaitAnswerOf("a0");
  load.AwaitAnswerOf("b0");
  for (int round = 1; round <= 2; ++round) {
    for (int i = 0; i < 2; ++i) {
      servers[i]->Shutdown();
      const std::string name = (i == 0 ? "a" : "b") + std::to_string(round);
      start(i, name);
      load.AwaitAnswerOf(name);
    }
  }
  load.ExpectAllAnswered();
}

TEST(Breaking, IdempotentCallsOutliveAServerThatIsKilled) {
  Folder folder;
  Ledger ledger;
  const std::string targets[2] = {"unix:" + (folder / "a"), "unix:" + (folder / "b")};
  ServerProcess a("a", targets[0]);
  ServerProcess b("b", targets[1]);
  Channel channel("list:" + targets[0] + "," + targets[1],
                  {.balancing = POLYCALL_BALANCING_LEAST_IN_FLIGHT, .max_attempts = 10});
  Load load(&channel, &ledger, POLYCALL_CALL_IDEMPOTENT);
  load.AwaitAnswerOf("a");
  load.AwaitAnswerOf("b");
  load.Await(kManyCalls);
  a.Kill();
  load.AwaitAnswerOf("b");
  load.Await(kManyCalls);
  ServerProcess again("again", targets[0]);
  load.AwaitAnswerOf("again");
  load.ExpectNoFailure();
}

// The call's end was counted first and the channel's lock taken after: by then it could be gone.
TEST(Breaking, AChannelMayBeFreedWhileItsLastCallbackReturns) {
  Folder folder;
  Ledger ledger;
  CountingServer server(&ledger, {.name = "here"});
  const std::string target = "list:" + server.Listen("unix:" + (folder / "s"));
  static constexpr uint64_t kNumber = 1;
  for (int i = 0; i < 200; ++i) {
    std::atomic<bool> ended{false};
    Channel channel(target);
    polycall_call_options options = POLYCALL_CALL_OPTIONS_INIT;
    options.flags = POLYCALL_CALL_WAIT_FOR_READY;
    polycall_unary unary = POLYCALL_UNARY_INIT;
    unary.method = channel.method();
    unary.options = &options;
    unary.request.data = &kNumber;
    unary.request.size = sizeof(kNumber);
    polycall_unary_call_async(
        channel.get(), &unary,
        [](void* arg, polycall_unary*) { static_cast<std::atomic<bool>*>(arg)->store(true); },
        &ended, nullptr);
    while (!ended) std::this_thread::yield();
  }
}

}  // namespace
}  // namespace polycall::rewiring
