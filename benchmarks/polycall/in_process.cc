#include "polycall/in_process.h"

#include <cstring>
#include <string>

#include "polycall/cpp_echo.h"

using polycall_bench::EchoHandlers;

int bench_in_process_serve(const char* target) {
  // Never destroyed: calls may still be under way when the interpreter ends.
  auto* handlers = new EchoHandlers;
  auto* server = new polycall::Server;
  std::string address;
  const polycall::Status started = polycall_bench::StartServer(target, server, handlers, &address);
  return started.ok() ? 0 : polycall_bench::Fail(target, started);
}

int bench_in_process_measure(const char* target, size_t payload, double seconds,
                             bench_in_process_result* result) {
  bench_options options = {};
  options.bench = "inproc";
  options.target = target;
  options.variant = "";
  options.payload = payload;
  options.seconds = seconds;
  options.max_calls = 100000000;
  options.stream_count = 20000;
  bench_result measured = {};
  int failed;
  try {
    failed = polycall_bench::MeasureInProcess(target, options, &measured);
  } catch (const polycall::StatusError& error) {
    failed = bench_fail(target, error.what());
  }
  *result = {measured.p50_ns, measured.p99_ns, measured.calls, measured.span.wall_ns,
             measured.span.client_cpu_ns};
  return failed;
}
