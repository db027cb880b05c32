#include "calc_services.h"

#include <chrono>
#include <stdexcept>
#include <thread>
#include <utility>

#include "expect.h"

namespace polycall_cpp_test {
namespace {

using polycall::ServerContext;
using polycall::Status;
using polycall::StatusOr;

Result ResultOf(int64_t value) {
  Result result;
  result.set_value(value);
  return result;
}

Result SumOf(const Operands& operands) {
  Result result = ResultOf(operands.left() + operands.right());
  result.set_note(operands.note());
  return result;
}

Status Failure(const Operands& request) {
  if (request.left() == 0) throw std::runtime_error(request.note());
  return Status(static_cast<polycall::Code>(request.left()), request.note(), "details");
}

Result Answer(ServerContext& context) {
  polycall::Metadata answer;
  polycall::Metadata late;
  const std::string question(context.metadata().Find("question").value_or("nothing"));
  EXPECT_OK(answer.Add("answer", question));
  EXPECT_OK(late.Add("late-bin", std::string("\0\1", 2)));
  EXPECT_OK(context.SendInitialMetadata(answer));
  EXPECT_OK(context.SetTrailingMetadata(late));
  Result result;
  result.set_note(question + " " + std::string(context.service()) + "/" +
                  std::string(context.method()));
  result.set_value(context.TimeLeft() == std::chrono::nanoseconds::max() ? 0 : 1);
  return result;
}

class BlockingCalc final : public Calc::Service {
 public:
  explicit BlockingCalc(std::atomic<int>* cancelled) : cancelled_(cancelled) {}

  Status Add(ServerContext&, const Operands& request, Result* reply) override {
    *reply = SumOf(request);
    return polycall::OkStatus();
  }
  Status Count(ServerContext&, const Operands& request,
               polycall::ServerWriter<Result>& writer) override {
    for (int64_t i = 0; i < request.left(); ++i) {
      if (!writer.Write(ResultOf(i))) return polycall::CancelledError();
    }
    return polycall::OkStatus();
  }
  Status Sum(ServerContext&, polycall::ServerReader<Operands>& reader, Result* reply) override {
    int64_t sum = 0;
    for (const Operands& operands : reader) sum += operands.left();
    reply->set_value(sum);
    return polycall::OkStatus();
  }
  Status Double(ServerContext&, polycall::ServerStream<Operands, Result>& stream) override {
    Operands operands;
    while (stream.Read(&operands)) {
      if (!stream.Write(ResultOf(2 * operands.left()))) return polycall::CancelledError();
    }
    return polycall::OkStatus();
  }
  Status Fail(ServerContext&, const Operands& request, Result*) override {
    return Failure(request);
  }
  Status Hang(ServerContext& context, const Operands&, Result*) override {
    while (!context.IsCancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    ++*cancelled_;
    return polycall::CancelledError();
  }
  Status Ask(ServerContext& context, const Operands&, Result* reply) override {
    *reply = Answer(context);
    return polycall::OkStatus();
  }

 private:
  std::atomic<int>* const cancelled_;
};

class CoroutineCalc final : public Calc::CoroutineService {
 public:
  explicit CoroutineCalc(std::atomic<int>* cancelled) : cancelled_(cancelled) {}

  polycall::Task<StatusOr<Result>> Add(ServerContext&, const Operands& request) override {
    co_return SumOf(request);
  }
  polycall::Task<Status> Count(ServerContext&, const Operands& request,
                               polycall::ServerWriter<Result>& writer) override {
    for (int64_t i = 0; i < request.left(); ++i) {
      const Result result = ResultOf(i);
      if (!co_await writer.WriteAwait(result)) co_return polycall::CancelledError();
    }
    co_return polycall::OkStatus();
  }
  polycall::Task<StatusOr<Result>> Sum(ServerContext&,
                                       polycall::ServerReader<Operands>& reader) override {
    int64_t sum = 0;
    while (const auto operands = co_await reader.ReadAwait()) sum += operands->left();
    co_return ResultOf(sum);
  }
  polycall::Task<Status> Double(ServerContext&,
                                polycall::ServerStream<Operands, Result>& stream) override {
    while (const auto operands = co_await stream.ReadAwait()) {
      const Result result = ResultOf(2 * operands->left());
      if (!co_await stream.WriteAwait(result)) co_return polycall::CancelledError();
    }
    co_return polycall::OkStatus();
  }
  polycall::Task<StatusOr<Result>> Fail(ServerContext&, const Operands& request) override {
    co_return Failure(request);
  }
  polycall::Task<StatusOr<Result>> Hang(ServerContext& context, const Operands&) override {
    while (!context.IsCancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    ++*cancelled_;
    co_return polycall::CancelledError();
  }
  polycall::Task<StatusOr<Result>> Ask(ServerContext& context, const Operands&) override {
    co_return Answer(context);
  }

 private:
  std::atomic<int>* const cancelled_;
};

class CallbackCalc final : public Calc::CallbackService {
 public:
  explicit CallbackCalc(std::atomic<int>* cancelled) : cancelled_(cancelled) {}

