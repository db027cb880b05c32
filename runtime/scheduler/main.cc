// polycalld: starts language services, keeps them alive, and tells callers where they are.
//
//   polycalld MANIFESTS [--run FOLDER] [--listen TARGET]...
//
// MANIFESTS is a folder of *.yaml files (idl/polycall/scheduler/v1/manifest.proto), read again when one
// of them changes, and at SIGHUP. Ends at SIGTERM or SIGINT, after draining what it started. Exit
// codes: 0 ended as asked, 1 cannot run, 2 command line or manifests wrong.
#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <google/protobuf/util/json_util.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <future>
#include <iostream>
#include <optional>

#include "control/control.h"
#include "loop/folder_watch.h"
#include "page/page_server.h"
#include "service/event_log.h"
#include "wrong_line.h"

namespace polycall::scheduler {
namespace {

struct Options {
  std::string manifests;
  std::string run_folder = "/run/polycall";
  std::vector<std::string> listen;
  std::string tool;
  std::string program;
  std::string operators = "@polycall";
  std::optional<std::string> viewers;
  std::vector<std::string> shared_folders;
  std::string http;
};

int Fail(const Status& status, int code) {
  std::cerr << "polycalld: " << status.message() << "\n";
  return code;
}

// What is wrong with the manifests leaves everything as it was, and is told.
void ReadManifestsAgain(const std::string& folder, Shared& shared, Fleet& fleet) {
  if (auto applied = fleet.Apply(LoadManifests(folder)); !applied.ok()) {
    std::cerr << "polycalld: " << applied.status().message() << std::endl;
    v1::Event event;
    event.set_time(WallTime());
    event.set_what("manifests refused");
    event.set_detail(std::string(applied.status().message()));
    shared.events.Add(event);
  }
}

// Takes up the events of before, and writes down those that come. `log` has to outlive the journal's use.
void KeepEvents(EventLog& log, Journal<v1::Event>& journal) {
  for (const v1::Event& event : log.Read()) {
    journal.Add(event);
  }
  journal.Follow([&log, told = false](const v1::Event& event) mutable {
    const Status status = log.Append(event);
    if (!status.ok() && !told) {
      std::cerr << "polycalld: " << status.message() << std::endl;
    }
    told = !status.ok();
  });
}

// For the page's thread: asks the loop and waits. Empty: the loop does not answer now.
std::string SnapshotJson(EventLoop& loop, const std::unique_ptr<Control>& control) {
  const auto answer = std::make_shared<std::promise<v1::Snapshot>>();
  auto snapshot = answer->get_future();
  loop.Post([answer, &control] { answer->set_value(control->Look()); });
  std::string text;
  if (snapshot.wait_for(std::chrono::seconds(2)) == std::future_status::ready) {
    google::protobuf::util::JsonPrintOptions style;
    style.always_print_primitive_fields = true;
    style.preserve_proto_field_names = true;
    (void)google::protobuf::util::MessageToJsonString(snapshot.get(), &text, style);
  }
  return text;
}

// An instance costs a handful of descriptors; what a shell allows a program by default is enough for
// less than two hundred of them. Instances have their manifests' limits.
void AllowManyDescriptors() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}

int Run(const Options& options) {
  AllowManyDescriptors();
  // Before any thread is made: all of them inherit the mask.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  const UniqueFd signal_fd(signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));

  Roles roles{.own_uid = geteuid(), .operators = {}, .viewers = std::nullopt};
  if (auto operators = ParseUsers(options.operators); operators.ok()) {
    roles.operators = *operators;
  } else {
    return Fail(InvalidArgumentError("--operators: " + std::string(operators.status().message())),
                2);
  }
  if (options.viewers) {
    auto viewers = ParseUsers(*options.viewers);
    if (!viewers.ok()) {
      return Fail(InvalidArgumentError("--viewers: " + std::string(viewers.status().message())), 2);
    }
    roles.viewers = *viewers;
  }
  const std::vector<ReadManifest> manifests = LoadManifests(options.manifests);
  EventLoop loop;
  std::unique_ptr<Control> control;
  std::unique_ptr<PageServer> page;
  if (!options.http.empty()) {
    auto started = PageServer::Start(options.http, [&] { return SnapshotJson(loop, control); });
    if (!started.ok()) {
      return Fail(started.status(), started.status().code() == Code::kInvalidArgument ? 2 : 1);
    }
    page = *std::move(started);
    std::cout << "page " << page->url() << std::endl;
  }
  Launcher launcher({.run_folder = options.run_folder,
                     .tool = options.tool,
                     .shared_folders = options.shared_folders});
  if (Status status = launcher.Prepare(); !status.ok()) {
    return Fail(status, 1);
  }
  Shared shared{.loop = loop, .launcher = launcher, .numbers = {}};
  StatusOr<Keeper> keeper = Keeper::Open(options.run_folder, options.program);
  if (!keeper.ok()) {
    return Fail(keeper.status(), 1);
  }
  shared.keeper = &*keeper;
  shared.state_folder = options.run_folder + "/state";
  EventLog event_log(shared.state_folder + "/events.jsonl");
  KeepEvents(event_log, shared.events);
  Fleet fleet(shared);
  if (Status status = fleet.Adopt(); !status.ok()) {
    return Fail(Status(status.code(), options.run_folder + ": " + std::string(status.message())),
                1);
  }
  if (auto applied = fleet.Apply(manifests); !applied.ok()) {
    if (fleet.services().empty()) keeper->Dismiss();
    return Fail(applied.status(), applied.status().code() == Code::kInvalidArgument ? 2 : 1);
  }
  bool asked = false;
  const auto end = [&] {
    if (asked) {
      loop.Stop();  // asked a second time: at once
      return;
    }
    asked = true;
    fleet.Shutdown([&] { loop.Stop(); });
  };
  control = std::make_unique<Control>(
      shared, fleet, roles,
      Identity{.manifests = std::filesystem::absolute(options.manifests).lexically_normal(),
               .page = page ? page->url() : ""},
      end);
  Server server;
  Status status = server.AddService(control.get());
  for (const std::string& target : options.listen) {
    if (!status.ok()) break;
    auto address = server.Listen(target);
    status = address.status();
    if (address.ok()) {
      // Every user may knock: the roles say who may do what.
      if (target.starts_with("unix:")) (void)chmod(target.c_str() + 5, 0666);
      std::cout << "listening " << *address << std::endl;
    }
  }
  if (status.ok()) {
    status = server.Start();
  }
  if (!status.ok()) {
    return Fail(status, 1);
  }
  const auto read_again = [&] {
    if (!asked) ReadManifestsAgain(options.manifests, shared, fleet);
  };
  const FolderWatch manifests_watch(loop, options.manifests, read_again);
  loop.Watch(signal_fd.get(), [&] {
    signalfd_siginfo info{};
    (void)!read(signal_fd.get(), &info, sizeof info);
    if (info.ssi_signo == SIGHUP) {
      read_again();
    } else {
      end();
    }
  });
  loop.Run();
  keeper->Dismiss();
  server.Shutdown(std::chrono::seconds(1));
  return 0;
}

}  // namespace
}  // namespace polycall::scheduler

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == "--keeper") {
    return polycall::scheduler::RunKeeper(argv[2]);
  }
  polycall::scheduler::Options options;
  CLI::App app{"Starts language services, keeps them alive, and tells callers where they are.",
               "polycalld"};
  app.add_option("MANIFESTS", options.manifests, "the folder of manifests (*.yaml)")
      ->required()
      ->check(CLI::ExistingDirectory);
  app.add_option("--run", options.run_folder, "where sockets and logs are")->capture_default_str();
  app.add_option("--listen", options.listen,
                 "where the control API is served (default: unix:RUN/polycalld.sock)");
  app.add_option("--tool", options.tool, "the polycall command (default: beside polycalld)");
  app.add_option("--operators", options.operators,
                 "who may start, stop and scale: uids, users, @groups, with commas")
      ->capture_default_str();
  app.add_option(
      "--viewers", options.viewers,
      "who may look and resolve, written so (default: everybody who reaches the socket)");
  app.add_option("--share", options.shared_folders,
                 "folders that every sandbox sees, read-only, beside /usr");
  app.add_option(
      "--http", options.http,
      "where the page is shown, as 127.0.0.1:8080 (port 0: any); everybody who reaches it "
      "may look");
  app.set_config("--config", "", "a file of these options: operators=\"1000,@staff\"");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help
    std::cerr << "polycalld: " << polycall::cli::WhatIsWrong(error, app)
              << "\nSee polycalld --help\n";
    return 2;
  }
  if (options.listen.empty()) {
    options.listen = {"unix:" + options.run_folder + "/polycalld.sock"};
  }
  std::error_code ignored;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", ignored);
  options.program = program;
  if (options.tool.empty()) {
    options.tool = program.parent_path() / "polycall";
  }
  options.run_folder = std::filesystem::absolute(options.run_folder);
  try {
    return polycall::scheduler::Run(options);
  } catch (const std::exception& error) {
    std::cerr << "polycalld: " << error.what() << "\n";
    return 1;
  }
}
