// Servers, channels and interceptors, apart from the calls themselves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "calc.polycall.h"
#include "calc_services.h"
#include "expect.h"

namespace polycall_cpp_test {
namespace {

using namespace std::chrono_literals;
using polycall::Code;
using polycall::StatusOr;
using testing::ElementsAre;
using testing::HasSubstr;

std::string InprocTarget(const std::string& name) {
  return "inproc:polycall-cpp-server-test-" + name;
}

Operands Two() {
  Operands operands;
  operands.set_left(2);
  return operands;
}

TEST(Channel, ATargetThatDoesNotParseIsRefused) {
  const auto channel = polycall::Channel::Create("nonsense://");
  EXPECT_EQ(channel.status().code(), Code::kInvalidArgument);
  EXPECT_THAT(std::string(channel.status().message()), HasSubstr("nonsense"));
}

TEST(Channel, ACallWithoutAServerIsUnavailable) {
  const auto channel =
      polycall::Channel::Create(InprocTarget("nobody"), {.max_attempts = 1}).value();
  EXPECT_EQ(Calc::Client(channel).Add(Two()).status().code(), Code::kUnavailable);
}

// A server's life with a call: something that the library has reason to log about.
void Live(const std::string& name) {
  std::atomic<int> cancelled = 0;
  polycall::Server server;
  ASSERT_OK(server.AddService(MakeCalc(Style::kBlocking, &cancelled)));
  const StatusOr<std::string> address =
      server.Listen("unix:" + testing::TempDir() + name + "-" + std::to_string(getpid()));
  ASSERT_OK(address);
  ASSERT_OK(server.Start());
  EXPECT_OK(Calc::Client(polycall::Channel::Create(*address).value()).Add(Two(), {.timeout = 30s}));
}

TEST(Log, LinesGoToTheSinkAndGoOnIfItThrows) {
  struct Lines {
    std::atomic<int> count = 0;
    std::atomic<int> empty = 0;
  };
  const auto lines = std::make_shared<Lines>();  // the sink may be inside when it is replaced
  polycall::SetLog(polycall::LogLevel::kDebug, [lines](polycall::LogLevel, std::string_view text) {
    if (text.empty()) ++lines->empty;
    if (++lines->count == 1) throw std::runtime_error("not now");
  });
  Live("log");
  Live("log");
  polycall::SetLogLevel(polycall::LogLevel::kWarning);
  EXPECT_GT(lines->count, 1);
  EXPECT_EQ(lines->empty, 0);
}

TEST(Server, ALentThreadServesWhatTheServerHasNoThreadsFor) {
  std::atomic<int> cancelled = 0;
  polycall::Server server({.donated_only = true});
  ASSERT_OK(server.AddService(MakeCalc(Style::kBlocking, &cancelled)));
  const StatusOr<std::string> address =
      server.Listen("unix:" + testing::TempDir() + "lent-" + std::to_string(getpid()));
  ASSERT_OK(address);
  ASSERT_OK(server.Start());
  EXPECT_FALSE(server.RunWorker(1ms)) << "nothing has shut the server down";
  std::thread worker([&] { server.RunWorker(); });
  EXPECT_OK(Calc::Client(polycall::Channel::Create(*address).value()).Add(Two(), {.timeout = 30s}));
  server.Shutdown();
  worker.join();
}

TEST(Channel, ACallThatWaitsForReadyIsServedWhenTheServerComes) {
  std::atomic<int> cancelled = 0;
  const std::string target = "unix:" + testing::TempDir() + "late-" + std::to_string(getpid());
  const auto channel = polycall::Channel::Create(target).value();
  EXPECT_EQ(Calc::Client(channel).Add(Two()).status().code(), Code::kUnavailable);
  std::promise<Code> code;
  std::thread caller([&] {
    code.set_value(
        Calc::Client(channel).Add(Two(), {.timeout = 30s, .wait_for_ready = true}).status().code());
  });
  polycall::Server server;
  ASSERT_OK(server.AddService(MakeCalc(Style::kBlocking, &cancelled)));
  ASSERT_OK(server.Listen(target));
  ASSERT_OK(server.Start());
  caller.join();
  EXPECT_EQ(code.get_future().get(), Code::kOk);
}

TEST(Server, TheSameServiceCannotBeAddedTwice) {
  std::atomic<int> cancelled = 0;
  polycall::Server server;
  ASSERT_OK(server.AddService(MakeCalc(Style::kBlocking, &cancelled)));
  EXPECT_EQ(server.AddService(MakeCalc(Style::kBlocking, &cancelled)).code(), Code::kAlreadyExists);
}

TEST(Server, ASharedServiceLivesUntilTheServerEnds) {
  std::atomic<int> cancelled = 0;
  std::shared_ptr<polycall::Service> service = MakeCalc(Style::kBlocking, &cancelled);
  const std::weak_ptr<polycall::Service> watch = service;
  {
    polycall::Server server;
    ASSERT_OK(server.AddService(std::move(service)));
    EXPECT_FALSE(watch.expired());
  }
  EXPECT_TRUE(watch.expired());
}

TEST(Server, TwoServersCannotListenOnOneName) {
  polycall::Server first;
  polycall::Server second;
  ASSERT_OK(first.Listen(InprocTarget("taken")));
  EXPECT_EQ(second.Listen(InprocTarget("taken")).status().code(), Code::kAlreadyExists);
}

TEST(Server, ShutdownEndsWait) {
  std::atomic<int> cancelled = 0;
  polycall::Server server;
  ASSERT_OK(server.AddService(MakeCalc(Style::kBlocking, &cancelled)));
  ASSERT_OK(server.Listen(InprocTarget("shutdown")));
  ASSERT_OK(server.Start());
  EXPECT_FALSE(server.Wait(1ms));
  server.Shutdown(1s);
  EXPECT_TRUE(server.Wait(30s));
}

TEST(Server, ADonatedThreadRunsTheHandlers) {
  std::atomic<int> cancelled = 0;
  polycall::Server server({.donated_only = true});
  ASSERT_OK(server.AddService(MakeCalc(Style::kBlocking, &cancelled)));
  const std::string path =
      testing::TempDir() + "polycall-cpp-" + std::to_string(getpid()) + "-w.sock";
  const StatusOr<std::string> address = server.Listen("unix:" + path);
  ASSERT_OK(address);
  ASSERT_OK(server.Start());
  std::thread worker([&] { server.RunWorker(); });
  const auto channel = polycall::Channel::Create(*address).value();
  EXPECT_OK(Calc::Client(channel).Add(Two(), {.timeout = 30s}));
  server.Shutdown(1s);
  worker.join();
}

TEST(Server, ItsStatisticsCountCalls) {
  std::atomic<int> cancelled = 0;
  polycall::Server server;
  ASSERT_OK(server.AddService(MakeCalc(Style::kBlocking, &cancelled)));
  const StatusOr<std::string> address = server.Listen(InprocTarget("stats"));
  ASSERT_OK(address);
  ASSERT_OK(server.Start());
  const Calc::Client client(polycall::Channel::Create(*address).value());
  for (int i = 0; i < 3; ++i) EXPECT_OK(client.Add(Two()));
  EXPECT_EQ(server.Stats().calls_started, 3u);
}

// Writes down what it sees.
class Witness : public polycall::Interceptor {
 public:
  polycall::Status Started(polycall::InterceptedCall& call, polycall_metadata*) override {
    Note("started " + std::string(call.method()));
    if (call.method() == "Missing") return polycall::PermissionDeniedError("not you");
    return polycall::OkStatus();
  }
  void Message(polycall::InterceptedCall&, const polycall_message&, bool sent) override {
    Note(sent ? "sent" : "received");
  }
  void Finished(polycall::InterceptedCall&, polycall::Status& status) override {
    Note("finished " + status.ToString());
    if (status.code() == Code::kNotFound) status = polycall::DataLossError("replaced");
  }

