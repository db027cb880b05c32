// What the calls of a connection see when its server drains it or closes it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "client.h"
#include "echo_server.h"
#include "transports.h"

namespace polycall::conformance {
namespace {

// A server whose calls of "hold" last until they are let go or cancelled; others are echoed.
struct HoldingServer {
  Event entered, let_go;
  EchoServer server;

  explicit HoldingServer(const std::string& target)
      : server(target, {.handlers = {.unary = MakeHandler(),
                                     .client_streaming = {},
                                     .server_streaming = {},
                                     .bidi = {}}}) {}

  Handler MakeHandler() {
    return [this](polycall_call* call, const polycall_message* request) {
      if (Text(*request) == "hold") {
        polycall_call_on_cancel(call, Event::Set, &let_go);
        entered.Happen();
        EXPECT_TRUE(let_go.Wait());
      }
      polycall_call_finish(call, nullptr, request);
    };
  }
};

// A call to a server that may be about to drain; once more if the transport left it lying.
Outcome CallAtDrain(Client* client, std::string_view request, uint32_t flags,
                    const TransportUnderTest& transport) {
  CallSettings settings{.flags = flags};
  if (transport.leaves_calls) settings.timeout_ns = kPatienceNs / 20;
  const int64_t deadline = base::DeadlineAfter(kPatienceNs);
  Outcome outcome;
  do {
    outcome = client->Unary(request, settings);
  } while (transport.leaves_calls && outcome.code == POLYCALL_DEADLINE_EXCEEDED &&
           base::NowNs() < deadline);
  return outcome;
}

// Calls until the server refuses; the last outcome.
Outcome CallUntilRefused(Client* client, const TransportUnderTest& transport) {
  const int64_t deadline = base::DeadlineAfter(kPatienceNs);
  Outcome outcome;
  do {
    outcome = CallAtDrain(client, "more", 0, transport);
  } while (outcome.code == POLYCALL_OK && base::NowNs() < deadline);
  return outcome;
}

TEST_P(TransportConformance, ADrainLetsCallsEndAndRefusesNewOnes) {
  HoldingServer holding(FreshTarget());
  Client client(holding.server.target(), 1);
  Pending held;
  client.UnaryAsync("hold", {}, &held);
  ASSERT_TRUE(holding.entered.Wait());

  std::thread shutdown([&] { polycall_server_shutdown(holding.server.get(), kPatienceNs); });
  const Outcome refused = CallUntilRefused(&client, transport());
  EXPECT_EQ(refused.code, POLYCALL_UNAVAILABLE) << refused.message;
  EXPECT_FALSE(held.ended());
  holding.let_go.Happen();
  EXPECT_TRUE(held.Wait());
  EXPECT_EQ(held.outcome().code, POLYCALL_OK) << held.outcome().message;
  EXPECT_EQ(held.outcome().response, "hold");
  shutdown.join();
}

TEST_P(TransportConformance, ACallThatADrainingServerRefusesGoesToItsSuccessor) {
  HoldingServer holding(FreshTarget());
  const std::string target = holding.server.target();
  Client client(target);
  Client probe(target, 1);
  Pending held;
  client.UnaryAsync("hold", {}, &held);
  ASSERT_TRUE(holding.entered.Wait());
  std::thread shutdown([&] { polycall_server_shutdown(holding.server.get(), kPatienceNs); });
  EXPECT_EQ(CallUntilRefused(&probe, transport()).code, POLYCALL_UNAVAILABLE);

  EchoServer successor(target, {.waits_for_address = true});
  const Outcome outcome = CallAtDrain(&client, "next", POLYCALL_CALL_WAIT_FOR_READY, transport());
  EXPECT_EQ(outcome.code, POLYCALL_OK) << outcome.message;
  EXPECT_EQ(outcome.response, "next");
  EXPECT_FALSE(held.ended());
  holding.let_go.Happen();
  EXPECT_TRUE(held.Wait());
  EXPECT_EQ(held.outcome().code, POLYCALL_OK) << held.outcome().message;
  shutdown.join();
  EXPECT_EQ(Client(target).Unary("the address is the successor's").code, POLYCALL_OK);
}

TEST_P(TransportConformance, ClosingEndsCallsWithUnavailable) {
  HoldingServer holding(FreshTarget());
  Client client(holding.server.target());
  Pending held;
  client.UnaryAsync("hold", {}, &held);
  ASSERT_TRUE(holding.entered.Wait());
  Stream stream = client.Start(POLYCALL_BIDI_STREAMING);
  stream.Send("x");
  ASSERT_EQ(stream.Receive(), "x");

  polycall_server_shutdown(holding.server.get(), 0);
  ASSERT_TRUE(held.Wait());
  EXPECT_EQ(held.outcome().code, POLYCALL_UNAVAILABLE) << held.outcome().message;
  EXPECT_EQ(stream.Receive(), std::nullopt);
  EXPECT_EQ(stream.Wait().code, POLYCALL_UNAVAILABLE);
}

TEST_P(TransportConformance, FreeingAChannelEndsItsCallsAndTheirHandlersHearOfIt) {
  HoldingServer holding(FreshTarget());
  Pending held;
  {
    Client client(holding.server.target());
    client.UnaryAsync("hold", {}, &held);
    ASSERT_TRUE(holding.entered.Wait());
  }
  ASSERT_TRUE(held.Wait());
  EXPECT_EQ(held.outcome().code, POLYCALL_CANCELLED);
  EXPECT_TRUE(holding.let_go.Wait());
}

// A thread waits for its answer while a callback keeps the connection's reader busy; so the reading is
// handed to that thread, which leaves it to nobody when it has its answer.
TEST_P(TransportConformance, AnIdleChannelHearsOfItsServersEnd) {
  constexpr int kChannels = 20;
  struct Round {
    Event entered, called_back;
  };
  std::atomic<Round*> round{nullptr};
  Handlers handlers;
  handlers.unary = [&](polycall_call* call, const polycall_message* request) {
    if (Text(*request) == "blocking") {
      round.load()->entered.Happen();
      EXPECT_TRUE(round.load()->called_back.Wait());
    }
    polycall_call_finish(call, nullptr, request);
  };
  EchoServer server(FreshTarget(), {.handlers = handlers});
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < kChannels; ++i) {
    clients.push_back(std::make_unique<Client>(server.target()));
    Client& client = *clients.back();
    ASSERT_EQ(client.Unary("connects").code, POLYCALL_OK);
    Round here;
    round.store(&here);
    const auto called_back = [](void* arg, polycall_unary*) {
      auto* round = static_cast<Round*>(arg);
      EXPECT_TRUE(round->entered.Wait());
      round->called_back.Happen();
    };
    client.UnaryCallback("by callback", called_back, &here);
    ASSERT_EQ(client.Unary("blocking").code, POLYCALL_OK);
    ASSERT_EQ(polycall_channel_get_state(client.get()), POLYCALL_CHANNEL_READY);
  }

  polycall_server_shutdown(server.get(), 0);
  const int64_t deadline = base::DeadlineAfter(kPatienceNs);
  for (const auto& client : clients) {
    while (polycall_channel_get_state(client->get()) == POLYCALL_CHANNEL_READY &&
           base::NowNs() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    EXPECT_NE(polycall_channel_get_state(client->get()), POLYCALL_CHANNEL_READY);
  }
}

}  // namespace
}  // namespace polycall::conformance
