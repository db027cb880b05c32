// polycall down
#include <chrono>
#include <thread>

#include "fleet/common.h"
#include "output.h"

namespace polycall::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::nanoseconds kDefaultTimeout = std::chrono::seconds(60);
constexpr std::chrono::milliseconds kLook{20};

void RunDown(const Options& options, const SchedulerOptions& mine) {
  const SchedulerPlace place = SchedulerPlace::Find(mine.run_folder);
  const auto deadline =
      Clock::now() +
      (options.timeout_ns > 0 ? std::chrono::nanoseconds(options.timeout_ns) : kDefaultTimeout);
  const SchedulerClient client(options, place);
  client.Call<v1::ShutdownResponse>("Shutdown", v1::ShutdownRequest());
  // Not the same client: it would wait longer and longer between its attempts to connect.
  while (SchedulerClient(options, place).Answers()) {
    if (Clock::now() > deadline) {
      throw Failure(POLYCALL_DEADLINE_EXCEEDED,
                    "polycalld still drains its instances; see `polycall ps`");
    }
    std::this_thread::sleep_for(kLook);
  }
  PrintLine(options.json ? "{}" : "polycalld has ended");
}

}  // namespace

void AddDownCommand(CLI::App* app, Options* options, cli::Run* run) {
  CLI::App* command =
      app->add_subcommand("down", "Drain and stop all services of polycalld's, and polycalld");
  auto mine = std::make_shared<SchedulerOptions>();
  AddSchedulerOptions(command, options, mine.get(), "An empty JSON object when it has ended");
  command->callback([=] { *run = [=] { RunDown(*options, *mine); }; });
}

}  // namespace polycall::cli
