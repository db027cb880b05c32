#include "echo.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace polycall::shm_test {
namespace {

constexpr polycall_method_descriptor kEcho = {
    sizeof(polycall_method_descriptor), "Echo", POLYCALL_UNARY, 0, 0, nullptr, nullptr};

void Echo(void*, polycall_call* call, const polycall_message* request) {
  polycall_call_finish(call, nullptr, request);
}

// What must go well for a test to mean anything.
void Must(bool good, const char* what) {
  if (good) return;
  fprintf(stderr, "tests/shm: %s\n", what);
  abort();
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  char path[] = "/tmp/polycall-shm-XXXXXX";
  Must(mkdtemp(path) != nullptr, "no temporary folder");
  path_ = path;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

EchoServer::EchoServer(const std::string& path) {
  polycall_log_set(POLYCALL_LOG_NONE, nullptr, nullptr);
  server_ = polycall_server_new(nullptr, nullptr);
  polycall_handler handler = POLYCALL_HANDLER_INIT;
  handler.fn = Echo;
  const polycall_service_descriptor service = {sizeof(service), "shm.Echo", &kEcho, 1,
                                               sizeof(kEcho),   nullptr,    0,      0};
  Must(polycall_server_add_service(server_, &service, &handler, sizeof(handler), nullptr, nullptr,
                                   nullptr) == POLYCALL_OK,
       "no service");
  Must(
      polycall_server_listen(server_, ("unix:" + path).c_str(), nullptr, 0, nullptr) == POLYCALL_OK,
      "cannot listen");
  Must(polycall_server_start(server_, nullptr) == POLYCALL_OK, "cannot start");
}

uint64_t EchoServer::connections() const {
  polycall_server_stats stats = POLYCALL_SERVER_STATS_INIT;
  polycall_server_get_stats(server_, &stats);
  return stats.connections_open;
}

EchoClient::EchoClient(const std::string& path, uint32_t max_attempts) {
  polycall_log_set(POLYCALL_LOG_NONE, nullptr, nullptr);
  static const char* const kShm[] = {"shm", nullptr};
  polycall_channel_options options = POLYCALL_CHANNEL_OPTIONS_INIT;
  options.transports = kShm;
  options.max_attempts = max_attempts;
  options.connect_timeout_ns = kPatienceNs;
  options.max_backoff_ns = 20'000'000;
  channel_ = polycall_channel_new(("unix:" + path).c_str(), &options, nullptr);
  Must(channel_ != nullptr, "no channel");
  method_ = polycall_channel_method(channel_, "shm.Echo", &kEcho);
}

polycall_code EchoClient::Call(std::string_view request, int64_t timeout_ns) {
  polycall_call_options options = POLYCALL_CALL_OPTIONS_INIT;
  options.timeout_ns = timeout_ns;
  polycall_unary unary = POLYCALL_UNARY_INIT;
  unary.method = method_;
  unary.options = timeout_ns > 0 ? &options : nullptr;
  unary.request.data = request.data();
  unary.request.size = request.size();
  polycall_code code = polycall_unary_call(channel_, &unary);
  if (code == POLYCALL_OK && std::string_view(static_cast<const char*>(unary.response.data),
                                              unary.response.size) != request) {
    code = POLYCALL_INTERNAL;
  }
  polycall_status_clear(&unary.status);
  polycall_message_release(&unary.response);
  return code;
}

}  // namespace polycall::shm_test
