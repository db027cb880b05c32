// polycall logs and events
#include <ctime>

#include "fleet/common.h"
#include "fleet/table.h"
#include "output.h"

namespace polycall::cli {
namespace {

// "14:03:07.123"
std::string ClockText(int64_t time) {
  const time_t seconds = time / 1'000'000'000;
  tm local{};
  char text[32] = "";
  if (localtime_r(&seconds, &local) != nullptr) strftime(text, sizeof text, "%H:%M:%S", &local);
  char all[48];
  snprintf(all, sizeof all, "%s.%03d", text, static_cast<int>(time / 1'000'000 % 1000));
  return all;
}

// Programs may print what moves the cursor; tabs are fine.
std::string Harmless(std::string text) {
  for (char& c : text) {
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F) c = ' ';
  }
  return text;
}

void RunLogs(const Options& options, const SchedulerOptions& mine, bool follow) {
  v1::LogsRequest request;
  request.set_name(mine.name);
  request.set_follow(follow);
  SchedulerClient(options, SchedulerPlace::Find(mine.run_folder))
      .Stream<v1::LogLine>("Logs", request, [&](const v1::LogLine& line) {
        PrintLine(options.json
                      ? MessageToJson(line)
                      : options.out.Faint(ClockText(line.time())) + " " +
                            options.out.Name(line.instance()) + "  " + Harmless(line.text()));
        return true;
      });
}

void RunEvents(const Options& options, const SchedulerOptions& mine, bool follow) {
  v1::EventsRequest request;
  request.set_follow(follow);
  SchedulerClient(options, SchedulerPlace::Find(mine.run_folder))
      .Stream<v1::Event>("Events", request, [&](const v1::Event& event) {
        if (!mine.name.empty() && event.service() != mine.name && event.instance() != mine.name) {
          return true;
        }
        PrintLine(options.json
                      ? MessageToJson(event)
                      : options.out.Faint(ClockText(event.time())) + " " +
                            options.out.Name(event.instance().empty() ? event.service()
                                                                      : event.instance()) +
                            "  " + options.out.Strong(event.what()) +
                            (event.detail().empty() ? "" : ": " + Harmless(event.detail())));
        return true;
      });
}

}  // namespace

void AddFollowCommands(CLI::App* app, Options* options, cli::Run* run) {
  {
    CLI::App* command =
        app->add_subcommand("logs", "Show what instances of polycalld's services wrote");
    auto mine = std::make_shared<SchedulerOptions>();
    auto follow = std::make_shared<bool>(false);
    command->add_option("NAME", mine->name, "Only of this service or instance");
    command->add_flag("-f,--follow", *follow, "And what they write from now on, until Ctrl-C");
    AddSchedulerOptions(command, options, mine.get(),
                        "A JSON object for each line, polycall.scheduler.v1.LogLine");
    command->callback([=] { *run = [=] { RunLogs(*options, *mine, *follow); }; });
  }
  {
    CLI::App* command = app->add_subcommand("events", "Show what polycalld did, and why");
    auto mine = std::make_shared<SchedulerOptions>();
    auto follow = std::make_shared<bool>(false);
    command->add_option("NAME", mine->name, "Only of this service or instance");
    command->add_flag("-f,--follow", *follow, "And what happens from now on, until Ctrl-C");
    AddSchedulerOptions(command, options, mine.get(),
                        "A JSON object for each, polycall.scheduler.v1.Event");
    command->callback([=] { *run = [=] { RunEvents(*options, *mine, *follow); }; });
  }
}

}  // namespace polycall::cli
