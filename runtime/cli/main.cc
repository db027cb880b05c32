// The polycall command: a client of any PolyCall server, and a server of modules, for people and
// scripts.
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>

#include "command.h"
#include "output.h"
#include "polycall/polycall.h"
#include "suggestion.h"
#include "wrong_line.h"

namespace polycall::cli {
namespace {

// CLI11 says of a misspelt command only that one is required.
void CheckCommandName(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return;
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  if (std::find(names.begin(), names.end(), argv[1]) != names.end()) return;
  throw Failure(ExitCode::kUsage, "no command " + std::string(argv[1]) +
                                      Suggestion(argv[1], names) + "\nSee polycall --help");
}

int Main(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);  // a closed output is an error to report, not a death
  Options options;
  options.out = Palette(WantsColour(STDOUT_FILENO));
  options.err = Palette(WantsColour(STDERR_FILENO));

  CLI::App app("Calls, lists, describes, pings and explains PolyCall servers; hosts modules.",
               "polycall");
  app.set_version_flag("--version", std::string("polycall ") + polycall_version());
  app.require_subcommand(1);
  cli::Run run;
  AddCallCommand(&app, &options, &run);
  AddListCommand(&app, &options, &run);
  AddDescribeCommand(&app, &options, &run);
  AddPingCommand(&app, &options, &run);
  AddExplainCommand(&app, &options, &run);
  AddHostCommand(&app, &options, &run);
#ifdef POLYCALL_CLI_KNOWS_MANIFESTS
  AddLintCommand(&app, &options, &run);
#endif
  AddSchedulerCommands(&app, &options, &run);
  AddCertsCommand(&app, &options, &run);
  for (CLI::App* command : app.get_subcommands({})) {
    command->footer(command->get_footer() + (command->get_footer().empty() ? "" : "\n") +
                    kExitCodeHelp);
  }

  // Not before: commands inherit what is there when they are added.
  app.footer(std::string("\npolycall COMMAND --help tells the arguments of a command.\n\n") +
             kExitCodeHelp);

  try {
    CheckCommandName(app, argc, argv);
    app.parse(argc, argv);
    if (run) run();
    return static_cast<int>(ExitCode::kOk);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    const auto chosen = app.get_subcommands();
    const CLI::App& command = chosen.empty() ? app : *chosen[0];
    const std::string name = chosen.empty() ? "polycall" : "polycall " + command.get_name();
    PrintFailure(
        Failure(ExitCode::kUsage, WhatIsWrong(error, command) + "\nSee " + name + " --help"),
        options);
    return static_cast<int>(ExitCode::kUsage);
  } catch (const Failure& failure) {
    PrintFailure(failure, options);
    return static_cast<int>(failure.exit_code());
  } catch (const std::exception& error) {
    PrintFailure(Failure(ExitCode::kFailure, error.what()), options);
    return static_cast<int>(ExitCode::kFailure);
  }
}

}  // namespace
}  // namespace polycall::cli

int main(int argc, char** argv) { return polycall::cli::Main(argc, argv); }
