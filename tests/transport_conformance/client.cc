#include "client.h"

#include <gtest/gtest.h>

#include "echo_server.h"
#include "transports.h"

namespace polycall::conformance {
namespace {

// The C struct of a CallSettings.
class Options {
 public:
  explicit Options(const CallSettings& settings) : metadata_(MakeMetadata(settings.metadata)) {
    options_.timeout_ns = settings.timeout_ns;
    options_.flags = settings.flags;
    options_.metadata = metadata_;
  }
  ~Options() { polycall_metadata_free(metadata_); }
  const polycall_call_options* get() const { return &options_; }

 private:
  polycall_metadata* metadata_;
  polycall_call_options options_ = POLYCALL_CALL_OPTIONS_INIT;
};

// Takes what the struct holds.
Outcome TakeUnary(polycall_unary* unary) {
  Outcome outcome = TakeStatus(&unary->status);
  outcome.response = Text(unary->response);
  outcome.initial = ReadMetadata(unary->initial_metadata);
  outcome.trailing = ReadMetadata(unary->trailing_metadata);
  return outcome;
}

}  // namespace

polycall_metadata* MakeMetadata(const Entries& entries) {
  polycall_metadata* metadata = polycall_metadata_new();
  for (const auto& [key, value] : entries) {
    EXPECT_EQ(polycall_metadata_add(metadata, key.c_str(), value.data(), value.size(), nullptr),
              POLYCALL_OK);
  }
  return metadata;
}

Entries ReadMetadata(const polycall_metadata* metadata) {
  Entries entries;
  const char* key;
  const void* value;
  size_t size;
  for (size_t i = 0; polycall_metadata_get(metadata, i, &key, &value, &size) == 1; ++i) {
    entries.emplace_back(key, std::string(static_cast<const char*>(value), size));
  }
  return entries;
}

Outcome TakeStatus(polycall_status* status) {
  Outcome outcome;
  outcome.code = status->code;
  if (status->message != nullptr) outcome.message = status->message;
  outcome.details.assign(reinterpret_cast<const char*>(status->details), status->details_size);
  polycall_status_clear(status);
  return outcome;
}

polycall_code Stream::Send(std::string_view bytes, uint32_t flags) {
  const polycall_message message = View(bytes);
  return polycall_call_send(call_, &message, flags, nullptr);
}

std::optional<std::string> Stream::Receive() {
  polycall_message message = POLYCALL_MESSAGE_INIT;
  if (polycall_call_receive(call_, &message) == 0) return std::nullopt;
  std::string text = Text(message);
  polycall_message_release(&message);
  return text;
}

std::vector<std::string> Stream::ReceiveAll() {
  std::vector<std::string> all;
  while (std::optional<std::string> next = Receive()) all.push_back(std::move(*next));
  return all;
}

Outcome Stream::Wait() {
  polycall_status status = POLYCALL_STATUS_INIT;
  const polycall_metadata* trailing = nullptr;
  polycall_call_wait(call_, &status, &trailing);
  Outcome outcome = TakeStatus(&status);
  outcome.trailing = ReadMetadata(trailing);
  return outcome;
}

Client::Client(const std::string& target, uint32_t max_attempts)
    : Client(target, [&] {
        polycall_channel_options options = POLYCALL_CHANNEL_OPTIONS_INIT;
        options.max_attempts = max_attempts;
        options.max_backoff_ns = 50'000'000;
        options.tls = ClientTlsFor(target);
        return options;
      }()) {}

Client::Client(const std::string& target, polycall_channel_options options) {
  options.connect_timeout_ns = kPatienceNs;
  if (options.transports == nullptr) options.transports = allowed_;
  channel_ = polycall_channel_new(target.c_str(), &options, nullptr);
  EXPECT_NE(channel_, nullptr) << target;
}

const polycall_method* Client::Method(polycall_kind kind) {
  return polycall_channel_method(channel_, kServiceName, &kMethods[kind]);
}

Outcome Client::Unary(std::string_view request, const CallSettings& settings) {
  const Options options(settings);
  polycall_unary unary = POLYCALL_UNARY_INIT;
  unary.method = Method(POLYCALL_UNARY);
  unary.options = options.get();
  unary.request = View(request);
  polycall_unary_call(channel_, &unary);
  Outcome outcome = TakeUnary(&unary);
  polycall_message_release(&unary.response);
  polycall_metadata_free(unary.initial_metadata);
  polycall_metadata_free(unary.trailing_metadata);
  return outcome;
}

void Client::UnaryAsync(std::string_view request, const CallSettings& settings, Pending* pending) {
  const Options options(settings);
  polycall_unary unary = POLYCALL_UNARY_INIT;
  unary.method = Method(POLYCALL_UNARY);
  unary.options = options.get();
  unary.request = View(request);
  const auto done = [](void* arg, polycall_unary* ended) {
    auto* pending = static_cast<Pending*>(arg);
    pending->outcome_ = TakeUnary(ended);
    pending->done_.Happen();
  };
  polycall_unary_call_async(channel_, &unary, done, pending, &pending->call_);
}

void Client::UnaryCallback(std::string_view request, polycall_unary_fn done, void* arg) {
  polycall_unary unary = POLYCALL_UNARY_INIT;
  unary.method = Method(POLYCALL_UNARY);
  unary.request = View(request);
  polycall_unary_call_async(channel_, &unary, done, arg, nullptr);
}

Stream Client::Start(polycall_kind kind, const CallSettings& settings) {
  const Options options(settings);
  return Stream(polycall_call_start(channel_, Method(kind), options.get()));
}

}  // namespace polycall::conformance
