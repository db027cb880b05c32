// Calls of every kind, from clients in three styles to handlers in three styles, over each transport.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <numeric>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "calc.polycall.h"
#include "calc_services.h"
#include "expect.h"
#include "required.polycall.h"

namespace polycall_cpp_test {
namespace {

using namespace std::chrono_literals;
using polycall::Code;
using polycall::Status;
using polycall::StatusOr;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr auto kBound = 30s;  // a test that waits longer has failed

Operands OperandsOf(int64_t left, int64_t right = 0, std::string note = "") {
  Operands operands;
  operands.set_left(left);
  operands.set_right(right);
  operands.set_note(std::move(note));
  return operands;
}

std::string TargetOf(const std::string& transport) {
  static std::atomic<int> counter = 0;
  const std::string name =
      "polycall-cpp-test-" + std::to_string(getpid()) + "-" + std::to_string(++counter);
  if (transport == "unix" || transport == "shm")
    return "unix:" + testing::TempDir() + name + ".sock";
  if (transport == "tcp") return "tcp://127.0.0.1:0";
  return "inproc:" + name;
}

class CallTest : public testing::TestWithParam<std::tuple<std::string, Style>> {
 protected:
  CallTest() {
    const auto& [transport, style] = GetParam();
    EXPECT_OK(server_.AddService(MakeCalc(style, &cancelled_)));
    const StatusOr<std::string> address = server_.Listen(TargetOf(transport));
    EXPECT_OK(address);
    EXPECT_OK(server_.Start());
    polycall::ChannelOptions options;
    options.transports = {transport};  // and no better one
    channel_ = polycall::Channel::Create(address.value(), options).value();
  }

  static const std::string& transport() { return std::get<0>(GetParam()); }
  Calc::Client client() const { return Calc::Client(channel_); }