  std::vector<std::string> Take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(notes_, {});
  }

 private:
  void Note(std::string note) {
    const std::lock_guard lock(mutex_);
    notes_.push_back(std::move(note));
  }

  std::mutex mutex_;
  std::vector<std::string> notes_;  // guarded by mutex_
};

class InterceptorTest : public testing::Test {
 protected:
  InterceptorTest() {
    EXPECT_OK(server_.AddService(MakeCalc(Style::kBlocking, &cancelled_)));
    const StatusOr<std::string> address = server_.Listen(InprocTarget("interceptors"));
    EXPECT_OK(address);
    EXPECT_OK(server_.Start());
    channel_ = polycall::Channel::Create(address.value(), {.interceptors = {witness_}}).value();
  }

  std::atomic<int> cancelled_ = 0;
  polycall::Server server_;
  std::shared_ptr<Witness> witness_ = std::make_shared<Witness>();
  std::shared_ptr<polycall::Channel> channel_;
};

TEST_F(InterceptorTest, ItSeesACallFromStartToEnd) {
  EXPECT_OK(Calc::Client(channel_).Add(Two()));
  EXPECT_THAT(witness_->Take(), ElementsAre("started Add", "sent", "received", "finished OK"));
}

TEST_F(InterceptorTest, ItCanRefuseACall) {
  EXPECT_EQ(Calc::Client(channel_).Missing(Two()).status().ToString(),
            "PERMISSION_DENIED: not you");
}

TEST_F(InterceptorTest, ItCanReplaceTheStatus) {
  Operands operands;
  operands.set_left(5);
  EXPECT_EQ(Calc::Client(channel_).Fail(operands).status().ToString(), "DATA_LOSS: replaced");
}

TEST(Channel, ItMayBeDroppedInACallbackOfItsOwn) {
  std::atomic<int> cancelled = 0;
  polycall::Server server;
  ASSERT_OK(server.AddService(MakeCalc(Style::kCallback, &cancelled)));
  const StatusOr<std::string> address = server.Listen(InprocTarget("drop"));
  ASSERT_OK(address);
  ASSERT_OK(server.Start());
  std::promise<void> done;
  {
    auto channel = polycall::Channel::Create(*address).value();
    const Calc::Client client(channel);
    client.AddAsync(Two(), [&done, channel](StatusOr<Result>) mutable {
      channel.reset();
      done.set_value();
    });
  }
  EXPECT_EQ(done.get_future().wait_for(30s), std::future_status::ready);
}

}  // namespace
}  // namespace polycall_cpp_test
