// What one call carries: messages, metadata, status.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client.h"
#include "echo_server.h"
#include "transports.h"

namespace polycall::conformance {
namespace {

using std::string_literals::operator""s;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr size_t kMebibyte = 1 << 20;

// Bytes in which a shift or a missing piece shows.
std::string Pattern(size_t size) {
  std::string bytes(size, '\0');
  uint32_t state = 1;
  for (char& c : bytes) c = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  return bytes;
}

TEST_P(TransportConformance, AUnaryCallIsAnswered) {
  EchoServer server(FreshTarget());
  Client client(server.target());
  for (const std::string& request : {""s, "x"s, "a\0b"s, Pattern(5000)}) {
    const Outcome outcome = client.Unary(request);
    EXPECT_EQ(outcome.code, POLYCALL_OK) << outcome.message;
    EXPECT_EQ(outcome.response, request);
  }
}

TEST_P(TransportConformance, AUnaryCallByCallbackIsAnswered) {
  EchoServer server(FreshTarget());
  Client client(server.target());
  Pending pending;
  client.UnaryAsync("call me", {}, &pending);
  ASSERT_TRUE(pending.Wait());
  EXPECT_EQ(pending.outcome().code, POLYCALL_OK) << pending.outcome().message;
  EXPECT_EQ(pending.outcome().response, "call me");
}

TEST_P(TransportConformance, AMessageOfAMebibyteArrivesWhole) {
  EchoServer server(FreshTarget());
  Client client(server.target());
  const std::string large = Pattern(kMebibyte);
  EXPECT_TRUE(client.Unary(large).response == large);

  Stream stream = client.Start(POLYCALL_BIDI_STREAMING);
  EXPECT_EQ(stream.Send(large), POLYCALL_OK);
  EXPECT_EQ(stream.Send("and a small one", POLYCALL_SEND_HALF_CLOSE), POLYCALL_OK);
  const std::vector<std::string> echoes = stream.ReceiveAll();
  ASSERT_EQ(echoes.size(), 2u);
  EXPECT_TRUE(echoes[0] == large);
  EXPECT_EQ(echoes[1], "and a small one");
  EXPECT_EQ(stream.Wait().code, POLYCALL_OK);
}

TEST_P(TransportConformance, MetadataGoesBothWays) {
  Handlers handlers;
  handlers.unary = [](polycall_call* call, const polycall_message* request) {
    polycall_metadata* initial = MakeMetadata(ReadMetadata(polycall_call_metadata(call)));
    polycall_metadata* trailing = MakeMetadata({{"after-bin", "\xff\0\x01"s}, {"after", "all"}});
    EXPECT_EQ(polycall_call_send_initial_metadata(call, initial, nullptr), POLYCALL_OK);
    EXPECT_EQ(polycall_call_set_trailing_metadata(call, trailing, nullptr), POLYCALL_OK);
    polycall_metadata_free(initial);
    polycall_metadata_free(trailing);
    polycall_call_finish(call, nullptr, request);
  };
  EchoServer server(FreshTarget(), {.handlers = handlers});
  Client client(server.target());
  const Entries sent = {{"same", "1"}, {"trace-bin", "\0\xfe\xff"s}, {"same", "2"}, {"empty", ""}};
  const Outcome outcome =
      client.Unary("m", {.flags = POLYCALL_CALL_WANT_METADATA, .metadata = sent});
  EXPECT_EQ(outcome.code, POLYCALL_OK) << outcome.message;
  EXPECT_EQ(outcome.initial, sent);
  EXPECT_EQ(outcome.trailing, (Entries{{"after-bin", "\xff\0\x01"s}, {"after", "all"}}));
}

TEST_P(TransportConformance, MetadataOfAStreamComesBeforeAndAfterItsMessages) {
  Handlers handlers;
  handlers.server_streaming = [](polycall_call* call, const polycall_message* request) {
    polycall_metadata* metadata = MakeMetadata({{"asked", Text(*request)}});
    polycall_call_send_initial_metadata(call, metadata, nullptr);
    polycall_call_send(call, request, 0, nullptr);
    polycall_call_set_trailing_metadata(call, metadata, nullptr);
    polycall_metadata_free(metadata);
    FinishStream(call);
  };
  EchoServer server(FreshTarget(), {.handlers = handlers});
  Client client(server.target());
  Stream stream = client.Start(POLYCALL_SERVER_STREAMING);
  stream.Send("why", POLYCALL_SEND_HALF_CLOSE);
  EXPECT_EQ(ReadMetadata(polycall_call_initial_metadata(stream.get())),
            (Entries{{"asked", "why"}}));
  EXPECT_THAT(stream.ReceiveAll(), ElementsAre("why"));
  EXPECT_EQ(stream.Wait().trailing, (Entries{{"asked", "why"}}));
}

TEST_P(TransportConformance, AHandlersStatusArrivesWithItsDetails) {
  const auto fail = [](polycall_call* call, const polycall_message*) {
    FinishWith(call, POLYCALL_ABORTED, "two writers", "de\0tails"s);
  };
  EchoServer server(
      FreshTarget(),
      {.handlers = {
           .unary = fail, .client_streaming = {}, .server_streaming = fail, .bidi = fail}});
  Client client(server.target());
  const Outcome unary = client.Unary("x");
  Stream stream = client.Start(POLYCALL_BIDI_STREAMING);
  EXPECT_THAT(stream.ReceiveAll(), IsEmpty());
  for (const Outcome& outcome : {unary, stream.Wait()}) {
    EXPECT_EQ(outcome.code, POLYCALL_ABORTED);
    EXPECT_EQ(outcome.message, "two writers");
    EXPECT_EQ(outcome.details, "de\0tails"s);
    EXPECT_EQ(outcome.response, "");
  }
}

TEST_P(TransportConformance, AMethodThatTheServerLacksIsUnimplemented) {
  EchoServer server(FreshTarget());
  Client client(server.target());
  polycall_method_descriptor descriptor = kMethods[POLYCALL_UNARY];
  descriptor.name = "Missing";
  polycall_unary unary = POLYCALL_UNARY_INIT;
  unary.method = polycall_channel_method(client.get(), kServiceName, &descriptor);
  EXPECT_EQ(polycall_unary_call(client.get(), &unary), POLYCALL_UNIMPLEMENTED);
  EXPECT_THAT(TakeStatus(&unary.status).message, testing::HasSubstr("conformance.Echo/Missing"));
}

}  // namespace
}  // namespace polycall::conformance
