#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string_view>
#include <vector>

#include "common/bench_socket.h"
#include "common/echo_work.h"
#include "peers/byhand/byhand.h"
#include "peers/byhand/frame_io.h"

namespace byhand {
namespace {

class Client {
 public:
  Client(int fd, const bench_options& options) : fd_(fd), reader_(fd), writer_(fd) {
    polycall_bench::FillRequest(options.payload, options.stream_count, &request_);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() { close(fd_); }

  // One echo. Nonzero: failed.
  static int Echo(void* client) {
    Client& self = *static_cast<Client*>(client);
    self.writer_.Append(self.request_);
    if (!self.writer_.Flush()) return bench_fail("byhand", "the server is gone");
    return self.Receive();
  }

  int InFlight(const bench_options& options, bench_result* result);
  int Streams(const bench_options& options, bench_result* result);

 private:
  int Receive() {
    Frame frame;
    while (!reader_.Next(&frame)) {
      if (!reader_.Fill()) return bench_fail("byhand", "the server is gone");
    }
    return Check(frame);
  }

  int Check(const Frame& frame) {
    if (response_.ParseFromArray(frame.data, static_cast<int>(frame.size)) &&
        polycall_bench::Answers(request_, response_)) {
      return 0;
    }
    return bench_fail("byhand", "the answer does not fit the request");
  }

  int OneStream(uint32_t count);

  int fd_;
  FrameReader reader_;
  FrameWriter writer_;
  echo::v1::EchoMessage request_;
  echo::v1::EchoMessage response_;
};

// Every answer sends the next request; all requests that one read's answers caused leave in one write.
int Client::InFlight(const bench_options& options, bench_result* result) {
  const uint64_t measured_from =
      bench_now() + static_cast<uint64_t>(options.seconds * BENCH_WARM_UP_SHARE * 1e9);
  uint64_t end = UINT64_MAX;
  bench_span begin = {};
  if (request_.ByteSizeLong() * options.depth > 128 * 1024) {
    return bench_fail("inflight", "payload x depth must fit into socket buffers (128 KiB)");
  }
  for (uint32_t i = 0; i < options.depth; ++i) writer_.Append(request_);
  for (;;) {
    if (!writer_.Flush() || !reader_.Fill()) return bench_fail("byhand", "the server is gone");
    uint64_t answered = 0;
    for (Frame frame; reader_.Next(&frame); ++answered) {
      if (Check(frame) != 0) return 1;
      writer_.Append(request_);
    }
    const uint64_t now = bench_now();
    if (begin.wall_ns != 0) {
      result->calls += answered;
    } else if (now >= measured_from) {
      begin = bench_span_begin(options.server_pid);
      end = begin.wall_ns + static_cast<uint64_t>(options.seconds * 1e9);
    }
    if (now >= end || result->calls >= options.max_calls) break;
  }
  result->span = bench_span_end(&begin, options.server_pid);
  return 0;
}

int Client::OneStream(uint32_t count) {
  writer_.Append(request_, kStreamRequest);
  if (!writer_.Flush()) return bench_fail("byhand", "the server is gone");
  for (uint32_t i = 0; i < count; ++i) {
    if (Receive() != 0) return 1;
  }
  return 0;
}

int Client::Streams(const bench_options& options, bench_result* result) {
  if (OneStream(options.stream_count) != 0) return 1;
  const bench_span begin = bench_span_begin(options.server_pid);
  const uint64_t end = begin.wall_ns + static_cast<uint64_t>(options.seconds * 1e9);
  while (bench_now() < end && result->calls < options.max_calls) {
    if (OneStream(options.stream_count) != 0) return 1;
    result->calls += options.stream_count;
  }
  result->span = bench_span_end(&begin, options.server_pid);
  return 0;
}

int HoldIdleConnections(const bench_options& options) {
  std::vector<std::unique_ptr<Client>> clients;
  for (uint32_t i = 0; i < options.connections; ++i) {
    const int fd = bench_connect(options.target);
    if (fd < 0) return 1;
    clients.push_back(std::make_unique<Client>(fd, options));
    if (Client::Echo(clients.back().get()) != 0) return 1;
  }
  bench_server_ready("idle");
  bench_server_wait();
  return 0;
}

}  // namespace

int Measure(const bench_options* options, bench_result* result) {
  const std::string_view bench = options->bench;
  if (bench == "idle") return HoldIdleConnections(*options);
  const int fd = bench_connect(options->target);
  if (fd < 0) return 1;
  Client client(fd, *options);
  // A stream of hand-written frames is the connection itself: a message on it is an echo.
  if (bench == "latency" || bench == "chat") {
    return bench_measure_latency(options, Client::Echo, &client, result);
  }
  if (bench == "inflight") return client.InFlight(*options, result);
  if (bench == "stream") return client.Streams(*options, result);
  if (bench == "first") return Client::Echo(&client);
  return bench_fail(options->bench, "byhand has no such bench");
}

}  // namespace byhand
