// The commands. To add one: a file x_command.cc with AddXCommand, and a line in main.cc.
#ifndef POLYCALL_CLI_COMMAND_H_
#define POLYCALL_CLI_COMMAND_H_

#include <CLI/CLI.hpp>
#include <functional>

#include "options.h"

namespace polycall::cli {

// Each adds a subcommand that fills `options` and, when it is the one chosen, sets `*run`. Both must
// outlive the parse. What `*run` throws is a Failure.
using Run = std::function<void()>;
void AddCallCommand(CLI::App* app, Options* options, Run* run);
void AddListCommand(CLI::App* app, Options* options, Run* run);
void AddDescribeCommand(CLI::App* app, Options* options, Run* run);
void AddPingCommand(CLI::App* app, Options* options, Run* run);
void AddExplainCommand(CLI::App* app, Options* options, Run* run);
void AddHostCommand(CLI::App* app, Options* options, Run* run);
void AddLintCommand(CLI::App* app, Options* options, Run* run);
// Those of polycalld: up, down, ps, top, start, stop, scale, logs, events.
void AddSchedulerCommands(CLI::App* app, Options* options, Run* run);
void AddCertsCommand(CLI::App* app, Options* options, Run* run);

// The arguments and options that commands share.
void AddTarget(CLI::App* command, Options* options);
// --tls-ca and so on; AddTarget adds them.
void AddTls(CLI::App* command, Options* options);
void AddTimeout(CLI::App* command, Options* options, const std::string& what);
void AddJson(CLI::App* command, Options* options, const std::string& what);
void AddDescriptorSource(CLI::App* command, Options* options);

}  // namespace polycall::cli

#endif  // POLYCALL_CLI_COMMAND_H_
