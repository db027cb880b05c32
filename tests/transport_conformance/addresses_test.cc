// Listening and dialling.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client.h"
#include "echo_server.h"
#include "transports.h"

namespace polycall::conformance {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// What `function` says of its status argument.
template <typename Function>
Outcome StatusOf(Function function) {
  polycall_status status = POLYCALL_STATUS_INIT;
  function(&status);
  return TakeStatus(&status);
}

TEST_P(TransportConformance, AListenersAddressCanBeDialled) {
  EchoServer server(FreshTarget());
  EXPECT_THAT(server.target(), StartsWith(transport().scheme));
  Client client(server.target());
  const Outcome outcome = client.Unary("hello");
  EXPECT_EQ(outcome.code, POLYCALL_OK) << outcome.message;
  EXPECT_EQ(outcome.response, "hello");
  EXPECT_STREQ(polycall_channel_transport(client.get()), transport().name);
}

TEST_P(TransportConformance, ASecondListenerOnAnAddressIsRefused) {
  EchoServer first(FreshTarget());
  polycall_server_options options = POLYCALL_SERVER_OPTIONS_INIT;
  options.tls = ServerTlsFor(first.target());
  polycall_server* second = polycall_server_new(&options, nullptr);
  const Outcome refused = StatusOf([&](polycall_status* status) {
    polycall_server_listen(second, first.target().c_str(), nullptr, 0, status);
  });
  polycall_server_free(second);
  EXPECT_EQ(refused.code, POLYCALL_ALREADY_EXISTS);
  EXPECT_THAT(refused.message, HasSubstr(first.target()));
  EXPECT_EQ(Client(first.target()).Unary("still here").response, "still here");
}

TEST_P(TransportConformance, AnAddressIsFreeAgainAfterItsServer) {
  std::string target;
  {
    EchoServer first(FreshTarget());
    target = first.target();
    EXPECT_EQ(Client(target).Unary("first").code, POLYCALL_OK);
  }
  EchoServer second(target);
  EXPECT_EQ(second.target(), target);
  EXPECT_EQ(Client(target).Unary("second").response, "second");
}

TEST_P(TransportConformance, WhereNobodyListensIsUnavailableAndTheErrorSaysWhere) {
  const std::string target = transport().vacant_target();
  Client client(target, 1);
  const Outcome outcome = client.Unary("anybody?");
  EXPECT_EQ(outcome.code, POLYCALL_UNAVAILABLE);
  EXPECT_THAT(outcome.message, HasSubstr(target));
}

TEST_P(TransportConformance, AnAddressThatCannotBeIsRefusedAtOnce) {
  polycall_server* server = polycall_server_new(nullptr, nullptr);
  for (const std::string& target : transport().bad_targets) {
    polycall_channel* channel = nullptr;
    const Outcome dialled = StatusOf([&](polycall_status* status) {
      channel = polycall_channel_new(target.c_str(), nullptr, status);
    });
    EXPECT_EQ(channel, nullptr) << target;
    EXPECT_EQ(dialled.code, POLYCALL_INVALID_ARGUMENT) << target;
    EXPECT_THAT(dialled.message, HasSubstr(target));
    const Outcome listened = StatusOf([&](polycall_status* status) {
      polycall_server_listen(server, target.c_str(), nullptr, 0, status);
    });
    EXPECT_EQ(listened.code, POLYCALL_INVALID_ARGUMENT) << target;
  }
  polycall_server_free(server);
}

}  // namespace
}  // namespace polycall::conformance
