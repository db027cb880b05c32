// What the commands for polycalld share.
#ifndef POLYCALL_CLI_FLEET_COMMON_H_
#define POLYCALL_CLI_FLEET_COMMON_H_

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "command.h"
#include "fleet/client.h"

namespace polycall::cli {

// Options of one command for polycalld, filled by the parse.
struct SchedulerOptions {
  std::string run_folder;  // --run
  std::string name;
};

// --run, --timeout and --json.
void AddSchedulerOptions(CLI::App* command, Options* options, SchedulerOptions* mine,
                         const std::string& json);

void AddUpCommand(CLI::App* app, Options* options, Run* run);
void AddDownCommand(CLI::App* app, Options* options, Run* run);
void AddPsCommand(CLI::App* app, Options* options, Run* run);
void AddTopCommand(CLI::App* app, Options* options, Run* run);
void AddChangeCommands(CLI::App* app, Options* options, Run* run);
void AddFollowCommands(CLI::App* app, Options* options, Run* run);

}  // namespace polycall::cli

#endif  // POLYCALL_CLI_FLEET_COMMON_H_
