#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "common/echo_work.h"
#include "peers/grpc/grpc_peer.h"

namespace grpc_peer {
namespace {

using echo::v1::EchoMessage;
using echo::v1::EchoService;

// One after the other: each completion starts the next call, on gRPC's thread.
class Chain {
 public:
  // `completed(now)` says whether to go on.
  Chain(EchoService::Stub* stub, const EchoMessage* request, std::function<bool()> completed)
      : stub_(stub), request_(request), completed_(std::move(completed)) {}

  void Start() {
    context_ = std::make_unique<grpc::ClientContext>();
    stub_->async()->Echo(context_.get(), request_, &response_, [this](grpc::Status status) {
      if (!status.ok() || !polycall_bench::Answers(*request_, response_)) {
        Fail("Echo", status);
        failed_ = true;
      }
      if (!failed_ && completed_()) {
        Start();
        return;
      }
      const std::lock_guard<std::mutex> lock(mutex_);
      done_ = true;
      condition_.notify_one();
    });
  }

  // Nonzero: a call failed.
  int Wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    condition_.wait(lock, [this] { return done_; });
    return failed_ ? 1 : 0;
  }

 private:
  EchoService::Stub* stub_;
  const EchoMessage* request_;
  std::function<bool()> completed_;
  std::unique_ptr<grpc::ClientContext> context_;
  EchoMessage response_;
  bool failed_ = false;
  std::mutex mutex_;
  std::condition_variable condition_;
  bool done_ = false;  // guarded by mutex_
};

EchoMessage RequestFor(const bench_options& options) {
  EchoMessage request;
  polycall_bench::FillRequest(options.payload, options.stream_count, &request);
  return request;
}

uint64_t Nanoseconds(double seconds) { return static_cast<uint64_t>(seconds * 1e9); }

int OneStream(EchoService::Stub* stub, const EchoMessage& request) {
  // Counts; its life ends with OnDone.
  class Reader : public grpc::ClientReadReactor<EchoMessage> {
   public:
    Reader(EchoService::Stub* stub, const EchoMessage* request) {
      stub->async()->Stream(&context_, request, this);
      StartRead(&response_);
      StartCall();
    }
    void OnReadDone(bool ok) override {
      if (!ok) return;
      ++received_;
      StartRead(&response_);
    }
    void OnDone(const grpc::Status& status) override {
      const std::lock_guard<std::mutex> lock(mutex_);
      status_ = status;
      done_ = true;
      condition_.notify_one();
    }
    int Wait(int64_t expected) {
      std::unique_lock<std::mutex> lock(mutex_);
      condition_.wait(lock, [this] { return done_; });
      if (!status_.ok()) return Fail("Stream", status_);
      return received_ == expected ? 0 : bench_fail("Stream", "messages are missing");
    }

   private:
    grpc::ClientContext context_;
    EchoMessage response_;
    int64_t received_ = 0;
    std::mutex mutex_;
    std::condition_variable condition_;
    bool done_ = false;
    grpc::Status status_;
  };
  Reader reader(stub, &request);
  return reader.Wait(request.count());
}

}  // namespace

int MeasureCallbackLatency(EchoService::Stub* stub, const bench_options& options,
                           bench_result* result) {
  const EchoMessage request = RequestFor(options);
  bench_samples samples = bench_samples_new(1000000);
  const uint64_t measured_from = bench_now() + Nanoseconds(options.seconds * BENCH_WARM_UP_SHARE);
  uint64_t end = UINT64_MAX;
  bench_span begin = {};
  uint64_t before = 0;
  Chain chain(stub, &request, [&] {
    const uint64_t now = bench_now();
    if (begin.wall_ns != 0) {
      bench_samples_add(&samples, now - before);
      ++result->calls;
    } else if (now >= measured_from) {
      begin = bench_span_begin(options.server_pid);
      end = begin.wall_ns + Nanoseconds(options.seconds);
    }
    before = bench_now();
    return before < end && result->calls < options.max_calls;
  });
  chain.Start();
  const int failed = chain.Wait();
  result->span = bench_span_end(&begin, options.server_pid);
  bench_samples_sort(&samples);
  result->p50_ns = static_cast<double>(bench_samples_quantile(&samples, 0.5));
  result->p99_ns = static_cast<double>(bench_samples_quantile(&samples, 0.99));
  bench_samples_free(&samples);
  return failed;
}

int MeasureInFlight(EchoService::Stub* stub, const bench_options& options, bench_result* result) {
  const EchoMessage request = RequestFor(options);
  std::atomic<uint64_t> calls{0};
  std::atomic<bool> stop{false};
  std::vector<std::unique_ptr<Chain>> chains;
  for (uint32_t i = 0; i < options.depth; ++i) {
    chains.push_back(std::make_unique<Chain>(stub, &request, [&] {
      calls.fetch_add(1, std::memory_order_relaxed);
      return !stop.load(std::memory_order_relaxed);
    }));
    chains.back()->Start();
  }
  std::this_thread::sleep_for(
      std::chrono::nanoseconds(Nanoseconds(options.seconds * BENCH_WARM_UP_SHARE)));
  const uint64_t before = calls;
  const bench_span begin = bench_span_begin(options.server_pid);
  std::this_thread::sleep_for(std::chrono::nanoseconds(Nanoseconds(options.seconds)));
  result->calls = calls - before;
  result->span = bench_span_end(&begin, options.server_pid);
  stop = true;
  int failed = 0;
  for (const std::unique_ptr<Chain>& chain : chains) failed |= chain->Wait();
  return failed;
}

int MeasureStreams(EchoService::Stub* stub, const bench_options& options, bench_result* result) {
  const EchoMessage request = RequestFor(options);
  if (OneStream(stub, request) != 0) return 1;
  const bench_span begin = bench_span_begin(options.server_pid);
  const uint64_t end = begin.wall_ns + Nanoseconds(options.seconds);
  while (bench_now() < end && result->calls < options.max_calls) {
    if (OneStream(stub, request) != 0) return 1;
    result->calls += options.stream_count;
  }
  result->span = bench_span_end(&begin, options.server_pid);
  return 0;
}

}  // namespace grpc_peer
