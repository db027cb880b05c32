// How calls end before their time: by the caller, by the deadline.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client.h"
#include "echo_server.h"
#include "transports.h"

namespace polycall::conformance {
namespace {

// A handler that waits until its call is cancelled, and tells what it saw.
struct HeldCall {
  Event entered, cancelled, left;
  int was_cancelled = 0;

  Handler AsHandler() {
    return [this](polycall_call* call, const polycall_message*) {
      polycall_call_on_cancel(call, Event::Set, &cancelled);
      entered.Happen();
      EXPECT_TRUE(cancelled.Wait());
      was_cancelled = polycall_call_is_cancelled(call);
      FinishWith(call, POLYCALL_CANCELLED, "the handler gave up");
      left.Happen();
    };
  }
};

TEST_P(TransportConformance, ACancelledCallEndsAndItsHandlerHearsOfIt) {
  HeldCall held;
  EchoServer server(
      FreshTarget(),
      {.handlers = {
           .unary = held.AsHandler(), .client_streaming = {}, .server_streaming = {}, .bidi = {}}});
  Client client(server.target());
  Pending pending;
  client.UnaryAsync("x", {}, &pending);
  ASSERT_TRUE(held.entered.Wait());
  polycall_call_cancel(pending.call(), POLYCALL_OK, "changed my mind");
  ASSERT_TRUE(pending.Wait());
  EXPECT_EQ(pending.outcome().code, POLYCALL_CANCELLED);
  EXPECT_EQ(pending.outcome().message, "changed my mind");
  ASSERT_TRUE(held.left.Wait());
  EXPECT_EQ(held.was_cancelled, 1);
}

TEST_P(TransportConformance, ACancelledStreamEndsItsHandlersReceive) {
  Event received_end, cancelled;
  int was_cancelled = 0;
  Handlers handlers;
  handlers.bidi = [&](polycall_call* call, const polycall_message*) {
    polycall_call_on_cancel(call, Event::Set, &cancelled);
    polycall_message message = POLYCALL_MESSAGE_INIT;
    while (polycall_call_receive(call, &message) == 1) {
      polycall_call_send(call, &message, 0, nullptr);
      polycall_message_release(&message);
    }
    // HTTP/2 may tell of the end of the messages a moment before it tells why.
    EXPECT_TRUE(cancelled.Wait());
    was_cancelled = polycall_call_is_cancelled(call);
    FinishStream(call);
    received_end.Happen();
  };
  EchoServer server(FreshTarget(), {.handlers = handlers});
  Client client(server.target());
  Stream stream = client.Start(POLYCALL_BIDI_STREAMING);
  stream.Send("x");
  ASSERT_EQ(stream.Receive(), "x");
  polycall_call_cancel(stream.get(), POLYCALL_ABORTED, "enough");
  EXPECT_EQ(stream.Receive(), std::nullopt);
  const Outcome outcome = stream.Wait();
  EXPECT_EQ(outcome.code, POLYCALL_ABORTED);
  EXPECT_EQ(outcome.message, "enough");
  ASSERT_TRUE(received_end.Wait());
  EXPECT_EQ(was_cancelled, 1);
}

TEST_P(TransportConformance, ADeadlineEndsACallAndItsHandlerHearsOfIt) {
  HeldCall held;
  EchoServer server(
      FreshTarget(),
      {.handlers = {
           .unary = held.AsHandler(), .client_streaming = {}, .server_streaming = {}, .bidi = {}}});
  Client client(server.target());
  ASSERT_EQ(polycall_channel_wait_ready(client.get(), kPatienceNs, nullptr), POLYCALL_OK);
  Pending pending;
  client.UnaryAsync("x", {.timeout_ns = 300'000'000}, &pending);
  ASSERT_TRUE(pending.Wait());
  EXPECT_EQ(pending.outcome().code, POLYCALL_DEADLINE_EXCEEDED);
  // On a busy machine the time may have been over before the handler's turn.
  if (held.entered.happened()) {
    ASSERT_TRUE(held.left.Wait());
    EXPECT_EQ(held.was_cancelled, 1);
  }
}

TEST_P(TransportConformance, ADeadlineEndsABlockingCall) {
  HeldCall held;
  EchoServer server(
      FreshTarget(),
      {.handlers = {
           .unary = held.AsHandler(), .client_streaming = {}, .server_streaming = {}, .bidi = {}}});
  Client client(server.target());
  EXPECT_EQ(client.Unary("x", {.timeout_ns = 200'000'000}).code, POLYCALL_DEADLINE_EXCEEDED);
}

TEST_P(TransportConformance, ADeadlineEndsAStreamThatWaitsForAMessage) {
  EchoServer server(FreshTarget());
  Client client(server.target());
  Stream stream = client.Start(POLYCALL_BIDI_STREAMING, {.timeout_ns = 200'000'000});
  EXPECT_EQ(stream.Receive(), std::nullopt);
  EXPECT_EQ(stream.Wait().code, POLYCALL_DEADLINE_EXCEEDED);
}

}  // namespace
}  // namespace polycall::conformance
