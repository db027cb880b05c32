// polycall explain TARGET
#include <algorithm>

#include "channel.h"
#include "command.h"
#include "json_text.h"
#include "output.h"

namespace polycall::cli {
namespace {

constexpr int64_t kDefaultTimeout = 5'000'000'000;

void PrintField(const Palette& paint, const std::string& name, const std::string& value) {
  if (value.empty() || value == "null") return;  // there is no connection that had one
  PrintLine(paint.Faint(name + std::string(12 - std::min<size_t>(name.size(), 11), ' ')) + value);
}

std::string Padded(std::string text, size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

void PrintOffers(const JsonValue& offers, const Palette& paint) {
  if (offers.items.empty()) return;
  PrintLine(paint.Faint("offers"));
  size_t width = 0;
  for (const JsonValue& offer : offers.items) width = std::max(width, offer.Text("address").size());
  for (const JsonValue& offer : offers.items) {
    const bool chosen = offer.Text("chosen") == "true";
    const std::string cost = offer.Text("cost_us");
    const std::string line =
        Padded(offer.Text("transport"), 8) + Padded(offer.Text("address"), width + 2) +
        Padded(cost.empty() || cost == "null" ? "-" : cost + " us", 12) + offer.Text("reason");
    PrintLine(chosen ? paint.Good("  * " + line + (offer.Text("reason").empty() ? "chosen" : ""))
                     : "    " + line);
  }
}

// What the resolver of the target says, and how each address is doing.
void PrintResolver(const JsonValue& resolver, const Palette& paint) {
  PrintLine(paint.Faint("addresses"));
  if (!resolver.Text("unavailable").empty()) PrintLine("    " + resolver.Text("unavailable"));
  if (const JsonValue* error = resolver.Find("error")) PrintLine("    " + error->Text("message"));
  const JsonValue* addresses = resolver.Find("addresses");
  if (addresses == nullptr) return;
  for (const JsonValue& address : addresses->items) {
    const std::string transport = address.Text("transport");
    const JsonValue* error = address.Find("error");
    const bool connected = !transport.empty() && transport != "null";
    PrintLine("    " + Padded(connected ? transport : "-", 8) + address.Text("target") +
              (error != nullptr ? "  " + error->Text("message") : ""));
  }
}

void PrintServices(const JsonValue& services, const Palette& paint) {
  if (services.items.empty()) return;
  PrintLine(paint.Faint("services"));
  for (const JsonValue& service : services.items) {
    const JsonValue* methods = service.Find("methods");
    const std::string count = methods == nullptr ? "?"
                              : methods->type == JsonValue::Type::kArray
                                  ? std::to_string(methods->items.size())
                                  : methods->text;
    PrintLine("    " + paint.Name(service.Text("name")) + ", " + count +
              (count == "1" ? " method" : " methods"));
  }
}

void RunExplain(const Options& options) {
  const Channel channel(options);
  Status ready;
  channel.Connect(options.timeout_ns > 0 ? options.timeout_ns : kDefaultTimeout, ready.get());
  const std::unique_ptr<char, void (*)(char*)> json(polycall_channel_explain(channel.get()),
                                                    polycall_string_free);
  const std::string text = json == nullptr ? "{}" : json.get();
  if (options.json) {
    PrintLine(text);
  } else {
    JsonValue value;
    JsonError error;
    if (!ParseJson(text, &value, &error)) {
      throw Failure(ExitCode::kFailure, "the library's explanation is not JSON: " + error.message);
    }
    const Palette& paint = options.out;
    std::string state = value.Text("state");
    std::replace(state.begin(), state.end(), '_', ' ');
    PrintField(paint, "target", value.Text("target"));
    PrintField(paint, "state", ready.code() == POLYCALL_OK ? paint.Good(state) : paint.Bad(state));
    PrintField(paint, "transport", paint.Strong(value.Text("transport")));
    PrintField(paint, "address", value.Text("address"));
    PrintField(paint, "peer", value.Text("peer_version"));
    const std::string handshake = value.Text("handshake_us");
    PrintField(paint, "handshake", handshake.empty() || handshake == "0" ? "" : handshake + " us");
    if (const JsonValue* offers = value.Find("offers")) PrintOffers(*offers, paint);
    if (const JsonValue* resolver = value.Find("resolver")) PrintResolver(*resolver, paint);
    if (const JsonValue* services = value.Find("services")) PrintServices(*services, paint);
  }
  ready.Check();
}

}  // namespace

void AddExplainCommand(CLI::App* app, Options* options, cli::Run* run) {
  CLI::App* command = app->add_subcommand(
      "explain", "Connect, and show which transports were offered, which was chosen and why");
  AddTarget(command, options);
  AddTimeout(command, options, "How long to wait for the connection (default: 5s)");
  AddJson(command, options, "The library's explanation as it is, one JSON object");
  command->footer("The line with * is the transport in use.");
  command->callback([=] { *run = [=] { RunExplain(*options); }; });
}

}  // namespace polycall::cli
