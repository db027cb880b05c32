#include "fleet/daemon.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "failure.h"

extern char** environ;

namespace polycall::cli {
namespace {

// Beside this command, or else wherever PATH says.
std::string Program() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  const auto beside = self.parent_path() / "polycalld";
  return !error && std::filesystem::exists(beside, error) ? beside.string() : "polycalld";
}

[[noreturn]] void Fail(const std::string& what, int error) {
  throw Failure(ExitCode::kFailure, what + ": " + strerror(error));
}

}  // namespace

Daemon::Daemon(const std::string& run_folder, std::vector<std::string> arguments)
    : log_(run_folder + "/polycalld.log") {
  std::error_code error;
  std::filesystem::create_directories(run_folder, error);
  if (error) Fail("cannot make the folder " + run_folder, error.value());
  struct stat before {};
  if (stat(log_.c_str(), &before) == 0) log_start_ = before.st_size;

  arguments.insert(arguments.begin(), Program());
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);

  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, log_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  posix_spawn_file_actions_adddup2(&files, 1, 2);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  // A closed terminal or a Ctrl-C there is no reason for it to end; and it starts with plain signals.
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF);
  const int failed = posix_spawnp(&pid_, argv[0], &files, &attributes, argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  if (failed != 0) {
    Fail("cannot start " + arguments[0] + " (its output would go to " + log_ + ")", failed);
  }
}

std::optional<Daemon::End> Daemon::Ended() {
  int status = 0;
  pid_t ended = 0;
  do {
    ended = waitpid(pid_, &status, WNOHANG);
  } while (ended < 0 && errno == EINTR);
  if (ended == 0) return std::nullopt;
  End end;
  end.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  std::ifstream log(log_);
  log.seekg(log_start_);
  std::ostringstream said;
  said << log.rdbuf();
  end.said = said.str();
  while (end.said.ends_with('\n')) end.said.pop_back();
  return end;
}

}  // namespace polycall::cli
