// polycall ps [NAME]
#include "fleet/common.h"
#include "fleet/service_tables.h"
#include "fleet/table.h"
#include "output.h"

namespace polycall::cli {
namespace {

void RunPs(const Options& options, const SchedulerOptions& mine, bool instances) {
  const SchedulerClient client(options, SchedulerPlace::Find(mine.run_folder));
  v1::ListRequest request;
  request.set_name(mine.name);
  const auto response = client.Call<v1::ListResponse>("List", request);
  if (options.json) {
    PrintLine(MessageToJson(response));
    return;
  }
  const size_t width = TerminalWidth();
  for (const std::string& line : ServiceLines(response.services(), width, options.out)) {
    PrintLine(line);
  }
  if (!instances && mine.name.empty()) return;
  const auto lines = InstanceLines(response.services(), width, options.out);
  if (!lines.empty()) PrintLine("");
  for (const std::string& line : lines) PrintLine(line);
}

}  // namespace

void AddPsCommand(CLI::App* app, Options* options, cli::Run* run) {
  CLI::App* command = app->add_subcommand("ps", "Show polycalld's services and how they are");
  auto mine = std::make_shared<SchedulerOptions>();
  auto instances = std::make_shared<bool>(false);
  command->add_option("NAME", mine->name, "Only this service, and its instances");
  command->add_flag("-i,--instances", *instances, "Every instance, too");
  AddSchedulerOptions(command, options, mine.get(),
                      "One JSON object, polycall.scheduler.v1.ListResponse");
  command->footer(
      "INSTANCES: how many serve, and the bounds of their number. BUSY: calls under way. P50, P99: "
      "half, and all but a hundredth, of the calls of the last seconds were faster.");
  command->callback([=] { *run = [=] { RunPs(*options, *mine, *instances); }; });
}

}  // namespace polycall::cli
