#include "channel.h"

#include <algorithm>

namespace polycall::cli {
namespace {

constexpr int64_t kUsualConnectTimeout = 5'000'000'000;

}  // namespace

std::string Status::details() const {
  return {reinterpret_cast<const char*>(status_.details), status_.details_size};
}

void Status::Check() const {
  if (code() != POLYCALL_OK) throw Failure(code(), message());
}

Channel::Channel(const Options& options) : metadata_(polycall_metadata_new()) {
  Status status;
  for (const auto& [key, value] : options.metadata) {
    if (polycall_metadata_add(metadata_.get(), key.c_str(), value.data(), value.size(),
                              status.get()) != POLYCALL_OK) {
      throw Failure(ExitCode::kUsage, "-H " + key + ": " + status.message());
    }
  }
  polycall_channel_options channel_options = POLYCALL_CHANNEL_OPTIONS_INIT;
  channel_options.user_agent = "polycall-tool";
  // An attempt to connect is not left behind, and waited for, after the command's own time.
  if (options.timeout_ns > 0) {
    channel_options.connect_timeout_ns = std::min(kUsualConnectTimeout, options.timeout_ns);
  }
  polycall_tls_options tls = POLYCALL_TLS_OPTIONS_INIT;
  const auto given = [](const std::string& text) { return text.empty() ? nullptr : text.c_str(); };
  tls.ca_file = given(options.tls_ca);
  tls.certificate_file = given(options.tls_certificate);
  tls.key_file = given(options.tls_key);
  tls.server_name = given(options.tls_name);
  // A target host:port is TLS to a channel that has TLS options, and plain to one that has none.
  const bool asked = options.target.find("tls://") != std::string::npos ||
                     options.target.find("grpcs://") != std::string::npos;
  if (asked || tls.ca_file || tls.certificate_file || tls.server_name) channel_options.tls = &tls;
  channel_.reset(polycall_channel_new(options.target.c_str(), &channel_options, status.get()));
  if (channel_ == nullptr) throw Failure(ExitCode::kUsage, status.message());
}

void Channel::Connect(int64_t timeout_ns, polycall_status* status) const {
  // Not polycall_channel_wait_ready(), which tries again and again: whoever runs a command wants to know.
  polycall_channel_ping(get(), timeout_ns, nullptr, status);
}

polycall_method_descriptor MethodNamed(const char* name, polycall_kind kind) {
  polycall_method_descriptor method = {};
  method.struct_size = sizeof(method);
  method.name = name;
  method.kind = kind;
  return method;
}

std::string Channel::Call(const char* service, const char* method, std::string_view request,
                          int64_t timeout_ns) const {
  const polycall_method_descriptor descriptor = MethodNamed(method, POLYCALL_UNARY);
  polycall_call_options options = POLYCALL_CALL_OPTIONS_INIT;
  options.timeout_ns = timeout_ns;
  options.flags = POLYCALL_CALL_IDEMPOTENT;
  options.metadata = metadata();
  polycall_unary unary = POLYCALL_UNARY_INIT;
  unary.method = polycall_channel_method(get(), service, &descriptor);
  unary.options = &options;
  unary.request.data = request.data();
  unary.request.size = request.size();
  polycall_unary_call(get(), &unary);
  if (unary.status.code != POLYCALL_OK) {
    const Failure failure(unary.status.code,
                          unary.status.message == nullptr ? "" : unary.status.message);
    polycall_status_clear(&unary.status);
    throw failure;
  }
  std::string response(static_cast<const char*>(unary.response.data), unary.response.size);
  polycall_message_release(&unary.response);
  return response;
}

}  // namespace polycall::cli
