// polycall host: a server of modules in one or several languages
#include "polycall/host.h"

#include <algorithm>

#include "channel.h"
#include "command.h"
#include "json_text.h"
#include "output.h"
#include "stop_signal.h"

namespace polycall::cli {
namespace {

constexpr char kDefaultTarget[] = "tcp://127.0.0.1:0";
constexpr int64_t kDefaultGrace = 5'000'000'000;

struct Arguments {
  std::string language;
  std::vector<std::string> modules;
  std::vector<std::string> targets;
  std::vector<std::string> runtime_arguments;
  std::vector<std::string> allowed;
  std::string name;
  int64_t grace_ns = kDefaultGrace;
  bool list = false;
};

struct Module {
  std::string language;
  std::string text;
};

struct ServerDeleter {
  void operator()(polycall_server* server) const { polycall_server_free(server); }
};
using ServerPtr = std::unique_ptr<polycall_server, ServerDeleter>;

// --lang for all, or each with its language before an equals sign.
Module ParseModule(const std::string& text, const std::string& language) {
  if (!language.empty()) return {language, text};
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw Failure(ExitCode::kUsage, "which language is the module \"" + text +
                                        "\" in? Give --lang LANG, or LANG=MODULE for each");
  }
  return {text.substr(0, equals), text.substr(equals + 1)};
}

void Load(polycall_server* server, const Module& module,
          const std::vector<std::string>& arguments) {
  std::vector<const char*> pointers;
  for (const std::string& argument : arguments) pointers.push_back(argument.c_str());
  pointers.push_back(nullptr);
  polycall_host_options options = POLYCALL_HOST_OPTIONS_INIT;
  options.language = module.language.c_str();
  options.module = module.text.c_str();
  options.arguments = pointers.data();
  Status status;
  polycall_host_load(server, &options, status.get());
  if (status.code() == POLYCALL_OK) return;
  const std::string message = module.language + " module " + module.text + ": " + status.message();
  const bool is_input =
      status.code() == POLYCALL_NOT_FOUND || status.code() == POLYCALL_INVALID_ARGUMENT;
  throw is_input ? Failure(ExitCode::kBadInput, message) : Failure(status.code(), message);
}

std::string Listen(polycall_server* server, const std::string& target) {
  char address[512] = "";
  Status status;
  polycall_server_listen(server, target.c_str(), address, sizeof(address), status.get());
  if (status.code() == POLYCALL_INVALID_ARGUMENT) {
    throw Failure(ExitCode::kUsage, status.message());
  }
  status.Check();
  return address;
}

void PrintAddresses(const std::vector<std::string>& addresses, const Options& options) {
  if (!options.json) {
    for (const std::string& address : addresses) PrintLine("listening " + address);
    return;
  }
  std::string list;
  for (const std::string& address : addresses) {
    list += (list.empty() ? "" : ",") + JsonQuote(address);
  }
  PrintLine("{\"listening\":[" + list + "]}");
}

void Serve(const Options& options, const Arguments& arguments) {
  std::vector<Module> modules;
  for (const std::string& text : arguments.modules) {
    modules.push_back(ParseModule(text, arguments.language));
  }
  polycall_server_options server_options = POLYCALL_SERVER_OPTIONS_INIT;
  if (!arguments.name.empty()) server_options.name = arguments.name.c_str();
  Status made;
  const ServerPtr server(polycall_server_new(&server_options, made.get()));
  made.Check();
  // Before any language's runtime starts: those that catch signals themselves leave ours alone.
  StopSignal stop;
  for (const Module& module : modules) Load(server.get(), module, arguments.runtime_arguments);
  if (!arguments.allowed.empty()) {
    std::vector<const char*> allowed;
    for (const std::string& identity : arguments.allowed) allowed.push_back(identity.c_str());
    Status status;
    polycall_server_allow(server.get(), "", allowed.data(), allowed.size(), status.get());
    if (status.code() == POLYCALL_INVALID_ARGUMENT) {
      throw Failure(ExitCode::kUsage, status.message());
    }
    status.Check();
  }
  std::vector<std::string> addresses;
  for (const std::string& target : arguments.targets) {
    addresses.push_back(Listen(server.get(), target));
  }
  if (addresses.empty()) addresses.push_back(Listen(server.get(), kDefaultTarget));
  Status started;
  polycall_server_start(server.get(), started.get());
  started.Check();
  PrintAddresses(addresses, options);
  stop.Wait();
  polycall_server_shutdown(server.get(), arguments.grace_ns);
}

void PrintHosts(const Options& options) {
  const std::unique_ptr<char, void (*)(char*)> json(polycall_host_list(), polycall_string_free);
  const std::string text = json == nullptr ? "{}" : json.get();
  if (options.json) {
    PrintLine(text);
    return;
  }
  JsonValue list;
  JsonError error;
  if (!ParseJson(text, &list, &error)) throw Failure(ExitCode::kFailure, error.message);
  const JsonValue* hosts = list.Find("hosts");
  size_t width = 0;
  for (const JsonValue& host : hosts->items) width = std::max(width, host.Text("language").size());
  for (const JsonValue& host : hosts->items) {
    std::string language = host.Text("language");
    const std::string gap(width - language.size() + 2, ' ');
    PrintLine(options.out.Name(language) + gap + host.Text("library"));
  }
  if (hosts->items.empty()) PrintLine("no hosts");
  PrintLine(options.out.Faint("looked in"));
  for (const JsonValue& place : list.Find("places")->items) {
    PrintLine(options.out.Faint("  " + place.text));
  }
}

void RunHost(const Options& options, const Arguments& arguments) {
  if (arguments.list) {
    PrintHosts(options);
    return;
  }
  if (arguments.modules.empty()) {
    throw Failure(ExitCode::kUsage, "no MODULE given\nSee polycall host --help");
  }
  Serve(options, arguments);
}

}  // namespace

