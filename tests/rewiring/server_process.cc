#include "server_process.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "counting_server.h"

namespace polycall::rewiring {

ServerProcess::ServerProcess(const std::string& name, const std::string& target) {
  int ready[2];
  if (pipe(ready) != 0) abort();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ready[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, ready[0]);
  posix_spawn_file_actions_addclose(&actions, ready[1]);
  std::string serve = "--serve";
  std::string own_name = name;
  std::string own_target = target;
  char* arguments[] = {serve.data(), serve.data(), own_name.data(), own_target.data(), nullptr};
  EXPECT_EQ(posix_spawn(&pid_, "/proc/self/exe", &actions, nullptr, arguments, environ), 0);
  posix_spawn_file_actions_destroy(&actions);
  close(ready[1]);
  char byte = 0;
  ssize_t got;
  while ((got = read(ready[0], &byte, 1)) < 0 && errno == EINTR) {
  }
  EXPECT_EQ(got, 1) << "the server did not start";
  close(ready[0]);
}

void ServerProcess::Kill() {
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

int ServeForever(const char* name, const char* target) {
  Ledger ledger;
  CountingServer server(&ledger, {.name = name});
  server.Listen(target);
  if (write(STDOUT_FILENO, "r", 1) != 1) return 1;
  for (;;) pause();
}

}  // namespace polycall::rewiring
