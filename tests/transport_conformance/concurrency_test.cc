// Many calls at once on one connection, and pings.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "client.h"
#include "echo_server.h"
#include "transports.h"

namespace polycall::conformance {
namespace {

TEST_P(TransportConformance, TwoHundredCallsAreUnderWayAtOnce) {
  constexpr size_t kCalls = 200;
  struct Held {
    polycall_call* call;
    std::string request;
  };
  std::mutex mutex;
  std::vector<Held> held;
  Handlers handlers;
  // Nobody is answered before all are there; then the last comes first.
  handlers.unary = [&](polycall_call* call, const polycall_message* request) {
    std::vector<Held> all;
    {
      std::lock_guard lock(mutex);
      held.push_back({call, Text(*request)});
      if (held.size() == kCalls) all.swap(held);
    }
    for (auto it = all.rbegin(); it != all.rend(); ++it) Finish(it->call, it->request);
  };
  EchoServer server(FreshTarget(), {.handlers = handlers, .asynchronous = true});
  Client client(server.target());
  std::vector<std::unique_ptr<Pending>> pending;
  for (size_t i = 0; i < kCalls; ++i) {
    pending.push_back(std::make_unique<Pending>());
    client.UnaryAsync(std::to_string(i), {}, pending.back().get());
  }
  for (size_t i = 0; i < kCalls; ++i) {
    ASSERT_TRUE(pending[i]->Wait());
    EXPECT_EQ(pending[i]->outcome().code, POLYCALL_OK) << pending[i]->outcome().message;
    EXPECT_EQ(pending[i]->outcome().response, std::to_string(i));
  }
}

TEST_P(TransportConformance, ThreadsShareAConnection) {
  constexpr int kThreads = 8;
  constexpr int kCalls = 100;
  EchoServer server(FreshTarget());
  Client client(server.target());
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&client, t] {
      for (int i = 0; i < kCalls; ++i) {
        const std::string request = std::to_string(t) + ":" + std::to_string(i);
        const Outcome outcome = client.Unary(request);
        ASSERT_EQ(outcome.code, POLYCALL_OK) << outcome.message;
        ASSERT_EQ(outcome.response, request);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_P(TransportConformance, APingIsAnswered) {
  EchoServer server(FreshTarget());
  Client client(server.target());
  int64_t round_trip = -1;
  polycall_status status = POLYCALL_STATUS_INIT;
  polycall_channel_ping(client.get(), kPatienceNs, &round_trip, &status);
  const Outcome outcome = TakeStatus(&status);
  EXPECT_EQ(outcome.code, POLYCALL_OK) << outcome.message;
  EXPECT_GE(round_trip, 0);
}

}  // namespace
}  // namespace polycall::conformance
