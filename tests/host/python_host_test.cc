// The Python host in a program of C++.
#include <gmock/gmock.h>

#include <thread>

#include "fixture.h"
#include "plain.polycall.h"

namespace {

using plain::v1::Pair;
using plain::v1::Plain;
using polycall::Code;
using polycall_tests::Hosted;
using polycall_tests::TryLoad;
using testing::AllOf;
using testing::HasSubstr;

const std::string kSources = HOST_TEST_SOURCES;

std::string File(const std::string& name) { return kSources + "/" + name; }

Pair PairOf(double left, double right) {
  Pair pair;
  pair.set_left(left);
  pair.set_right(right);
  return pair;
}

TEST(PythonHost, AFileServesOverEachTransport) {
  const Hosted hosted("python", File("arithmetic.py"));
  EXPECT_EQ(Plain::Client(hosted.inproc()).Subtract(PairOf(10, 4))->value(), 6);
  EXPECT_EQ(Plain::Client(hosted.tcp()).Subtract(PairOf(10, 5))->value(), 5);
}

TEST(PythonHost, WhatLiesBesideAFileCanBeImported) {
  const Hosted hosted("python", File("arithmetic.py"));
  plain::v1::Words words;
  words.set_text("twice");
  EXPECT_EQ(Plain::Client(hosted.inproc()).GetURLLength(words)->bytes(), 10);
}

TEST(PythonHost, AModuleOfAPackageServes) {
  const Hosted hosted("python", "package.service");
  EXPECT_EQ(Plain::Client(hosted.inproc()).Subtract(PairOf(10, 4))->value(), -6);
}

TEST(PythonHost, TheSameModuleServesOnTwoServersAtOnce) {
  const Hosted first("python", File("arithmetic.py"));
  polycall::Server second;
  ASSERT_TRUE(second.Load("python", File("arithmetic.py")).ok());
  const std::string target = *second.Listen("inproc:a second server");
  ASSERT_TRUE(second.Start().ok());
  const Plain::Client client(polycall::Channel::Create(target).value());
  EXPECT_EQ(client.Subtract(PairOf(1, 1))->value(), 0);
  EXPECT_EQ(Plain::Client(first.inproc()).Subtract(PairOf(3, 1))->value(), 2);
}

TEST(PythonHost, AModuleMayBeLoadedAgainForANewServerAfterTheOldOneEnded) {
  for (int i = 0; i < 20; ++i) {
    const Hosted hosted("python", File("arithmetic.py"));
    EXPECT_EQ(Plain::Client(hosted.inproc()).Subtract(PairOf(i, 1))->value(), i - 1);
    EXPECT_EQ(Plain::Client(hosted.inproc()).Recall({})->value(), 42);  // has a loop thread
  }
}

TEST(PythonHost, AnAsynchronousHandlerServes) {
  const Hosted hosted("python", File("arithmetic.py"));
  EXPECT_EQ(Plain::Client(hosted.inproc()).Recall({})->value(), 42);
  EXPECT_EQ(Plain::Client(hosted.tcp()).Recall({})->value(), 42);
}

TEST(PythonHost, CallersOnManyThreadsAreServed) {
  const Hosted hosted("python", File("arithmetic.py"));
  const auto channel = hosted.inproc();
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      const Plain::Client client(channel);
      for (int j = 0; j < 200; ++j) EXPECT_EQ(client.Subtract(PairOf(i, j))->value(), i - j);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(PythonHost, AHandlersExceptionBecomesItsCallsStatus) {
  const Hosted hosted("python", File("arithmetic.py"));
  for (const auto& channel : {hosted.inproc(), hosted.tcp()}) {
    const Plain::Client client(channel);
    const auto thrown = client.Half({});
    EXPECT_EQ(thrown.status().code(), Code::kUnknown);
    EXPECT_THAT(std::string(thrown.status().message()), HasSubstr("half of nothing"));
    const auto raised = client.Forget({});
    EXPECT_EQ(raised.status().code(), Code::kNotFound);
    EXPECT_EQ(client.Renamed({}).status().code(), Code::kUnknown);  // sys.exit
    EXPECT_EQ(client.Subtract(PairOf(2, 1))->value(), 1);           // and goes on
  }
}

TEST(PythonHost, AResultOfTheWrongTypeBecomesAStatus) {
  const Hosted hosted("python", File("arithmetic.py"));
  const auto reply = Plain::Client(hosted.inproc()).Turn({});
  EXPECT_FALSE(reply.ok());
  EXPECT_THAT(std::string(reply.status().message()), HasSubstr("Turned"));
}

TEST(PythonHost, AHandlerThatOverflowsItsStackBecomesAStatus) {
  const Hosted hosted("python", File("arithmetic.py"));
  for (const auto& channel : {hosted.inproc(), hosted.tcp()}) {
    const auto reply = Plain::Client(channel).Narrow({});
    EXPECT_EQ(reply.status().code(), Code::kResourceExhausted);
    EXPECT_THAT(std::string(reply.status().message()), HasSubstr("RecursionError"));
  }
}

TEST(PythonHost, AMethodThatTheModuleLacksIsUnimplemented) {
  const Hosted hosted("python", File("arithmetic.py"));
  EXPECT_EQ(Plain::Client(hosted.inproc()).Mix({}).status().code(), Code::kUnimplemented);
}

TEST(PythonHost, TheServerStaysItsOwners) {
  const polycall::Status status = TryLoad("python", File("meddles.py"));
  EXPECT_TRUE(status.ok()) << status.message();
}

struct Failing {
  std::string module;
  Code code;
  std::string text;
};

class PythonHostFails : public testing::TestWithParam<Failing> {};

TEST_P(PythonHostFails, WithTheReasonAndItsPlace) {
  const polycall::Status status = TryLoad("python", GetParam().module);
  EXPECT_EQ(status.code(), GetParam().code) << status.message();
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().text));
}

INSTANTIATE_TEST_SUITE_P(
    Modules, PythonHostFails,
    testing::Values(
        Failing{File("nowhere.py"), Code::kNotFound, "there is no file"},
        Failing{"no.such.module", Code::kNotFound, "no Python module no.such.module"},
        Failing{"package.nothing", Code::kNotFound, "package.nothing"},
        Failing{File("raises.py"), Code::kUnknown, "raises.py:2: LookupError: no such thing"},
        Failing{File("raises_on_import.py"), Code::kUnknown, "raises_on_import.py:3: TypeError"},
        Failing{File("bad_syntax.py"), Code::kInvalidArgument, "bad_syntax.py:2: invalid syntax"},
        Failing{File("needs_missing.py"), Code::kUnknown,
                "needs_missing.py:1: ModuleNotFoundError"},
        Failing{File("no_register.py"), Code::kInvalidArgument, "register(server) is missing"},
        Failing{File("async_register.py"), Code::kInvalidArgument, "is no plain function"},
        Failing{File("refuses.py"), Code::kPermissionDenied, "refuses.py:5: not today"},
        Failing{File("exits.py"), Code::kUnknown, "SystemExit: gone"}));

TEST(PythonHost, DetailsOfAStatusErrorReachTheLoader) {
  EXPECT_EQ(TryLoad("python", File("refuses.py")).details(), "\x08\x07");
}

}  // namespace
