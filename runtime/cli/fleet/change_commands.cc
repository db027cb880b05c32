// polycall start, stop and scale
#include "fleet/common.h"
#include "output.h"

namespace polycall::cli {
namespace {

void Say(const Options& options, const char* what, const std::string& name) {
  if (options.json) {
    v1::Event event;
    event.set_service(name);
    event.set_what(what);
    PrintLine(MessageToJson(event));
  } else {
    PrintLine(std::string(what) + " " + options.out.Name(name));
  }
}

void RunStart(const Options& options, const SchedulerOptions& mine) {
  v1::StartRequest request;
  request.set_name(mine.name);
  SchedulerClient(options, SchedulerPlace::Find(mine.run_folder))
      .Call<v1::StartResponse>("Start", request);
  Say(options, "starting", mine.name);
}

void RunStop(const Options& options, const SchedulerOptions& mine) {
  v1::StopRequest request;
  request.set_name(mine.name);
  SchedulerClient(options, SchedulerPlace::Find(mine.run_folder))
      .Call<v1::StopResponse>("Stop", request);
  Say(options, "stopping", mine.name);
}

// "3" is exactly three instances, "0..4" lets polycalld choose between.
v1::ScaleRequest ParseScale(const std::string& name, const std::string& text) {
  const size_t dots = text.find("..");
  const auto number = [&](const std::string& digits) {
    if (digits.empty() || digits.size() > 5 ||
        digits.find_first_not_of("0123456789") != std::string::npos) {
      throw Failure(ExitCode::kUsage, "\"" + text +
                                          "\" is no number of instances; write 3 for exactly three "
                                          "or 0..4 for between none and four");
    }
    return static_cast<uint32_t>(std::stoul(digits));
  };
  v1::ScaleRequest request;
  request.set_name(name);
  request.set_min(number(text.substr(0, dots)));
  request.set_max(dots == std::string::npos ? request.min() : number(text.substr(dots + 2)));
  if (request.min() > request.max()) {
    throw Failure(ExitCode::kUsage, "\"" + text + "\": the first number is the smaller one");
  }
  return request;
}

void RunScale(const Options& options, const SchedulerOptions& mine, const std::string& text) {
  const v1::ScaleRequest request = ParseScale(mine.name, text);
  SchedulerClient(options, SchedulerPlace::Find(mine.run_folder))
      .Call<v1::ScaleResponse>("Scale", request);
  Say(options, "scaling", mine.name);
}

}  // namespace

void AddChangeCommands(CLI::App* app, Options* options, cli::Run* run) {
  {
    CLI::App* command =
        app->add_subcommand("start", "Start a stopped service of polycalld's again");
    auto mine = std::make_shared<SchedulerOptions>();
    command->add_option("NAME", mine->name, "The service")->required();
    AddSchedulerOptions(command, options, mine.get(), "One JSON object");
    command->callback([=] { *run = [=] { RunStart(*options, *mine); }; });
  }
  {
    CLI::App* command =
        app->add_subcommand("stop", "Drain and stop a service of polycalld's, or one instance");
    auto mine = std::make_shared<SchedulerOptions>();
    command->add_option("NAME", mine->name, "The service, or the instance (another may take over)")
        ->required();
    AddSchedulerOptions(command, options, mine.get(), "One JSON object");
    command->callback([=] { *run = [=] { RunStop(*options, *mine); }; });
  }
  {
    CLI::App* command =
        app->add_subcommand("scale", "Set how many instances of a service polycalld keeps");
    auto mine = std::make_shared<SchedulerOptions>();
    auto number = std::make_shared<std::string>();
    command->add_option("NAME", mine->name, "The service")->required();
    command->add_option("N", *number, "3: exactly three; 0..4: as many as needed, none to four")
        ->required();
    AddSchedulerOptions(command, options, mine.get(), "One JSON object");
    command->footer("Until the manifests are read again.");
    command->callback([=] { *run = [=] { RunScale(*options, *mine, *number); }; });
  }
}

}  // namespace polycall::cli
