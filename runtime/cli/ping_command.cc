// polycall ping TARGET
#include <algorithm>
#include <chrono>
#include <thread>

#include "channel.h"
#include "command.h"
#include "json_text.h"
#include "output.h"

namespace polycall::cli {
namespace {

constexpr int64_t kDefaultTimeout = 5'000'000'000;

struct Arguments {
  int count = 4;
  int64_t interval_ns = 200'000'000;
};

void RunPing(const Options& options, const Arguments& arguments) {
  const int64_t timeout = options.timeout_ns > 0 ? options.timeout_ns : kDefaultTimeout;
  const Channel channel(options);
  Status ready;
  channel.Connect(timeout, ready.get());
  ready.Check();
  const char* transport = polycall_channel_transport(channel.get());
  std::vector<int64_t> times;
  for (int i = 0; i < arguments.count; ++i) {
    if (i > 0) std::this_thread::sleep_for(std::chrono::nanoseconds(arguments.interval_ns));
    int64_t round_trip = 0;
    Status status;
    polycall_channel_ping(channel.get(), timeout, &round_trip, status.get());
    status.Check();
    times.push_back(round_trip);
    if (!options.json) {
      PrintLine(options.target + " over " +
                options.out.Name(transport == nullptr ? "?" : transport) + ": " +
                options.out.Good(FormatDuration(round_trip)));
    }
  }
  std::string list;
  for (const int64_t time : times) list += (list.empty() ? "" : ",") + std::to_string(time);
  std::sort(times.begin(), times.end());
  const int64_t least = times.front(), median = times[times.size() / 2], most = times.back();
  if (options.json) {
    PrintLine("{\"target\":" + JsonQuote(options.target) + ",\"transport\":" +
              JsonQuote(transport == nullptr ? "" : transport) + ",\"round_trip_ns\":[" + list +
              "],\"min_ns\":" + std::to_string(least) + ",\"median_ns\":" + std::to_string(median) +
              ",\"max_ns\":" + std::to_string(most) + "}");
  } else if (times.size() > 1) {
    PrintLine("min " + FormatDuration(least) + ", median " + FormatDuration(median) + ", max " +
              FormatDuration(most));
  }
}

}  // namespace

void AddPingCommand(CLI::App* app, Options* options, cli::Run* run) {
  CLI::App* command = app->add_subcommand("ping", "Connect to a server and measure round trips");
  auto arguments = std::make_shared<Arguments>();
  AddTarget(command, options);
  command->add_option("-c,--count", arguments->count, "How many pings (default: 4)")
      ->type_name("N")
      ->check(CLI::Range(1, 1000000));
  command
      ->add_option_function<std::string>(
          "-i,--interval",
          [arguments](const std::string& text) { arguments->interval_ns = ParseDuration(text); },
          "Time between two pings (default: 200ms)")
      ->type_name("TIME");
  AddTimeout(command, options, "How long to wait for the connection and each answer (default: 5s)");
  AddJson(command, options,
          "One JSON object: {\"target\", \"transport\", \"round_trip_ns\": [...], "
          "\"min_ns\", \"median_ns\", \"max_ns\"}");
  command->callback([=] { *run = [=] { RunPing(*options, *arguments); }; });
}

}  // namespace polycall::cli
