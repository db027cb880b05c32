// The polycall command: a client of any PolyCall server, for people and scripts.
#include <unistd.h>

#include <csignal>
#include <cstdio>

#include "command.h"
#include "output.h"
#include "polycall/polycall.h"

namespace polycall::cli {
namespace {

int Main(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);  // a closed output is an error to report, not a death
  Options options;
  options.out = Palette(WantsColour(STDOUT_FILENO));
  options.err = Palette(WantsColour(STDERR_FILENO));

  CLI::App app("Calls, lists, describes, pings and explains PolyCall servers.", "polycall");
  app.set_version_flag("--version", std::string("polycall ") + polycall_version());
  app.require_subcommand(1);
  app.footer(std::string("\npolycall COMMAND --help tells the arguments of a command.\n\n") +
             kExitCodeHelp);
  cli::Run run;
  AddCallCommand(&app, &options, &run);
  AddListCommand(&app, &options, &run);
  AddDescribeCommand(&app, &options, &run);
  AddPingCommand(&app, &options, &run);
  AddExplainCommand(&app, &options, &run);
  for (CLI::App* command : app.get_subcommands({})) {
    command->footer(command->get_footer() + (command->get_footer().empty() ? "" : "\n") +
                    kExitCodeHelp);
  }

  try {
    app.parse(argc, argv);
    if (run) run();
    return static_cast<int>(ExitCode::kOk);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    const auto chosen = app.get_subcommands();
    const std::string command = chosen.empty() ? "polycall" : "polycall " + chosen[0]->get_name();
    PrintFailure(Failure(ExitCode::kUsage, std::string(error.what()) + "\nSee " + command + " --help"),
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
