#include "test_server.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <thread>

namespace polycall::bad_input {
namespace {

constexpr int64_t kCallTimeout = 20'000'000'000;

void Echo(void*, polycall_call* call, const polycall_message* request) {
  polycall_call_finish(call, nullptr, request);
}

void Collect(void*, polycall_call* call, const polycall_message*) {
  polycall_message last = POLYCALL_MESSAGE_INIT, message = POLYCALL_MESSAGE_INIT;
  while (polycall_call_receive(call, &message) == 1) {
    polycall_message_release(&last);
    last = message;
  }
  polycall_call_finish(call, nullptr, &last);
  polycall_message_release(&last);
}

void Chat(void*, polycall_call* call, const polycall_message*) {
  polycall_message message = POLYCALL_MESSAGE_INIT;
  while (polycall_call_receive(call, &message) == 1) {
    polycall_call_send(call, &message, 0, nullptr);
    polycall_message_release(&message);
  }
  polycall_call_finish(call, nullptr, nullptr);
}

void Repeat(void*, polycall_call* call, const polycall_message* request) {
  for (int i = 0; i < 4 && polycall_call_send(call, request, 0, nullptr) == POLYCALL_OK; ++i) {
  }
  polycall_call_finish(call, nullptr, nullptr);
}

void Ignore(void*, polycall_call* call, const polycall_message*) {
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  polycall_message nothing = POLYCALL_MESSAGE_INIT;
  polycall_call_finish(call, nullptr, &nothing);
}

constexpr polycall_method_descriptor Method(const char* name, polycall_kind kind) {
  return {sizeof(polycall_method_descriptor), name, kind, 0, 0, nullptr, nullptr};
}

constexpr polycall_method_descriptor kMethods[] = {Method("Unary", POLYCALL_UNARY),
                                                   Method("Collect", POLYCALL_CLIENT_STREAMING),
                                                   Method("Flood", POLYCALL_SERVER_STREAMING),
                                                   Method("Chat", POLYCALL_BIDI_STREAMING),
                                                   Method("Ignore", POLYCALL_CLIENT_STREAMING),
                                                   Method("Repeat", POLYCALL_SERVER_STREAMING)};
constexpr size_t kMethodCount = std::size(kMethods);

}  // namespace

TemporaryFolder::TemporaryFolder() {
  char path[] = "/tmp/polycall-bad-XXXXXX";
  EXPECT_NE(mkdtemp(path), nullptr);
  path_ = path;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void TestServer::Flood(void* arg, polycall_call* call, const polycall_message* request) {
  while (polycall_call_send(call, request, 0, nullptr) == POLYCALL_OK) {
  }
  polycall_call_finish(call, nullptr, nullptr);
  ++static_cast<TestServer*>(arg)->floods_ended_;
}

TestServer::TestServer(const polycall_server_options& options) {
  polycall_log_set(POLYCALL_LOG_NONE, nullptr, nullptr);  // what is tested here is worth a warning
  polycall_status status = POLYCALL_STATUS_INIT;
  server_ = polycall_server_new(&options, &status);
  polycall_handler handlers[kMethodCount];
  const polycall_handler_fn functions[kMethodCount] = {Echo, Collect, Flood, Chat, Ignore, Repeat};
  for (size_t i = 0; i < kMethodCount; ++i) {
    handlers[i] = POLYCALL_HANDLER_INIT;
    handlers[i].fn = functions[i];
    handlers[i].arg = this;
  }
  const polycall_service_descriptor service = {
      sizeof(service), "bad.Echo", kMethods, kMethodCount, sizeof(kMethods[0]), nullptr, 0, 0};
  EXPECT_EQ(polycall_server_add_service(server_, &service, handlers, sizeof(handlers[0]), nullptr,
                                        nullptr, &status),
            POLYCALL_OK)
      << status.message;
  char address[128];
  const std::string wanted = "unix:" + folder_.path() + "/s";
  EXPECT_EQ(polycall_server_listen(server_, wanted.c_str(), address, sizeof(address), &status),
            POLYCALL_OK)
      << status.message;
  unix_target_ = address;
  EXPECT_EQ(polycall_server_listen(server_, "tcp://127.0.0.1:0", address, sizeof(address), &status),
            POLYCALL_OK)
      << status.message;
  tcp_target_ = address;
  EXPECT_EQ(polycall_server_start(server_, &status), POLYCALL_OK) << status.message;
}

TestServer::~TestServer() { polycall_server_free(server_); }

const std::string& TestServer::Target(std::string_view transport) const {
  return transport == "unix" ? unix_target_ : tcp_target_;
}

polycall_server_stats TestServer::Stats() const {
  polycall_server_stats stats = POLYCALL_SERVER_STATS_INIT;
  polycall_server_get_stats(server_, &stats);
  return stats;
}

Outcome CallOnce(const std::string& target, std::string_view request) {
  polycall_status status = POLYCALL_STATUS_INIT;
  polycall_channel* channel = polycall_channel_new(target.c_str(), nullptr, &status);
  if (channel == nullptr) {
    const Outcome outcome = {status.code, status.message == nullptr ? "" : status.message, ""};
    polycall_status_clear(&status);
    return outcome;
  }
  polycall_call_options options = POLYCALL_CALL_OPTIONS_INIT;
  options.timeout_ns = kCallTimeout;
  polycall_unary unary = POLYCALL_UNARY_INIT;
  unary.method = polycall_channel_method(channel, "bad.Echo", &kMethods[0]);
  unary.options = &options;
  unary.request.data = request.data();
  unary.request.size = request.size();
  polycall_unary_call(channel, &unary);
  Outcome outcome = {
      unary.status.code, unary.status.message == nullptr ? "" : unary.status.message,
      std::string(static_cast<const char*>(unary.response.data), unary.response.size)};
  polycall_status_clear(&unary.status);
  polycall_message_release(&unary.response);
  polycall_channel_free(channel);
  return outcome;
}

bool Answers(const std::string& target) {
  const Outcome outcome = CallOnce(target, "still there?");
  EXPECT_EQ(outcome.code, POLYCALL_OK) << outcome.message;
  return outcome.code == POLYCALL_OK && outcome.response == "still there?";
}

}  // namespace polycall::bad_input
