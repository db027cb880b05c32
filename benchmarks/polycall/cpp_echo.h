// PolyCall C++ on the same work: generated stubs, protobuf messages. Server: a blocking handler class.
// Client: the blocking stub at depth 1; with many calls in flight, callbacks where each completion
// starts the next call on the runtime's thread.
#ifndef POLYCALL_BENCHMARKS_POLYCALL_CPP_ECHO_H_
#define POLYCALL_BENCHMARKS_POLYCALL_CPP_ECHO_H_

#include "common/bench_program.h"
#include "echo.polycall.h"

namespace polycall_bench {

class EchoHandlers final : public echo::v1::EchoService::Service {
 public:
  polycall::Status Echo(polycall::ServerContext& context, const echo::v1::EchoMessage& request,
                        echo::v1::EchoMessage* response) override;
  polycall::Status Stream(polycall::ServerContext& context, const echo::v1::EchoMessage& request,
                          polycall::ServerWriter<echo::v1::EchoMessage>& writer) override;
  polycall::Status Chat(
      polycall::ServerContext& context,
      polycall::ServerStream<echo::v1::EchoMessage, echo::v1::EchoMessage>& stream) override;
};

// A server of EchoHandlers that listens on `target`; `address` receives what callers use.
polycall::Status StartServer(const std::string& target, polycall::Server* server,
                             EchoHandlers* handlers, std::string* address);

int Serve(const bench_options* options);
int Measure(const bench_options* options, bench_result* result);

// Depth-1 echoes of a server in this process, for `target` inproc:... Nonzero: failed.
int MeasureInProcess(const std::string& target, const bench_options& options, bench_result* result);

int Fail(const char* what, const polycall::Status& status);

}  // namespace polycall_bench

#endif  // POLYCALL_BENCHMARKS_POLYCALL_CPP_ECHO_H_
