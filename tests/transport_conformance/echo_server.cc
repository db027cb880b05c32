#include "echo_server.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "event.h"
#include "transports.h"

namespace polycall::conformance {
namespace {

constexpr polycall_method_descriptor Method(const char* name, polycall_kind kind) {
  return {sizeof(polycall_method_descriptor), name, kind, 0, 0, nullptr, nullptr};
}

void Echo(polycall_call* call, const polycall_message* request) {
  polycall_call_finish(call, nullptr, request);
}

void Count(polycall_call* call, const polycall_message*) {
  size_t messages = 0, bytes = 0;
  polycall_message message = POLYCALL_MESSAGE_INIT;
  while (polycall_call_receive(call, &message) == 1) {
    ++messages;
    bytes += message.size;
    polycall_message_release(&message);
  }
  Finish(call, std::to_string(messages) + ":" + std::to_string(bytes));
}

void Produce(polycall_call* call, const polycall_message* request) {
  const int count = std::stoi(Text(*request));
  for (int i = 0; i < count; ++i) {
    const std::string text = std::to_string(i);
    const polycall_message message = View(text);
    if (polycall_call_send(call, &message, 0, nullptr) != POLYCALL_OK) break;
  }
  FinishStream(call);
}

void EchoAll(polycall_call* call, const polycall_message*) {
  polycall_message message = POLYCALL_MESSAGE_INIT;
  while (polycall_call_receive(call, &message) == 1) {
    polycall_call_send(call, &message, 0, nullptr);
    polycall_message_release(&message);
  }
  FinishStream(call);
}

}  // namespace

const polycall_method_descriptor kMethods[4] = {
    Method("Unary", POLYCALL_UNARY), Method("ClientStreaming", POLYCALL_CLIENT_STREAMING),
    Method("ServerStreaming", POLYCALL_SERVER_STREAMING), Method("Bidi", POLYCALL_BIDI_STREAMING)};

EchoServer::EchoServer(const std::string& target, Options wanted) {
  Handlers& handlers = wanted.handlers;
  const auto either = [](Handler& given, Handler usual) {
    return given ? std::move(given) : std::move(usual);
  };
  handlers_ = {either(handlers.unary, Echo), either(handlers.client_streaming, Count),
               either(handlers.server_streaming, Produce), either(handlers.bidi, EchoAll)};

  polycall_server_options options = POLYCALL_SERVER_OPTIONS_INIT;
  options.limits.call_window = wanted.call_window;
  options.tls = wanted.tls != nullptr ? wanted.tls : ServerTlsFor(target);
  options.interceptors = wanted.interceptor;
  options.interceptor_count = wanted.interceptor != nullptr ? 1 : 0;
  polycall_status status = POLYCALL_STATUS_INIT;
  server_ = polycall_server_new(&options, &status);
  polycall_handler table[4];
  for (size_t i = 0; i < 4; ++i) {
    table[i] = POLYCALL_HANDLER_INIT;
    table[i].fn = [](void* arg, polycall_call* call, const polycall_message* request) {
      (*static_cast<Handler*>(arg))(call, request);
    };
    table[i].arg = &handlers_[i];
    table[i].asynchronous = wanted.asynchronous ? 1 : 0;
  }
  const polycall_service_descriptor service = {sizeof(service),     kServiceName, kMethods, 4,
                                               sizeof(kMethods[0]), nullptr,      0,        0};
  EXPECT_EQ(polycall_server_add_service(server_, &service, table, sizeof(table[0]), nullptr,
                                        nullptr, &status),
            POLYCALL_OK)
      << status.message;
  if (!wanted.allowed.empty()) {
    EXPECT_EQ(polycall_server_allow(server_, kServiceName, wanted.allowed.data(),
                                    wanted.allowed.size(), &status),
              POLYCALL_OK)
        << status.message;
  }
  char address[256];
  const int64_t deadline = base::DeadlineAfter(wanted.waits_for_address ? kPatienceNs : 0);
  while (polycall_server_listen(server_, target.c_str(), address, sizeof(address), &status) !=
             POLYCALL_OK &&
         base::NowNs() < deadline) {
    polycall_status_clear(&status);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(status.code, POLYCALL_OK) << status.message;
  target_ = address;
  EXPECT_EQ(polycall_server_start(server_, &status), POLYCALL_OK) << status.message;
  polycall_status_clear(&status);
}

EchoServer::~EchoServer() { polycall_server_free(server_); }

polycall_message View(std::string_view bytes) {
  polycall_message message = POLYCALL_MESSAGE_INIT;
  message.data = bytes.data();
  message.size = bytes.size();
  return message;
}

std::string Text(const polycall_message& message) {
  return {static_cast<const char*>(message.data), message.size};
}

void Finish(polycall_call* call, std::string_view response) {
  const polycall_message message = View(response);
  polycall_call_finish(call, nullptr, &message);
}

void FinishStream(polycall_call* call) { polycall_call_finish(call, nullptr, nullptr); }

void FinishWith(polycall_call* call, polycall_code code, const char* message,
                std::string_view details) {
  polycall_status status;
  polycall_status_set(&status, code, message, details.data(), details.size());
  polycall_call_finish(call, &status, nullptr);
  polycall_status_clear(&status);
}

}  // namespace polycall::conformance
