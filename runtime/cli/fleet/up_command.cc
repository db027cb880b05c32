// polycall up FOLDER
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "fleet/common.h"
#include "fleet/daemon.h"
#include "fleet/live.h"
#include "fleet/service_tables.h"
#include "fleet/table.h"
#include "output.h"

namespace polycall::cli {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr nanoseconds kDefaultTimeout = std::chrono::seconds(60);
constexpr milliseconds kLook{20};
constexpr nanoseconds kBetweenPictures = milliseconds(200);
constexpr int kWrongManifests = 2;  // polycalld's exit code

struct UpOptions {
  SchedulerOptions scheduler;
  std::string folder;
  bool detach = false;
  std::string http;
  std::vector<std::string> more;  // for polycalld
};

void Say(const Options& options, const std::string& line) {
  if (!options.json) PrintLine(line);
}

void StartDaemon(const Options& options, const UpOptions& mine, const SchedulerPlace& place,
                 Clock::time_point deadline) {
  std::vector<std::string> arguments = {mine.folder, "--run", place.run_folder};
  if (!mine.http.empty()) arguments.insert(arguments.end(), {"--http", mine.http});
  arguments.insert(arguments.end(), mine.more.begin(), mine.more.end());
  Daemon daemon(place.run_folder, arguments);
  while (!SchedulerClient(options, place).Answers()) {
    if (const auto end = daemon.Ended()) {
      throw Failure(end->code == kWrongManifests ? ExitCode::kBadInput : ExitCode::kFailure,
                    end->said.empty() ? "polycalld ended with code " + std::to_string(end->code) +
                                            "; see " + place.run_folder + "/polycalld.log"
                                      : end->said);
    }
    if (Clock::now() > deadline) {
      throw Failure(POLYCALL_DEADLINE_EXCEEDED, "polycalld (pid " + std::to_string(daemon.pid()) +
                                                    ") does not answer; see " + place.run_folder +
                                                    "/polycalld.log");
    }
    std::this_thread::sleep_for(kLook);
  }
  Say(options,
      "polycalld runs as pid " + std::to_string(daemon.pid()) + ", in " + place.run_folder);
}

void Apply(const Options& options, const UpOptions& mine, const SchedulerPlace& place) {
  v1::ApplyRequest request;
  request.set_folder(mine.folder);
  const auto response = SchedulerClient(options, place).Call<v1::ApplyResponse>("Apply", request);
  for (const std::string& name : response.started()) Say(options, "added " + name);
  for (const std::string& name : response.replaced()) Say(options, "replaced " + name);
  for (const std::string& name : response.stopped()) Say(options, "took away " + name);
  if (response.ByteSizeLong() == 0) Say(options, "nothing has changed");
}

// Whether there is nothing to wait for.
bool Settled(const v1::Service& service) {
  uint32_t serving = 0;
  for (const v1::Instance& instance : service.instances()) {
    serving += instance.state() == v1::SERVING ? 1 : 0;
  }
  return service.state() == v1::HALTED || service.state() == v1::ASLEEP ||
         (service.state() == v1::READY && serving >= service.min());
}

void WaitUntilReady(const Options& options, const SchedulerPlace& place,
                    Clock::time_point deadline) {
  const bool live_table = isatty(STDOUT_FILENO) == 1 && !options.json;
  LiveLines live;
  v1::TopRequest request;
  request.set_interval(kBetweenPictures.count());
  std::optional<Failure> trouble;
  v1::Snapshot last;
  SchedulerClient(options, place)
      .Stream<v1::Snapshot>("Top", request, [&](const v1::Snapshot& snapshot) {
        last = snapshot;
        bool settled = true;
        std::string waited_for;
        for (const v1::Service& service : snapshot.services()) {
          if (service.state() == v1::CRASHING) {
            trouble = Failure(ExitCode::kFailure, service.name() + ": " + service.note() +
                                                      "\nSee `polycall logs " + service.name() +
                                                      "` and `polycall events`");
          }
          if (!Settled(service)) {
            settled = false;
            waited_for += (waited_for.empty() ? "" : ", ") + service.name() +
                          (service.note().empty() ? "" : " (" + service.note() + ")");
          }
        }
        if (!settled && Clock::now() > deadline) {
          trouble = Failure(POLYCALL_DEADLINE_EXCEEDED, "not ready in time: " + waited_for);
        }
        if (live_table) {
          live.Show(ServiceLines(snapshot.services(), TerminalWidth(), options.out));
        }
        return !settled && !trouble;
      });
  if (options.json) {
    PrintLine(MessageToJson(last));
  } else if (!live_table) {
    for (const std::string& line : ServiceLines(last.services(), TerminalWidth(), options.out)) {
      PrintLine(line);
    }
  }
  if (trouble) throw *trouble;
}

void RunUp(const Options& options, UpOptions mine) {
  const SchedulerPlace place = SchedulerPlace::Find(mine.scheduler.run_folder);
  // polycalld stands elsewhere, and another command's working folder is not its own.
  mine.folder = std::filesystem::absolute(mine.folder).lexically_normal();
  const Clock::time_point deadline =
      Clock::now() +
      (options.timeout_ns > 0 ? nanoseconds(options.timeout_ns) : nanoseconds(kDefaultTimeout));
  if (SchedulerClient(options, place).Answers()) {
    if (!mine.http.empty() || !mine.more.empty()) {
      throw Failure(ExitCode::kUsage, "polycalld runs at " + place.target +
                                          " already, and takes its options only when it starts; "
                                          "`polycall down` ends it");
    }
    Apply(options, mine, place);
  } else {
    StartDaemon(options, mine, place, deadline);
  }
  if (mine.detach && options.json) {
    v1::TopRequest once;
    once.set_once(true);
    SchedulerClient(options, place)
        .Stream<v1::Snapshot>("Top", once, [](const v1::Snapshot& snapshot) {
          PrintLine(MessageToJson(snapshot));
          return true;
        });
  }
  if (!mine.detach) WaitUntilReady(options, place, deadline);
  const auto who = SchedulerClient(options, place)
                       .Call<v1::IntroduceResponse>("Introduce", v1::IntroduceRequest());
  if (!who.page().empty()) Say(options, "page: " + who.page());
}

}  // namespace

void AddUpCommand(CLI::App* app, Options* options, cli::Run* run) {
  CLI::App* command = app->add_subcommand(
      "up", "Start the services of a folder of manifests; polycalld, too, if it does not run");
  auto mine = std::make_shared<UpOptions>();
  command->add_option("FOLDER", mine->folder, "The manifests, *.yaml")
      ->required()
      ->check(CLI::ExistingDirectory);
  command->add_flag("-d,--detach", mine->detach, "Do not wait until the services are ready");
  command->add_option("--http", mine->http, "Where polycalld shows its page, as 127.0.0.1:8080")
      ->type_name("HOST:PORT");
  command
      ->add_option("--polycalld", mine->more,
                   "An option for a polycalld that is started, as --polycalld=--operators=1000 "
                   "(repeatable)")
      ->type_name("OPTION")
      ->type_size(1)
      ->allow_extra_args(false);
  AddSchedulerOptions(
      command, options, &mine->scheduler,
      "One JSON object when all is ready (--detach: at once), polycall.scheduler.v1.Snapshot");
  command->footer(
      "Waits at most a minute (--timeout) until every service has as many instances as it wants; a "
      "service that may sleep counts as ready.");
  command->callback([=] { *run = [=] { RunUp(*options, *mine); }; });
}

}  // namespace polycall::cli
