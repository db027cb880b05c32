// polycall list TARGET
#include <cstdio>

#include "channel.h"
#include "command.h"
#include "descriptors.h"
#include "json_text.h"
#include "output.h"

namespace polycall::cli {
namespace {

using google::protobuf::MethodDescriptor;

std::string Hex(uint64_t value) {
  char text[20];
  snprintf(text, sizeof(text), "%016llx", static_cast<unsigned long long>(value));
  return text;
}

const char* KindName(const MethodDescriptor& method) {
  if (method.client_streaming()) {
    return method.server_streaming() ? "bidi_streaming" : "client_streaming";
  }
  return method.server_streaming() ? "server_streaming" : "unary";
}

void ListAsJson(const Descriptors& descriptors) {
  std::string text = "{\"services\":[";
  for (const ServiceEntry& service : descriptors.services()) {
    if (!text.ends_with('[')) text += ",";
    text += "{\"name\":" + JsonQuote(service.name) +
            ",\"fingerprint\":" + JsonQuote(Hex(service.fingerprint)) + ",\"methods\":[";
    const auto* descriptor = service.descriptor;
    for (int i = 0; descriptor != nullptr && i < descriptor->method_count(); ++i) {
      const MethodDescriptor& method = *descriptor->method(i);
      if (i > 0) text += ",";
      text += "{\"name\":" + JsonQuote(method.name()) + ",\"kind\":\"" + KindName(method) +
              "\",\"request\":" + JsonQuote(method.input_type()->full_name()) +
              ",\"response\":" + JsonQuote(method.output_type()->full_name()) + "}";
    }
    text += "]}";
  }
  PrintLine(text + "]}");
}

void ListForPeople(const Descriptors& descriptors, const Palette& paint) {
  for (const ServiceEntry& service : descriptors.services()) {
    PrintLine(paint.Strong(service.name));
    if (service.descriptor == nullptr) {
      PrintLine(paint.Faint("  (the server has no description of it)"));
      continue;
    }
    for (int i = 0; i < service.descriptor->method_count(); ++i) {
      const MethodDescriptor& method = *service.descriptor->method(i);
      PrintLine("  " + paint.Name(method.name()) + "(" +
                (method.client_streaming() ? "stream " : "") + method.input_type()->full_name() +
                ") -> " + (method.server_streaming() ? "stream " : "") +
                method.output_type()->full_name());
    }
  }
}

void RunList(const Options& options) {
  const Channel channel(options);
  const auto descriptors = LoadDescriptors(options, channel);
  if (options.json) {
    ListAsJson(*descriptors);
  } else {
    ListForPeople(*descriptors, options.out);
  }
}

}  // namespace

void AddListCommand(CLI::App* app, Options* options, cli::Run* run) {
  CLI::App* command =
      app->add_subcommand("list", "List the services of a server and their methods");
  AddTarget(command, options);
  AddTimeout(command, options, "How long to wait for the server (default: 10s)");
  AddDescriptorSource(command, options);
  AddJson(command, options,
          "One JSON object: {\"services\": [{\"name\", \"fingerprint\", "
          "\"methods\": [{\"name\", \"kind\", \"request\", \"response\"}]}]}");
  command->callback([=] { *run = [=] { RunList(*options); }; });
}

}  // namespace polycall::cli