  void Add(ServerContext&, const Operands& request, polycall::Responder<Result> done) override {
    // From another thread, after the handler has returned.
    std::thread([&request, done = std::move(done)]() mutable {
      done.Finish(SumOf(request));
    }).detach();
  }
  void Count(ServerContext&, const Operands& request, polycall::ServerWriter<Result>& writer,
             polycall::Responder<void> done) override {
    CountFrom(0, request.left(), &writer, std::move(done));
  }
  void Sum(ServerContext&, polycall::ServerReader<Operands>& reader,
           polycall::Responder<Result> done) override {
    SumFrom(0, &reader, std::move(done));
  }
  void Double(ServerContext&, polycall::ServerStream<Operands, Result>& stream,
              polycall::Responder<void> done) override {
    DoubleNext(&stream, std::move(done));
  }
  void Fail(ServerContext&, const Operands& request, polycall::Responder<Result> done) override {
    done.Finish(Failure(request));
  }
  void Hang(ServerContext& context, const Operands&, polycall::Responder<Result> done) override {
    auto shared = std::make_shared<polycall::Responder<Result>>(std::move(done));
    context.OnCancel([this, shared] {
      ++*cancelled_;
      shared->Finish(polycall::CancelledError());
    });
  }
  void Ask(ServerContext& context, const Operands&, polycall::Responder<Result> done) override {
    done.Finish(Answer(context));
  }

 private:
  static void CountFrom(int64_t i, int64_t end, polycall::ServerWriter<Result>* writer,
                        polycall::Responder<void> done) {
    if (i == end) return done.Finish(polycall::OkStatus());
    writer->WriteAsync(ResultOf(i), [i, end, writer, done = std::move(done)](bool good) mutable {
      if (!good) return done.Finish(polycall::CancelledError());
      CountFrom(i + 1, end, writer, std::move(done));
    });
  }
  static void SumFrom(int64_t sum, polycall::ServerReader<Operands>* reader,
                      polycall::Responder<Result> done) {
    reader->ReadAsync(
        [sum, reader, done = std::move(done)](std::optional<Operands> operands) mutable {
          if (!operands) return done.Finish(ResultOf(sum));
          SumFrom(sum + operands->left(), reader, std::move(done));
        });
  }
  static void DoubleNext(polycall::ServerStream<Operands, Result>* stream,
                         polycall::Responder<void> done) {
    stream->ReadAsync([stream, done = std::move(done)](std::optional<Operands> operands) mutable {
      if (!operands) return done.Finish(polycall::OkStatus());
      stream->WriteAsync(ResultOf(2 * operands->left()),
                         [stream, done = std::move(done)](bool good) mutable {
                           if (!good) return done.Finish(polycall::CancelledError());
                           DoubleNext(stream, std::move(done));
                         });
    });
  }

  std::atomic<int>* const cancelled_;
};

}  // namespace

const char* StyleName(Style style) {
  switch (style) {
    case Style::kBlocking:
      return "Blocking";
    case Style::kCoroutine:
      return "Coroutine";
    case Style::kCallback:
      return "Callback";
  }
  return "";
}

std::shared_ptr<polycall::Service> MakeCalc(Style style, std::atomic<int>* cancelled) {
  switch (style) {
    case Style::kBlocking:
      return std::make_shared<BlockingCalc>(cancelled);
    case Style::kCoroutine:
      return std::make_shared<CoroutineCalc>(cancelled);
    case Style::kCallback:
      return std::make_shared<CallbackCalc>(cancelled);
  }
  return nullptr;
}

}  // namespace polycall_cpp_test
