#include "stop_signal.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace polycall::cli {
namespace {

// A handler and a pipe instead of a blocked signal and sigwait(): what a hosted module starts
// (Python's subprocess) inherits blocked signals, and could then not be ended.
int g_pipe[2] = {-1, -1};

void OnSignal(int number) {
  const int error = errno;
  const auto byte = static_cast<unsigned char>(number);
  (void)!write(g_pipe[1], &byte, 1);
  errno = error;
}

}  // namespace

StopSignal::StopSignal() {
  if (pipe2(g_pipe, O_CLOEXEC) != 0) return;
  struct sigaction action {};
  action.sa_handler = OnSignal;
  action.sa_flags = SA_RESTART | static_cast<int>(SA_RESETHAND);
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
}

StopSignal::~StopSignal() {
  signal(SIGTERM, SIG_DFL);
  signal(SIGINT, SIG_DFL);
  for (int& end : g_pipe) {
    close(end);
    end = -1;
  }
}

int StopSignal::Wait() {
  unsigned char number = SIGTERM;
  while (read(g_pipe[0], &number, 1) < 0 && errno == EINTR) {
  }
  // Whichever came: the other one ends the process now, too.
  signal(SIGTERM, SIG_DFL);
  signal(SIGINT, SIG_DFL);
  return number;
}

}  // namespace polycall::cli
