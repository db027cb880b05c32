// polycall call TARGET pkg.Service/Method [JSON ...]
#include <google/protobuf/descriptor.pb.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <thread>

#include "base64.h"
#include "channel.h"
#include "command.h"
#include "descriptors.h"
#include "json_message.h"
#include "output.h"
#include "request_source.h"
#include "status_details.h"

namespace polycall::cli {
namespace {

using google::protobuf::MethodDescriptor;

struct Arguments {
  std::string method;
  std::vector<std::string> requests;
  JsonStyle style;
};

polycall_kind KindOf(const MethodDescriptor& method) {
  if (method.client_streaming()) {
    return method.server_streaming() ? POLYCALL_BIDI_STREAMING : POLYCALL_CLIENT_STREAMING;
  }
  return method.server_streaming() ? POLYCALL_SERVER_STREAMING : POLYCALL_UNARY;
}

// With --verbose: metadata to standard error, as curl shows headers.
void ShowMetadata(const Options& options, const char* title, const polycall_metadata* metadata) {
  if (!options.verbose) return;
  fprintf(stderr, "%s\n", options.err.Faint(std::string("< ") + title).c_str());
  const char* key;
  const void* value;
  size_t size;
  for (size_t i = 0; polycall_metadata_get(metadata, i, &key, &value, &size) == 1; ++i) {
    const std::string_view bytes(static_cast<const char*>(value), size);
    const std::string text =
        std::string_view(key).ends_with("-bin") ? EncodeBase64(bytes) : std::string(bytes);
    fprintf(stderr, "%s %s: %s\n", options.err.Faint("<").c_str(), options.err.Name(key).c_str(),
            text.c_str());
  }
}

void ShowTransport(const Options& options, const char* transport) {
  if (options.verbose && transport != nullptr) {
    fprintf(stderr, "%s\n", options.err.Faint(std::string("< over ") + transport).c_str());
  }
}

// One call of the method, from start to status.
class Caller {
 public:
  Caller(const Options& options, const Arguments& arguments, const Channel& channel,
         const Descriptors& descriptors, const MethodDescriptor& method)
      : options_(options),
        arguments_(arguments),
        channel_(channel),
        pool_(descriptors.pool()),
        method_(method),
        codec_(pool_, arguments.style) {
    call_options_.timeout_ns = options.timeout_ns;
    call_options_.metadata = channel.metadata();
  }

  void Run() {
    const polycall_kind kind = KindOf(method_);
    const std::string service = method_.service()->full_name();
    polycall_method_descriptor descriptor = MethodNamed(method_.name().c_str(), kind);
    using google::protobuf::MethodOptions;
    if (method_.options().idempotency_level() != MethodOptions::IDEMPOTENCY_UNKNOWN) {
      descriptor.flags |= POLYCALL_METHOD_IDEMPOTENT;
    }
    const polycall_method* method =
        polycall_channel_method(channel_.get(), service.c_str(), &descriptor);
    if (kind == POLYCALL_UNARY) {
      Unary(method);
    } else {
      Stream(method);
    }
  }

 private:
  // The one request of a unary or server streaming call.
  std::string OneRequest() const {
    std::string json = arguments_.requests.empty() ? "{}" : arguments_.requests[0];
    std::string what = "the request";
    if (json == "-") {
      json = ReadStandardInput();
      what = "standard input";
    }
    return codec_.ToBytes(*method_.input_type(), json, what);
  }

  [[noreturn]] void Fail(int32_t code, const char* message, const void* details,
                         size_t details_size) const {
    const std::string_view bytes(static_cast<const char*>(details), details_size);
    throw Failure(code, message == nullptr ? "" : message, DetailsToJson(bytes, pool_));
  }

  void Print(const polycall_message& message, bool pretty) const {
    const std::string bytes(static_cast<const char*>(message.data), message.size);
    PrintLine(codec_.ToJson(*method_.output_type(), bytes, pretty));
  }

  void Unary(const polycall_method* method) {
    const std::string request = OneRequest();
    polycall_unary unary = POLYCALL_UNARY_INIT;
    call_options_.flags |= options_.verbose ? POLYCALL_CALL_WANT_METADATA : 0;
    unary.method = method;
    unary.options = &call_options_;
    unary.request.data = request.data();
    unary.request.size = request.size();
    polycall_unary_call(channel_.get(), &unary);
    const MetadataPtr initial(unary.initial_metadata), trailing(unary.trailing_metadata);
    // Owns the outcome from here on: printing may throw.
    const std::unique_ptr<polycall_unary, void (*)(polycall_unary*)> outcome(
        &unary, [](polycall_unary* out) {
          polycall_status_clear(&out->status);
          polycall_message_release(&out->response);
        });
    ShowTransport(options_, polycall_channel_transport(channel_.get()));
    ShowMetadata(options_, "initial metadata", initial.get());
    if (unary.status.code == POLYCALL_OK) Print(unary.response, arguments_.style.pretty);
    ShowMetadata(options_, "trailing metadata", trailing.get());
    if (unary.status.code != POLYCALL_OK) {
      Fail(unary.status.code, unary.status.message, unary.status.details,
           unary.status.details_size);
    }
  }

