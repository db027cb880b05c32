#include "fleet/common.h"

namespace polycall::cli {

void AddSchedulerOptions(CLI::App* command, Options* options, SchedulerOptions* mine,
                         const std::string& json) {
  command
      ->add_option("--run", mine->run_folder,
                   "polycalld's folder (default: POLYCALL_SCHEDULER, a target, or POLYCALL_RUN, or "
                   "/run/polycall)")
      ->type_name("FOLDER");
  AddTimeout(command, options, "How long to wait for polycalld");
  AddJson(command, options, json);
}

void AddSchedulerCommands(CLI::App* app, Options* options, Run* run) {
  AddUpCommand(app, options, run);
  AddDownCommand(app, options, run);
  AddPsCommand(app, options, run);
  AddTopCommand(app, options, run);
  AddChangeCommands(app, options, run);
  AddFollowCommands(app, options, run);
}

}  // namespace polycall::cli
