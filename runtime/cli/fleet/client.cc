#include "fleet/client.h"

#include <google/protobuf/util/json_util.h>

#include <cstdlib>

namespace polycall::cli {
namespace {

constexpr char kService[] = "polycall.scheduler.v1.Scheduler";
constexpr int64_t kDefaultTimeout = 10'000'000'000;
constexpr int64_t kLookTimeout = 2'000'000'000;

Options WithTarget(Options options, const std::string& target) {
  options.target = target;
  return options;
}

}  // namespace

SchedulerPlace SchedulerPlace::Find(const std::string& run_option) {
  const char* const target = getenv("POLYCALL_SCHEDULER");
  const char* const folder = getenv("POLYCALL_RUN");
  SchedulerPlace place;
  place.run_folder = !run_option.empty()                      ? run_option
                     : folder != nullptr && folder[0] != '\0' ? folder
                                                              : "/run/polycall";
  place.target = run_option.empty() && target != nullptr && target[0] != '\0'
                     ? target
                     : "unix:" + place.run_folder + "/polycalld.sock";
  return place;
}

SchedulerClient::SchedulerClient(const Options& options, const SchedulerPlace& place)
    : place_(place),
      timeout_ns_(options.timeout_ns > 0 ? options.timeout_ns : kDefaultTimeout),
      channel_(WithTarget(options, place.target)) {}

void SchedulerClient::Throw(const Failure& failure) const {
  if (failure.code() != POLYCALL_UNAVAILABLE) throw failure;
  throw Failure(POLYCALL_UNAVAILABLE,
                "polycalld does not answer at " + place_.target + " (" + failure.message() +
                    ")\nStart it with `polycall up FOLDER`, or name its folder with --run or "
                    "POLYCALL_RUN");
}

std::string SchedulerClient::CallBytes(const char* method, const std::string& request) const {
  try {
    return channel_.Call(kService, method, request, timeout_ns_);
  } catch (const Failure& failure) {
    Throw(failure);
  }
}

bool SchedulerClient::Answers() const {
  try {
    channel_.Call(kService, "Introduce", "", kLookTimeout);
    return true;
  } catch (const Failure& failure) {
    if (failure.code() == POLYCALL_UNAVAILABLE) return false;
    throw;
  }
}

void SchedulerClient::StreamBytes(const char* method, const std::string& request,
                                  const std::function<bool(const std::string&)>& take) const {
  const polycall_method_descriptor descriptor = MethodNamed(method, POLYCALL_SERVER_STREAMING);
  polycall_call_options call_options = POLYCALL_CALL_OPTIONS_INIT;
  const CallPtr call(polycall_call_start(
      channel_.get(), polycall_channel_method(channel_.get(), kService, &descriptor),
      &call_options));
  polycall_message message = POLYCALL_MESSAGE_INIT;
  message.data = request.data();
  message.size = request.size();
  polycall_call_send(call.get(), &message, POLYCALL_SEND_HALF_CLOSE, nullptr);
  bool enough = false;
  polycall_message response = POLYCALL_MESSAGE_INIT;
  while (!enough && polycall_call_receive(call.get(), &response) == 1) {
    const std::string bytes(static_cast<const char*>(response.data), response.size);
    polycall_message_release(&response);
    try {
      enough = !take(bytes);
    } catch (...) {
      polycall_call_cancel(call.get(), POLYCALL_CANCELLED, "");
      throw;
    }
  }
  if (enough) {
    polycall_call_cancel(call.get(), POLYCALL_CANCELLED, "");
    return;
  }
  Status status;
  polycall_call_wait(call.get(), status.get(), nullptr);
  try {
    status.Check();
  } catch (const Failure& failure) {
    Throw(failure);
  }
}

std::string MessageToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions style;
  style.always_print_primitive_fields = true;
  style.preserve_proto_field_names = true;
  std::string text;
  if (const auto status = google::protobuf::util::MessageToJsonString(message, &text, style);
      !status.ok()) {
    throw Failure(ExitCode::kFailure, "cannot print as JSON: " + std::string(status.message()));
  }
  return text;
}

}  // namespace polycall::cli
