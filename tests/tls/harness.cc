#include "harness.h"

#include <chrono>
#include <thread>

#include "transports.h"

namespace polycall::conformance {

// The tests give every server and client its own.
const polycall_tls_options* ServerTlsFor(std::string_view) { return nullptr; }
const polycall_tls_options* ClientTlsFor(std::string_view) { return nullptr; }

}  // namespace polycall::conformance

namespace polycall::testing_tls {
namespace {

Outcome CallWith(const std::string& target, const polycall_tls_options* tls) {
  polycall_channel_options options = POLYCALL_CHANNEL_OPTIONS_INIT;
  options.max_attempts = 1;
  options.tls = tls;
  return Client(target, options).Unary("hello");
}

}  // namespace

Outcome CallOnce(const std::string& target, const TlsSettings& tls) {
  const polycall_tls_options options = tls.Abi();
  return CallWith(target, &options);
}

Outcome CallOnce(const std::string& target) { return CallWith(target, nullptr); }

EchoServer::Options With(const polycall_tls_options& tls) {
  EchoServer::Options options;
  options.tls = &tls;
  return options;
}

Outcome ListenWith(const TlsSettings& tls, const std::string& target) {
  const polycall_tls_options tls_options = tls.Abi();
  polycall_server_options options = POLYCALL_SERVER_OPTIONS_INIT;
  options.tls = &tls_options;
  polycall_server* server = polycall_server_new(&options, nullptr);
  polycall_status status = POLYCALL_STATUS_INIT;
  polycall_server_listen(server, target.c_str(), nullptr, 0, &status);
  polycall_server_free(server);
  return conformance::TakeStatus(&status);
}

std::string IdentityText(polycall_call* call) {
  polycall_identity identity = POLYCALL_IDENTITY_INIT;
  if (polycall_call_identity(call, &identity) == 0) return "nobody";
  std::string text = identity.subject != nullptr ? identity.subject : "";
  for (size_t i = 0; i < identity.name_count; ++i) text += std::string("|") + identity.names[i];
  return text;
}

void AnswerIdentity(polycall_call* call, const polycall_message*) {
  conformance::Finish(call, IdentityText(call));
}

LogLines::LogLines() {
  polycall_log_set(
      POLYCALL_LOG_INFO,
      [](void* arg, polycall_log_level, const char* text) {
        auto* self = static_cast<LogLines*>(arg);
        const std::lock_guard lock(self->mutex_);
        self->lines_.emplace_back(text);
      },
      this);
}

LogLines::~LogLines() { polycall_log_set(POLYCALL_LOG_NONE, nullptr, nullptr); }

bool LogLines::WaitFor(const std::string& text) {
  const auto deadline = std::chrono::steady_clock::now() + conformance::kPatience;
  while (std::chrono::steady_clock::now() < deadline) {
    if (All().find(text) != std::string::npos) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return false;
}

std::string LogLines::All() {
  const std::lock_guard lock(mutex_);
  std::string all;
  for (const std::string& line : lines_) all += line + "\n";
  return all;
}

}  // namespace polycall::testing_tls
