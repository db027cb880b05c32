#include <chrono>
#include <cstdio>
#include <string>

#include "common/echo_work.h"
#include "polycall/bench_options.h"
#include "polycall/cpp_echo.h"

namespace polycall_bench {

using echo::v1::EchoMessage;

polycall::Status EchoHandlers::Echo(polycall::ServerContext&, const EchoMessage& request,
                                    EchoMessage* response) {
  Answer(request, response);
  return polycall::OkStatus();
}

polycall::Status EchoHandlers::Stream(polycall::ServerContext&, const EchoMessage& request,
                                      polycall::ServerWriter<EchoMessage>& writer) {
  EchoMessage response;
  for (int64_t left = request.count(); left > 0; --left) {
    Answer(request, &response);
    const polycall::Send send = left > 1 ? polycall::Send::kBuffered : polycall::Send::kNow;
    if (!writer.Write(response, send)) return polycall::CancelledError("the caller is gone");
  }
  return polycall::OkStatus();
}

polycall::Status EchoHandlers::Chat(polycall::ServerContext&,
                                    polycall::ServerStream<EchoMessage, EchoMessage>& stream) {
  EchoMessage request;
  EchoMessage response;
  while (stream.Read(&request)) {
    Answer(request, &response);
    if (!stream.Write(response)) break;
  }
  return polycall::OkStatus();
}

int Fail(const char* what, const polycall::Status& status) {
  std::fprintf(stderr, "%s: %s\n", what, status.ToString().c_str());
  return 1;
}

polycall::Status StartServer(const std::string& target, polycall::Server* server,
                             EchoHandlers* handlers, std::string* address) {
  if (polycall::Status added = server->AddService(handlers); !added.ok()) return added;
  polycall::StatusOr<std::string> listening = server->Listen(target);
  if (!listening.ok()) return listening.status();
  *address = *listening;
  return server->Start();
}

int Serve(const bench_options* options) {
  EchoHandlers handlers;
  polycall::ServerOptions server_options;
  for (auto* name = bench_transports(); name != nullptr && *name != nullptr; ++name) {
    server_options.transports.emplace_back(*name);
  }
  if (const char* folder = bench_tls_folder()) {
    server_options.tls =
        polycall::TlsOptions{.certificate_file = std::string(folder) + "/server.pem",
                             .key_file = std::string(folder) + "/server.key"};
  }
  polycall::Server server(server_options);
  std::string address;
  const polycall::Status started = StartServer(options->target, &server, &handlers, &address);
  if (!started.ok()) return Fail(options->target, started);
  bench_server_ready(address.c_str());
  bench_server_wait();
  server.Shutdown(std::chrono::milliseconds(100));
  return 0;
}

}  // namespace polycall_bench
