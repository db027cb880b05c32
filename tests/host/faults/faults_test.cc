// Handlers in a host that throw, answer nonsense or call themselves without end, called by threads that their
// language did not make. HOST_TEST_LANGUAGE and HOST_TEST_MODULE say which module, of the languages that can catch all that.
#include <gmock/gmock.h>

#include <thread>
#include <vector>

#include "../fixture.h"
#include "faults.polycall.h"

namespace {

using faults::v1::Broken;
using faults::v1::Number;
using polycall::Channel;
using polycall::Code;
using polycall::Status;
using testing::AnyOf;
using testing::HasSubstr;

class HostedFault : public testing::Test {
 protected:
  // The server lives and answers.
  static void Stand(const Broken::Client& client, int64_t value) {
    Number number;
    number.set_value(value);
    const auto reply = client.Stand(number);
    ASSERT_TRUE(reply.ok()) << reply.status().message();
    EXPECT_EQ(reply->value(), value);
  }

  static void FallAndStand(const std::shared_ptr<Channel>& channel, int times) {
    const Broken::Client client(channel);
    for (int i = 0; i < times; ++i) {
      const Status status = client.Fall({}).status();
      EXPECT_EQ(status.code(), Code::kResourceExhausted) << status.message();
      Stand(client, i);
    }
  }

  const polycall_tests::Hosted hosted_{HOST_TEST_LANGUAGE, HOST_TEST_MODULE, HOST_TEST_ARGUMENT};
};

TEST_F(HostedFault, AFailureBecomesItsCallsStatus) {
  for (const auto& channel : {hosted_.inproc(), hosted_.tcp()}) {
    const Broken::Client client(channel);
    const Status status = client.Fail({}).status();
    EXPECT_EQ(status.code(), Code::kUnknown);
    EXPECT_THAT(std::string(status.message()), HasSubstr("it broke"));
    Stand(client, 1);
  }
}

TEST_F(HostedFault, NonsenseBecomesItsCallsStatus) {
  for (const auto& channel : {hosted_.inproc(), hosted_.tcp()}) {
    const Broken::Client client(channel);
    const Status status = client.Babble({}).status();
    EXPECT_THAT(status.code(), AnyOf(Code::kInternal, Code::kUnknown)) << status.message();
    Stand(client, 2);
  }
}

TEST_F(HostedFault, AnOverflowOnTheProgramsFirstThreadEndsItsCallAlone) {
  FallAndStand(hosted_.inproc(), 3);
}

TEST_F(HostedFault, AnOverflowOnAThreadOfACallersEndsItsCallAlone) {
  std::thread([this] { FallAndStand(hosted_.inproc(), 3); }).join();
}

TEST_F(HostedFault, AnOverflowOnAThreadOfTheServersEndsItsCallAlone) {
  FallAndStand(hosted_.tcp(), 3);
}

TEST_F(HostedFault, OverflowsOnSeveralThreadsAtOnceEndTheirCallsAlone) {
  const auto channel = hosted_.inproc();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { FallAndStand(channel, 2); });
  for (std::thread& thread : threads) thread.join();
  FallAndStand(channel, 1);
}

}  // namespace