void AddHostCommand(CLI::App* app, Options* options, cli::Run* run) {
  CLI::App* command = app->add_subcommand(
      "host", "Serve modules written in C, Python, Java, Haskell or Lisp, until SIGTERM");
  auto arguments = std::make_shared<Arguments>();
  command->add_option(
      "MODULE", arguments->modules,
      "What to load, in the language's own words (see below); without --lang each as "
      "LANG=MODULE");
  command->add_option("-l,--lang", arguments->language, "The language of all modules")
      ->type_name("LANG");
  command
      ->add_option("--listen", arguments->targets,
                   "unix:/run/calc.sock or tcp://host:port (repeatable; default: " +
                       std::string(kDefaultTarget) + ")")
      ->type_name("TARGET")
      ->type_size(1)
      ->allow_extra_args(false);
  command
      ->add_option("--allow", arguments->allowed,
                   "Who may call, and nobody else: UID:1000, DNS:front.example, URI:.. "
                   "(repeatable; default: everybody)")
      ->type_name("IDENTITY")
      ->type_size(1)
      ->allow_extra_args(false);
  command->add_option("--name", arguments->name, "What callers' `polycall explain` shows");
  command
      ->add_option("--arg", arguments->runtime_arguments,
                   "An option for the language's runtime, as --arg=-Xmx1g (repeatable)")
      ->type_name("OPTION")
      ->type_size(1)
      ->allow_extra_args(false);
  command
      ->add_option_function<std::string>(
          "--grace",
          [arguments](const std::string& text) { arguments->grace_ns = ParseDuration(text); },
          "How long calls may take to end after SIGTERM or Ctrl-C (default: 5s)")
      ->type_name("TIME");
  command->add_flag("--list", arguments->list,
                    "Print which hosts there are and where they are looked for, and end");
  AddJson(command, options,
          "One JSON object: {\"listening\": [...]}; with --list {\"places\", \"hosts\", "
          "\"runtimes\"}");
  command->footer(
      "Modules:\n"
      "  c        library.so[:symbol], with a function polycall_register; or plain functions:\n"
      "           library.so[:file.proto|file.desc[:service]]\n"
      "  python   package.module or file.py, with a function register(server)\n"
      "  java     path.jar[:path.jar...]!com.example.Module\n"
      "  haskell  library.so[:symbol]\n"
      "  lisp     file.lisp or file.fasl[:package:function]\n\n"
      "Prints a line \"listening TARGET\" for each target once it serves. A second signal ends it\n"
      "at once.\n");
  command->callback([=] { *run = [=] { RunHost(*options, *arguments); }; });
}

}  // namespace polycall::cli