  // Sends requests until there are no more or the call has ended. Runs on a thread of its own; an
  // error cancels the call and is kept for later.
  void SendAll(polycall_call* call, RequestSource* source, std::optional<Failure>* error) const {
    try {
      while (auto request = source->Next()) {
        const std::string bytes =
            codec_.ToBytes(*method_.input_type(), request->json, request->what);
        polycall_message message = POLYCALL_MESSAGE_INIT;
        message.data = bytes.data();
        message.size = bytes.size();
        if (polycall_call_send(call, &message, 0, nullptr) != POLYCALL_OK) return;
      }
      polycall_call_half_close(call);
    } catch (const Failure& failure) {
      *error = failure;
      polycall_call_cancel(call, POLYCALL_CANCELLED, "bad input");
    }
  }

  void Stream(const polycall_method* method) {
    // What is wrong with a single request is said before anything is started.
    const std::optional<std::string> request =
        method_.client_streaming() ? std::nullopt : std::optional(OneRequest());
    const CallPtr call(polycall_call_start(channel_.get(), method, &call_options_));
    RequestSource source(arguments_.requests);
    std::optional<Failure> send_error;
    std::thread sender;
    if (request) {
      polycall_message message = POLYCALL_MESSAGE_INIT;
      message.data = request->data();
      message.size = request->size();
      polycall_call_send(call.get(), &message, POLYCALL_SEND_HALF_CLOSE, nullptr);
    } else {
      sender = std::thread([&] { SendAll(call.get(), &source, &send_error); });
    }

    std::optional<Failure> print_error;
    try {
      ReceiveAll(call.get());
    } catch (const Failure& failure) {
      print_error = failure;
      polycall_call_cancel(call.get(), POLYCALL_CANCELLED, "the output cannot be written");
    }
    Status status;
    const polycall_metadata* trailing = nullptr;
    polycall_call_wait(call.get(), status.get(), &trailing);
    source.Stop();
    if (sender.joinable()) sender.join();

    if (print_error) throw *print_error;
    if (send_error) throw *send_error;
    ShowMetadata(options_, "trailing metadata", trailing);
    if (status.code() != POLYCALL_OK) {
      Fail(status.code(), status.get()->message, status.get()->details, status.get()->details_size);
    }
  }

  void ReceiveAll(polycall_call* call) const {
    if (options_.verbose) {
      const polycall_metadata* initial = polycall_call_initial_metadata(call);
      ShowTransport(options_, polycall_call_transport(call));
      ShowMetadata(options_, "initial metadata", initial);
    }
    polycall_message message = POLYCALL_MESSAGE_INIT;
    while (polycall_call_receive(call, &message) == 1) {
      const std::unique_ptr<polycall_message, void (*)(polycall_message*)> owned(
          &message, polycall_message_release);
      // The one response of client streaming as a unary one's; streams as JSON lines.
      Print(message, arguments_.style.pretty && !method_.server_streaming());
    }
  }

  const Options& options_;
  const Arguments& arguments_;
  const Channel& channel_;
  const google::protobuf::DescriptorPool& pool_;
  const MethodDescriptor& method_;
  JsonCodec codec_;
  polycall_call_options call_options_ = POLYCALL_CALL_OPTIONS_INIT;
};

void RunCall(const Options& options, Arguments arguments) {
  arguments.style.pretty = !options.json && isatty(STDOUT_FILENO) == 1;
  const Channel channel(options);
  const auto descriptors = LoadDescriptors(options, channel);
  const MethodDescriptor& method = descriptors->FindMethod(arguments.method);
  if (!method.client_streaming() && arguments.requests.size() > 1) {
    throw Failure(ExitCode::kUsage, method.full_name() + " takes one request; " +
                                        std::to_string(arguments.requests.size()) +
                                        " were given (JSON with spaces needs quotes in a shell)");
  }
  Caller(options, arguments, channel, *descriptors, method).Run();
}

}  // namespace

void AddCallCommand(CLI::App* app, Options* options, cli::Run* run) {
  CLI::App* command = app->add_subcommand("call", "Call a method with JSON");
  auto arguments = std::make_shared<Arguments>();
  AddTarget(command, options);
  command->add_option("METHOD", arguments->method, "pkg.Service/Method")->required();
  command->add_option("JSON", arguments->requests,
                      "The request; \"-\" reads standard input; none is an empty message. For a "
                      "method that takes a stream: any number of requests, none reads JSON lines "
                      "from standard input");
  command
      ->add_option_function<std::vector<std::string>>(
          "-H,--metadata",
          [options](const std::vector<std::string>& texts) {
            for (const std::string& text : texts) {
              options->metadata.push_back(ParseMetadata(text));
            }
          },
          "Metadata to send (repeatable); base64 for keys that end in -bin")
      ->type_name("KEY:VALUE")
      ->type_size(1)
      ->allow_extra_args(false);
  AddTimeout(command, options, "Deadline of the call, as 500ms or 2s (default: none)");
  AddDescriptorSource(command, options);
  command->add_flag("--defaults", arguments->style.defaults,
                    "Show fields that have their default value too");
  command->add_flag("--proto-names", arguments->style.proto_names,
                    "Show field names as in the .proto, not in camelCase");
  command->add_flag("-v,--verbose", options->verbose, "Show transport and metadata");
  AddJson(command, options, "One line per response, errors as a JSON object on standard error");
  command->footer(
      "Responses are printed as JSON, those of a stream one per line.\n\n"
      "  polycall call unix:/run/calc.sock calc.v1.Calc/Add '{\"a\": 2, \"b\": 40}'\n"
      "  seq 3 | sed 's/.*/{\"value\": &}/' | polycall call localhost:4711 calc.v1.Calc/Sum\n");
  command->callback([=] { *run = [=] { RunCall(*options, *arguments); }; });
}

}  // namespace polycall::cli
