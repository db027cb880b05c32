// polycalld: starts language services, keeps them alive, and tells callers where they are.
//
//   polycalld MANIFESTS [--run FOLDER] [--listen TARGET]...
//
// MANIFESTS is a folder of *.yaml files (idl/polycall/scheduler/v1/manifest.proto). Ends at SIGTERM or
// SIGINT, after draining what it started. Exit codes: 0 ended as asked, 1 cannot run, 2 command line
// or manifests wrong.
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>

#include "control/control.h"

namespace polycall::scheduler {
namespace {

struct Options {
  std::string manifests;
  std::string run_folder = "/run/polycall";
  std::vector<std::string> listen;
  std::string tool;
  std::string operators = "polycall";
  std::vector<std::string> shared_folders;
};

// The users of a group, for the operator role. A group that does not exist has none.
std::set<uint32_t> MembersOf(const std::string& name) {
  std::set<uint32_t> members;
  if (const group* found = getgrnam(name.c_str())) {
    for (char** member = found->gr_mem; *member != nullptr; ++member) {
      if (const passwd* user = getpwnam(*member)) {
        members.insert(user->pw_uid);
      }
    }
  }
  return members;
}

int Fail(const Status& status, int code) {
  std::cerr << "polycalld: " << status.message() << "\n";
  return code;
}

int Run(const Options& options) {
  // Before any thread is made: all of them inherit the mask.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  const UniqueFd signal_fd(signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));

  const std::vector<ReadManifest> manifests = LoadManifests(options.manifests);
  EventLoop loop;
  Launcher launcher({.run_folder = options.run_folder,
                     .tool = options.tool,
                     .shared_folders = options.shared_folders});
  if (Status status = launcher.Prepare(); !status.ok()) {
    return Fail(status, 1);
  }
  Shared shared{.loop = loop, .launcher = launcher};
  Fleet fleet(shared);
  if (auto applied = fleet.Apply(manifests); !applied.ok()) {
    return Fail(applied.status(), applied.status().code() == Code::kInvalidArgument ? 2 : 1);
  }
  Control control(shared, fleet, {geteuid(), MembersOf(options.operators)}, options.manifests);
  Server server;
  Status status = server.AddService(&control);
  for (const std::string& target : options.listen) {
    if (!status.ok()) break;
    auto address = server.Listen(target);
    status = address.status();
    if (address.ok()) {
      std::cout << "listening " << *address << std::endl;
    }
  }
  if (status.ok()) {
    status = server.Start();
  }
  if (!status.ok()) {
    return Fail(status, 1);
  }
  bool asked = false;
  loop.Watch(signal_fd.get(), [&] {
    signalfd_siginfo info;
    (void)!read(signal_fd.get(), &info, sizeof info);
    if (asked) {
      loop.Stop();  // a second signal: at once
      return;
    }
    asked = true;
    fleet.Shutdown([&] { loop.Stop(); });
  });
  loop.Run();
  server.Shutdown(std::chrono::seconds(1));
  return 0;
}

}  // namespace
}  // namespace polycall::scheduler

int main(int argc, char** argv) {
  polycall::scheduler::Options options;
  CLI::App app{"Starts language services, keeps them alive, and tells callers where they are."};
  app.add_option("manifests", options.manifests, "the folder of manifests (*.yaml)")
      ->required()
      ->check(CLI::ExistingDirectory);
  app.add_option("--run", options.run_folder, "where sockets and logs are")->capture_default_str();
  app.add_option("--listen", options.listen,
                 "where the control API is served (default: unix:RUN/polycalld.sock)");
  app.add_option("--tool", options.tool, "the polycall command (default: beside polycalld)");
  app.add_option("--operators", options.operators, "the group whose members are operators")
      ->capture_default_str();
  app.add_option("--share", options.shared_folders,
                 "folders that every sandbox sees, read-only, beside /usr");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (options.listen.empty()) {
    options.listen = {"unix:" + options.run_folder + "/polycalld.sock"};
  }
  if (options.tool.empty()) {
    std::error_code ignored;
    options.tool =
        std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path() / "polycall";
  }
  try {
    return polycall::scheduler::Run(options);
  } catch (const std::exception& error) {
    std::cerr << "polycalld: " << error.what() << "\n";
    return 1;
  }
}