  std::atomic<int> cancelled_ = 0;  // before the server: handlers count here
  polycall::Server server_;
  std::shared_ptr<polycall::Channel> channel_;
};

TEST_P(CallTest, AUnaryCallAnswers) {
  const StatusOr<Result> result = client().Add(OperandsOf(3, 4));
  ASSERT_OK(result);
  EXPECT_EQ(result->value(), 7);
  EXPECT_EQ(channel_->transport(), transport());
}

TEST_P(CallTest, AResponseThatIsUsedAgainHoldsOnlyTheNewAnswer) {
  Result result;
  result.set_note("old");
  ASSERT_OK(client().Add(OperandsOf(3, 4), &result));
  EXPECT_EQ(result.value(), 7);
  EXPECT_EQ(result.note(), "");
  ASSERT_OK(client().Add(OperandsOf(-4, 4), &result));
  EXPECT_EQ(result.value(), 0);
}

// Each of its own length and letters; sent from where they lie, they must not be torn or mixed.
TEST_P(CallTest, LargeMessagesOfManyThreadsArriveWhole) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      std::vector<std::future<bool>> answers;
      for (int i = 0; i < 6; ++i) {
        const std::string note((size_t{700'000} << (i % 2)) + static_cast<size_t>(t * 10 + i),
                               static_cast<char>('a' + t * 6 + i));
        const auto whole = [note, i](const StatusOr<Result>& result) {
          return result.ok() && result->value() == i && result->note() == note;
        };
        if (i % 3 == 2) {
          auto answer = std::make_shared<std::promise<bool>>();
          answers.push_back(answer->get_future());
          client().AddAsync(OperandsOf(i, 0, note),
                            [answer, whole](const StatusOr<Result>& result) {
                              answer->set_value(whole(result));
                            });
        } else {
          EXPECT_TRUE(whole(client().Add(OperandsOf(i, 0, note)))) << t << " " << i;
        }
      }
      for (std::future<bool>& answer : answers) {
        ASSERT_EQ(answer.wait_for(kBound), std::future_status::ready);
        EXPECT_TRUE(answer.get());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_P(CallTest, AHandlersStatusArrivesWhole) {
  const StatusOr<Result> result = client().Fail(OperandsOf(5, 0, "no \"such\" thing: ü"));
  EXPECT_EQ(result.status().code(), Code::kNotFound);
  EXPECT_EQ(result.status().message(), "no \"such\" thing: ü");
  EXPECT_EQ(result.status().details(), "details");
}

TEST_P(CallTest, AHandlerThatThrowsAnswersUnknownAndTheServerLives) {
  for (int i = 0; i < 3; ++i) {
    const StatusOr<Result> result = client().Fail(OperandsOf(0, 0, "boom"));
    EXPECT_EQ(result.status().ToString(), "UNKNOWN: boom");
  }
  EXPECT_OK(client().Add(OperandsOf(1, 1)));
}

TEST_P(CallTest, AMethodThatNobodyWroteIsUnimplemented) {
  const StatusOr<Result> result = client().Missing(OperandsOf(1));
  EXPECT_EQ(result.status().code(), Code::kUnimplemented);
  EXPECT_THAT(std::string(result.status().message()), HasSubstr("polycall_cpp_test.Calc/Missing"));
}

TEST_P(CallTest, MetadataTravelsBothWays) {
  polycall::Metadata initial;
  polycall::Metadata trailing;
  const StatusOr<Result> result = client().Ask(OperandsOf(0), {.timeout = kBound,
                                                               .metadata = {{"question", "why"}},
                                                               .initial_metadata = &initial,
                                                               .trailing_metadata = &trailing});
  ASSERT_OK(result);
  EXPECT_EQ(result->note(), "why polycall_cpp_test.Calc/Ask");
  EXPECT_EQ(result->value(), 1) << "the handler sees the deadline";
  EXPECT_EQ(initial.Find("answer"), "why");
  EXPECT_EQ(trailing.Find("late-bin"), std::string("\0\1", 2));
}

TEST_P(CallTest, ACallEndsAtItsDeadline) {
  const StatusOr<Result> result = client().Hang(OperandsOf(0), {.timeout = 50ms});
  // Over inproc the handler runs on this thread, and ends with CANCELLED when it sees the deadline.
  EXPECT_FALSE(result.ok());
  if (transport() != "inproc") {
    EXPECT_EQ(result.status().code(), Code::kDeadlineExceeded);
  }
}

TEST_P(CallTest, ACallbackGetsTheAnswer) {
  std::promise<StatusOr<Result>> promise;
  client().AddAsync(OperandsOf(3, 4),
                    [&](StatusOr<Result> result) { promise.set_value(std::move(result)); });
  std::future<StatusOr<Result>> future = promise.get_future();
  ASSERT_EQ(future.wait_for(kBound), std::future_status::ready);
  const StatusOr<Result> result = future.get();
  ASSERT_OK(result);
  EXPECT_EQ(result->value(), 7);
}

TEST_P(CallTest, ManyCallbacksAtOnceGetTheirOwnAnswers) {
  constexpr int kCalls = 500;
  std::atomic<int> good = 0;
  std::atomic<int> left = kCalls;
  std::promise<void> done;
  for (int i = 0; i < kCalls; ++i) {
    client().AddAsync(OperandsOf(i, 1), [&, i](StatusOr<Result> result) {
      if (result.ok() && result->value() == i + 1) ++good;
      if (--left == 0) done.set_value();
    });
  }
  ASSERT_EQ(done.get_future().wait_for(kBound), std::future_status::ready);
  EXPECT_EQ(good, kCalls);
}

TEST_P(CallTest, AnAsynchronousCallIsCancelledByItsHandle) {
  if (transport() == "inproc" && std::get<1>(GetParam()) == Style::kBlocking) {
    GTEST_SKIP() << "the handler may run on the caller's thread";
  }
  polycall::CallHandle handle;
  std::promise<StatusOr<Result>> promise;
  client().HangAsync(OperandsOf(0),
                     [&](StatusOr<Result> result) { promise.set_value(std::move(result)); },
                     {.timeout = kBound, .handle = &handle});
  handle.Cancel("enough");
  std::future<StatusOr<Result>> future = promise.get_future();
  ASSERT_EQ(future.wait_for(kBound), std::future_status::ready);
  EXPECT_EQ(future.get().status().code(), Code::kCancelled);
}

TEST_P(CallTest, ACoroutineAwaitsTheAnswer) {
  const auto work = [](Calc::Client client) -> polycall::Task<int64_t> {
    int64_t sum = 0;
    for (int i = 0; i < 100; ++i) {
      const Operands operands = OperandsOf(i, sum);
      const StatusOr<Result> result = co_await client.AddAwait(operands);
      if (!result.ok()) co_return -1;
      sum = result->value();
    }
    co_return sum;
  };
  EXPECT_EQ(polycall::BlockOn(work(client())), 4950);
}

TEST_P(CallTest, AServerStreamIsARange) {
  auto reader = client().Count(OperandsOf(1000));
  std::vector<int64_t> values;
  for (const Result& result : reader) values.push_back(result.value());
  EXPECT_OK(reader.Finish());
  std::vector<int64_t> expected(1000);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(values, expected);
}

TEST_P(CallTest, AnEmptyServerStreamHasNoElements) {
  auto reader = client().Count(OperandsOf(0));
  Result result;
  EXPECT_FALSE(reader.Read(&result));
  EXPECT_OK(reader.Finish());
}

TEST_P(CallTest, AServerStreamIsReadWithCallbacks) {
  auto reader = client().Count(OperandsOf(100));
  std::vector<int64_t> values;
  std::promise<Status> ended;
  std::function<void(std::optional<Result>)> next = [&](std::optional<Result> result) {
    if (!result) {
      reader.FinishAsync([&](Status status) { ended.set_value(std::move(status)); });
      return;
    }
    values.push_back(result->value());
    reader.ReadAsync(next);
  };
  reader.ReadAsync(next);
  std::future<Status> future = ended.get_future();
  ASSERT_EQ(future.wait_for(kBound), std::future_status::ready);
  EXPECT_OK(future.get());
  EXPECT_EQ(values.size(), 100u);
}

TEST_P(CallTest, AServerStreamIsReadByACoroutine) {
  const auto work = [](Calc::Client client) -> polycall::Task<int64_t> {
    const Operands operands = OperandsOf(100);
    auto reader = client.Count(operands);
    int64_t sum = 0;
    while (const auto result = co_await reader.ReadAwait()) sum += result->value();
    const Status status = co_await reader.FinishAwait();
    co_return status.ok() ? sum : -1;
  };
  EXPECT_EQ(polycall::BlockOn(work(client())), 4950);
}

TEST_P(CallTest, AServerStreamThatIsDroppedIsCancelled) {
  {
    auto reader = client().Count(OperandsOf(int64_t{1} << 40));
    Result result;
    ASSERT_TRUE(reader.Read(&result));
  }
  EXPECT_OK(client().Add(OperandsOf(1, 1)));
}

TEST_P(CallTest, AServerStreamThatIsCancelledSaysSo) {
  auto reader = client().Count(OperandsOf(int64_t{1} << 40));
  Result result;
  ASSERT_TRUE(reader.Read(&result));
  reader.Cancel();
  EXPECT_EQ(reader.Finish().code(), Code::kCancelled);
}

TEST_P(CallTest, AClientStreamIsSummedUp) {
  auto writer = client().Sum();
  for (int i = 1; i <= 1000; ++i) {
    ASSERT_TRUE(
        writer.Write(OperandsOf(i), i < 1000 ? polycall::Send::kBuffered : polycall::Send::kLast));
  }
  const StatusOr<Result> result = writer.Finish();
  ASSERT_OK(result);
  EXPECT_EQ(result->value(), 500500);
}

TEST_P(CallTest, AnEmptyClientStreamHasAnAnswer) {
  const StatusOr<Result> result = client().Sum().Finish();
  ASSERT_OK(result);
  EXPECT_EQ(result->value(), 0);
}

TEST_P(CallTest, AClientStreamIsWrittenByACoroutine) {
  const auto work = [](Calc::Client client) -> polycall::Task<int64_t> {
    auto writer = client.Sum();
    for (int i = 1; i <= 100; ++i) {
      const Operands operands = OperandsOf(i);
      if (!co_await writer.WriteAwait(operands)) break;
    }
    const StatusOr<Result> result = co_await writer.FinishAwait();
    co_return result.ok() ? result->value() : -1;
  };
  EXPECT_EQ(polycall::BlockOn(work(client())), 5050);
}

TEST_P(CallTest, AClientStreamIsWrittenWithCallbacks) {
  auto writer = client().Sum();
  std::promise<StatusOr<Result>> ended;
  std::function<void(int)> next = [&](int i) {
    if (i > 100) {
      writer.FinishAsync([&](StatusOr<Result> result) { ended.set_value(std::move(result)); });
      return;
    }
    writer.WriteAsync(OperandsOf(i), [&, i](bool good) { next(good ? i + 1 : 101); });
  };
  next(1);
  std::future<StatusOr<Result>> future = ended.get_future();
  ASSERT_EQ(future.wait_for(kBound), std::future_status::ready);
  const StatusOr<Result> result = future.get();
  ASSERT_OK(result);
  EXPECT_EQ(result->value(), 5050);
}

TEST_P(CallTest, ABidirectionalStreamIsPingPong) {
  auto stream = client().Double();
  Result result;
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(stream.Write(OperandsOf(i)));
    ASSERT_TRUE(stream.Read(&result));
    EXPECT_EQ(result.value(), 2 * i);
  }
  stream.WritesDone();
  EXPECT_FALSE(stream.Read(&result));
  EXPECT_OK(stream.Finish());
}

TEST_P(CallTest, ABidirectionalStreamIsReadAndWrittenByTwoThreads) {
  constexpr int kMessages = 20'000;
  auto stream = client().Double();
  std::thread writing([&] {
    for (int i = 0; i < kMessages; ++i) {
      if (!stream.Write(OperandsOf(i))) break;
    }
    stream.WritesDone();
  });
  int64_t expected = 0;
  for (const Result& result : stream) EXPECT_EQ(result.value(), 2 * expected++);
  writing.join();
  EXPECT_EQ(expected, kMessages);
  EXPECT_OK(stream.Finish());
}

TEST_P(CallTest, ABidirectionalStreamIsUsedByACoroutine) {
  const auto work = [](Calc::Client client) -> polycall::Task<int64_t> {
    auto stream = client.Double();
    int64_t sum = 0;
    for (int i = 0; i < 100; ++i) {
      const Operands operands = OperandsOf(i);
      if (!co_await stream.WriteAwait(operands)) co_return -1;
      const auto result = co_await stream.ReadAwait();
      if (!result) co_return -2;
      sum += result->value();
    }
    stream.WritesDone();
    if (co_await stream.ReadAwait()) co_return -3;
    const Status status = co_await stream.FinishAwait();
    co_return status.ok() ? sum : -4;
  };
  EXPECT_EQ(polycall::BlockOn(work(client())), 9900);
}

TEST_P(CallTest, ALargeMessageArrivesWhole) {
  const std::string note(1 << 20, 'x');
  const StatusOr<Result> result = client().Fail(OperandsOf(5, 0, note.substr(0, 1000)));
  EXPECT_EQ(result.status().message(), note.substr(0, 1000));
  EXPECT_OK(client().Add(OperandsOf(1, 2, note)));
}

INSTANTIATE_TEST_SUITE_P(
    All, CallTest,
    testing::Combine(testing::Values("inproc", "shm", "unix", "tcp"),
                     testing::Values(Style::kBlocking, Style::kCoroutine, Style::kCallback)),
    [](const auto& info) { return std::get<0>(info.param) + StyleName(std::get<1>(info.param)); });

class EchoRequired final : public RequiredEcho::Service {
  Status Echo(polycall::ServerContext&, const Required& request, Required* reply) override {
    if (request.id() != 0) reply->set_id(request.id());
    return polycall::OkStatus();
  }
};

TEST(Required, AMessageThatLacksARequiredFieldIsNotSent) {
  EchoRequired service;
  polycall::Server server;
  ASSERT_OK(server.AddService(&service));
  const StatusOr<std::string> address = server.Listen(TargetOf("unix"));
  ASSERT_OK(address);
  ASSERT_OK(server.Start());
  const RequiredEcho::Client client(polycall::Channel::Create(*address).value());
  EXPECT_EQ(client.Echo(Required()).status().code(), Code::kInternal);
  Required required;
  required.set_id(0);
  EXPECT_EQ(client.Echo(required).status().code(), Code::kInternal) << "the answer lacks it";
  required.set_id(7);
  const StatusOr<Required> echoed = client.Echo(required);
  ASSERT_OK(echoed);
  EXPECT_EQ(echoed->id(), 7);
}

}  // namespace
}  // namespace polycall_cpp_test
