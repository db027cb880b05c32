#include "counting_server.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <thread>

namespace polycall::rewiring {

const polycall_method_descriptor* CountMethod() {
  static const polycall_method_descriptor method = {
      sizeof(method), kMethodName, POLYCALL_UNARY, 0, 0, nullptr, nullptr};
  return &method;
}

CountingServer::CountingServer(Ledger* ledger, Options options)
    : ledger_(ledger), options_(std::move(options)) {
  polycall_server_options abi = POLYCALL_SERVER_OPTIONS_INIT;
  std::vector<const char*> transports = options_.transports;
  transports.push_back(nullptr);
  if (transports.size() > 1) abi.transports = transports.data();
  abi.name = options_.name.c_str();
  polycall_status status = POLYCALL_STATUS_INIT;
  server_ = polycall_server_new(&abi, &status);
  EXPECT_NE(server_, nullptr) << status.message;
  polycall_handler handler = POLYCALL_HANDLER_INIT;
  handler.fn = &CountingServer::Handle;
  handler.arg = this;
  const polycall_service_descriptor service = {sizeof(service),
                                               kServiceName,
                                               CountMethod(),
                                               1,
                                               sizeof(polycall_method_descriptor),
                                               nullptr,
                                               0,
                                               0};
  EXPECT_EQ(polycall_server_add_service(server_, &service, &handler, sizeof(handler), nullptr,
                                        nullptr, &status),
            POLYCALL_OK)
      << status.message;
  EXPECT_EQ(polycall_server_start(server_, &status), POLYCALL_OK) << status.message;
  polycall_status_clear(&status);
}

CountingServer::~CountingServer() { polycall_server_free(server_); }

std::string CountingServer::Listen(const std::string& target) {
  char address[256] = "";
  polycall_status status = POLYCALL_STATUS_INIT;
  EXPECT_EQ(polycall_server_listen(server_, target.c_str(), address, sizeof(address), &status),
            POLYCALL_OK)
      << status.message;
  polycall_status_clear(&status);
  return address;
}

uint64_t CountingServer::connections() {
  polycall_server_stats stats = POLYCALL_SERVER_STATS_INIT;
  polycall_server_get_stats(server_, &stats);
  return stats.connections_open;
}

void CountingServer::Handle(void* arg, polycall_call* call, const polycall_message* request) {
  auto* self = static_cast<CountingServer*>(arg);
  uint64_t number = 0;
  if (request->size == sizeof(number)) memcpy(&number, request->data, sizeof(number));
  self->ledger_->Enter(number);
  self->calls_.fetch_add(1);
  if (self->options_.handler) {
    self->options_.handler(call);
    return;
  }
  polycall_message answer = POLYCALL_MESSAGE_INIT;
  answer.data = self->options_.name.data();
  answer.size = self->options_.name.size();
  polycall_call_finish(call, nullptr, &answer);
}

Folder::Folder() {
  char name[] = "/tmp/polycall-rewiring-XXXXXX";
  EXPECT_NE(mkdtemp(name), nullptr);
  path_ = name;
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

bool Eventually(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(90);
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace polycall::rewiring
