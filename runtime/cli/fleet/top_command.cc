// polycall top
#include <unistd.h>

#include <ctime>

#include "fleet/common.h"
#include "fleet/live.h"
#include "fleet/service_tables.h"
#include "fleet/table.h"
#include "output.h"

namespace polycall::cli {
namespace {

struct TopOptions {
  SchedulerOptions scheduler;
  bool once = false;
  int64_t interval = 0;
};

std::vector<std::string> Picture(const v1::Snapshot& snapshot, const Palette& paint) {
  const size_t width = TerminalWidth();
  char clock[32] = "";
  const time_t seconds = snapshot.time() / 1'000'000'000;
  tm local{};
  if (localtime_r(&seconds, &local) != nullptr) strftime(clock, sizeof clock, "%H:%M:%S", &local);
  std::vector<std::string> lines = {
      paint.Strong(CutText("polycalld " + snapshot.version() + ", pid " +
                               std::to_string(snapshot.pid()) + ", " + snapshot.manifests() + ", " +
                               clock,
                           width == 0 ? 1000 : width)),
      ""};
  const auto add = [&lines](const std::vector<std::string>& more) {
    lines.insert(lines.end(), more.begin(), more.end());
  };
  add(ServiceLines(snapshot.services(), width, paint));
  if (const auto instances = InstanceLines(snapshot.services(), width, paint); !instances.empty()) {
    lines.emplace_back();
    add(instances);
  }
  if (snapshot.wires_size() > 0) {
    lines.emplace_back();
    add(WireLines(snapshot, width, paint));
  }
  return lines;
}

void RunTop(const Options& options, const TopOptions& mine) {
  const SchedulerClient client(options, SchedulerPlace::Find(mine.scheduler.run_folder));
  // Piped: one picture; a script that wants more says --json, and gets a line for each.
  const bool terminal = isatty(STDOUT_FILENO) == 1;
  v1::TopRequest request;
  request.set_interval(mine.interval);
  request.set_once(mine.once || (!terminal && !options.json));
  LiveLines live;
  client.Stream<v1::Snapshot>("Top", request, [&](const v1::Snapshot& snapshot) {
    if (options.json) {
      PrintLine(MessageToJson(snapshot));
    } else if (terminal && !mine.once) {
      live.Show(Picture(snapshot, options.out));
    } else {
      for (const std::string& line : Picture(snapshot, options.out)) PrintLine(line);
    }
    return true;
  });
}

}  // namespace

void AddTopCommand(CLI::App* app, Options* options, cli::Run* run) {
  CLI::App* command = app->add_subcommand(
      "top", "Watch polycalld's services: rates, instances, and who is wired to whom");
  auto mine = std::make_shared<TopOptions>();
  command->add_flag("--once", mine->once, "One picture, and end");
  command
      ->add_option_function<std::string>(
          "--interval", [mine](const std::string& text) { mine->interval = ParseDuration(text); },
          "Time between two pictures (default: 1s)")
      ->type_name("TIME");
  AddSchedulerOptions(command, options, &mine->scheduler,
                      "A line for each moment, polycall.scheduler.v1.Snapshot");
  command->footer("Ends with Ctrl-C.");
  command->callback([=] { *run = [=] { RunTop(*options, *mine); }; });
}

}  // namespace polycall::cli
